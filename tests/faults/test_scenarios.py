"""Nothing lost, nothing twice, whatever is killed, frozen, cut off or fed with rubbish: `tidegate chaos`, shortened."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.chaos.experiment import Conditions, run_scenario
from scripts.chaos.scenarios import SCENARIOS, Scenario
from scripts.embedded import EmbeddedKafka

BRIEFLY = Conditions(rate=50.0, before_s=2.0, after_s=3.0, brief=True)
LEFT_OUT = {
    "kill-one": "`doubled` kills one of two",
    "kafka-killed": "`kafka-restarted` takes the same way back",
}
"""Scenarios that only `tidegate chaos` runs, and why."""

BRIEF = [scenario for scenario in SCENARIOS if scenario.name not in LEFT_OUT]


@pytest.mark.parametrize("scenario", BRIEF, ids=[scenario.name for scenario in BRIEF])
async def test_every_event_is_accounted_for_after(
    scenario: Scenario, disturbed_kafka: EmbeddedKafka, tmp_path: Path
) -> None:
    result = await run_scenario(scenario, disturbed_kafka, tmp_path, BRIEFLY)
    assert result.applications > 100
    assert result.problems == [], result
    if scenario.name == "poison":
        assert result.dead_letters >= 11, "not every kind of poison was tried"
    if scenario.name == "doubled":
        assert result.repeats > result.applications / 2
    if scenario.name in ("valkey-killed", "valkey-frozen", "stop-without-valkey"):
        assert result.degraded > 0
        assert result.recovery.again_s is not None
