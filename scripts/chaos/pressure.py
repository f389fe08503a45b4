"""More than a worker can take, and as much as it can take for long: its memory stays within bounds, nothing is lost."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from scripts.chaos.audit import Findings, gather_evidence, judge
from scripts.chaos.flood import Drop, flood, prepared
from scripts.chaos.gauge import Gauge, Sample
from scripts.chaos.rig import Rig, rig
from scripts.chaos.scenarios import WORKER
from scripts.chaos.workers import Stopped
from scripts.embedded import EmbeddedKafka

BURST_FACTOR = 10
PROBED_APPLICATIONS = 2_000
RSS_BOUND_MIB = 400.0
"""What a worker may take, whatever waits. Measured: 220 MiB as it starts, most of it libraries; then aiokafka fetches
at most 1 MiB a partition ahead, Faust buffers 1,024 records a topic, and a batch has at most 100 records."""
LEARNER_BOUND_MIB = 700.0
"""And its learner, a process of its own beside one worker of all, while it makes a snapshot (docs/operations.md)."""
FLAT_MIB = 16.0
"""A soak is flat when its last quarter takes at most so much more than its second; the first warms up."""
PATIENCE_S = 1_800.0


class PressureResult(Struct, frozen=True, kw_only=True):
    """How a worker bore it."""

    title: str
    seconds: float
    """How long the load was on."""
    applications: int
    rate: float
    """Applications a second that were published."""
    capacity: float | None
    """Decisions a second of this worker, measured before."""
    rss_before_mib: float
    rss_peak_mib: float
    learner_peak_mib: float
    growth_mib: float
    """The worker's: from the second quarter of the time to the last, between medians."""
    lag_peak: int
    """Most applications that waited, as /metrics showed it."""
    caught_up_s: float
    """From the end of the load until nothing waited."""
    findings: Findings
    stops: list[Stopped]
    flat: bool
    """Its memory has to be flat, not only bounded."""

    @property
    def problems(self) -> list[str]:
        """What is not as it has to be, in words."""
        problems = [f"{count} {what}" for what, count in self.findings.wrong.items()]
        if self.rss_peak_mib > RSS_BOUND_MIB:
            problems.append(f"the worker took {self.rss_peak_mib:.0f} MiB")
        if self.learner_peak_mib > LEARNER_BOUND_MIB:
            problems.append(f"the learner took {self.learner_peak_mib:.0f} MiB")
        if self.flat and self.growth_mib > FLAT_MIB:
            problems.append(f"the worker's memory grew by {self.growth_mib:.0f} MiB")
        if not self.flat and self.lag_peak < self.applications / BURST_FACTOR:
            problems.append(f"the metrics showed a lag of only {self.lag_peak}")
        problems += [f"a worker ended with exit code {stop.exit_code}" for stop in self.stops if stop.exit_code != 0]
        return problems


async def burst(kafka: EmbeddedKafka, directory: Path, seconds: float = 30.0) -> PressureResult:
    """Publish in `seconds` ten times what a worker decides in that time, and wait until it has decided all of it.
    Applications alone: what else comes with them would only slow the flood."""
    async with rig(kafka, directory, load={"rate": 0.0}, settings={}) as made:
        await made.start_workers(1, directory, WORKER)
        probe = prepared(PROBED_APPLICATIONS, "probe")
        capacity = await _capacity(made, probe)
        rate = BURST_FACTOR * capacity
        drops = prepared(round(rate * seconds), "burst")
        title = f"Burst of {BURST_FACTOR} times the capacity for {seconds:.0f} s"
        probed, flooded = ([each.event_id for each in some] for some in (probe, drops))
        return await _press(made, title, flood(made.settings, drops, rate), lambda: flooded, capacity, probed)


async def soak(kafka: EmbeddedKafka, directory: Path, rate: float, seconds: float = 600.0) -> PressureResult:
    """Publish at a steady rate that the worker can take, for long."""
    async with rig(kafka, directory, load={"rate": rate}, settings={}) as made:
        await made.start_workers(1, directory, WORKER)

        async def load() -> None:
            loading = asyncio.create_task(made.load.run())
            await asyncio.wait({loading}, timeout=seconds)
            made.load.stop()
            await loading

        return await _press(made, f"Soak for {seconds:.0f} s", load(), lambda: made.load.application_events, None)


async def _capacity(made: Rig, probe: Sequence[Drop]) -> float:
    """Decisions a second: by Kafka's clock, of applications that stand in the topic before they are taken."""
    worker = made.workers[0]
    worker.freeze()
    try:
        await flood(made.settings, probe, 0.0)
    finally:
        worker.thaw()
    await made.settle(PATIENCE_S)
    stamps = sorted(at for at, _ in (await gather_evidence(made.settings)).decisions)
    tenth = len(stamps) // 10
    return (len(stamps) - tenth - 1) * 1000 / max(1, stamps[-1] - stamps[tenth])


async def _press(
    made: Rig,
    title: str,
    load: Coroutine[None, None, None],
    published: Callable[[], Sequence[str]],
    capacity: float | None,
    before: Sequence[str] = (),
) -> PressureResult:
    """Watch the worker while `load` runs and until nothing waits; then audit the events that were `published`, and
    those that came `before`."""
    gauge = Gauge(made.workers[0])
    rss_before_mib = made.workers[0].rss_mib
    gauging = asyncio.create_task(gauge.run())
    try:
        began = time.monotonic()
        await load
        ended = time.monotonic()
        await made.settle(PATIENCE_S)
        caught_up_s = time.monotonic() - ended
    finally:
        gauging.cancel()
        with suppress(asyncio.CancelledError):
            await gauging
    evidence = await gather_evidence(made.settings)
    await made.stop_workers()
    applications = len(published())
    return PressureResult(
        title=title,
        seconds=ended - began,
        applications=applications,
        rate=applications / (ended - began),
        capacity=capacity,
        rss_before_mib=rss_before_mib,
        rss_peak_mib=max(sample.rss_mib for sample in gauge.samples),
        learner_peak_mib=max(sample.learner_mib for sample in gauge.samples),
        growth_mib=growth_mib(gauge.samples),
        lag_peak=max((sample.lag or 0 for sample in gauge.samples), default=0),
        caught_up_s=caught_up_s,
        findings=judge(evidence, [*before, *published()]),
        stops=made.stops,
        flat=capacity is None,
    )


def growth_mib(samples: Sequence[Sample]) -> float:
    """Median of the last quarter less the median of the second; 0 of fewer than four samples."""
    quarter = len(samples) // 4
    if quarter == 0:
        return 0.0
    second, last = samples[quarter : 2 * quarter], samples[-quarter:]
    return statistics.median(each.rss_mib for each in last) - statistics.median(each.rss_mib for each in second)
