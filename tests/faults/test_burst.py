"""More than a worker can take waits in Kafka, not in its memory."""

from __future__ import annotations

from pathlib import Path

from scripts.chaos.pressure import BURST_FACTOR, burst
from scripts.embedded import EmbeddedKafka


async def test_a_burst_of_ten_times_the_capacity_waits_in_kafka(disturbed_kafka: EmbeddedKafka, tmp_path: Path) -> None:
    result = await burst(disturbed_kafka, tmp_path, seconds=1.0)
    assert result.problems == [], result
    assert result.capacity is not None
    assert result.applications >= BURST_FACTOR * result.capacity - 1
    assert result.rate > 2 * result.capacity
    assert result.learner_peak_mib > 0, "the worker's learner was not seen"
