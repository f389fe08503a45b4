"""How late decisions are under a steady load, open loop: from when an application was due to when its decision came."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from scripts.bench.arithmetic import quantile
from scripts.bench.load import WORKER, Latencies, latencies, throughput
from scripts.bench.machine import Conditions, Watch
from scripts.bench.place import Place, Plan
from scripts.bench.tables import Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHARES = (0.1, 0.5, 0.8)
"""Of the capacity: so high is the load."""
TARGET_SHARE = 0.5
CURVE = (0.0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9999)
"""Quantiles kept for the plot."""
FEWEST_SAMPLES = 500
WARM_UP_S = 6.0
"""Under load, before what counts: a worker that has just started shares the processor with its learner's start, and
then catches up."""


class LatencyLevel(Struct, frozen=True, kw_only=True):
    """Latencies at one rate, in milliseconds."""

    share: float
    """Of the capacity."""
    rate_per_s: float
    samples: int
    p50_ms: float
    p99_ms: float
    p999_ms: float
    max_ms: float
    cpu_us: float
    """The worker's processor time a decision, microseconds. Small batches cost more a decision than large ones."""
    degraded: int
    curve: list[tuple[float, float]]
    """(quantile, milliseconds)"""


class Latency(Struct, frozen=True, kw_only=True):
    """Latencies of one worker at shares of its capacity."""

    conditions: Conditions
    capacity_per_s: float
    levels: list[LatencyLevel]


async def measure(place: Place, plan: Plan) -> Latency:
    """Each level for as long as `plan.samples` take at half of the capacity, which is measured when it is not known."""
    watch = Watch()
    if place.capacity_per_s is None:
        records = place.applications(plan.applications)
        with place.shown("capacity", len(records)) as on_done:
            settings, log_file = place.settings(), place.log_file("capacity")
            place.capacity_per_s = (await throughput(WORKER, settings, records, log_file, on_done)).per_s
    capacity = place.capacity_per_s
    levels = []
    for share in SHARES:
        samples = max(FEWEST_SAMPLES, round(plan.samples * share / TARGET_SHARE))
        left_out = 1 + round(WARM_UP_S * share * capacity)
        records = place.applications(left_out + samples)
        with place.shown(f"latency at {share:.0%}, {share * capacity:,.0f}/s", len(records)) as on_done:
            settings, log_file = place.settings(), place.log_file("latency")
            measured = await latencies(
                WORKER, settings, records, share * capacity, log_file, on_done, left_out=left_out
            )
        levels.append(level(share, share * capacity, measured))
    return Latency(conditions=watch.conditions(), capacity_per_s=capacity, levels=levels)


def level(share: float, rate_per_s: float, measured: Latencies) -> LatencyLevel:
    """What stays of the latencies at one rate."""
    return LatencyLevel(
        share=share,
        rate_per_s=rate_per_s,
        samples=len(measured.ms),
        p50_ms=quantile(measured.ms, 0.5),
        p99_ms=quantile(measured.ms, 0.99),
        p999_ms=quantile(measured.ms, 0.999),
        max_ms=measured.ms[-1],
        cpu_us=measured.cpu_us,
        degraded=measured.degraded,
        curve=[(share, quantile(measured.ms, share)) for share in CURVE],
    )


def table(latency: Latency) -> Table:
    """A row a level."""
    return Table(
        title="Latency, open loop",
        columns=[
            "load",
            "records/s",
            "samples",
            "p50, ms",
            "p99, ms",
            "p99.9, ms",
            "longest, ms",
            "CPU, µs/decision",
            "degraded",
        ],
        rows=[
            [
                f"{each.share:.0%} of capacity",
                f"{each.rate_per_s:,.0f}",
                f"{each.samples:,}",
                *(f"{ms:.1f}" for ms in (each.p50_ms, each.p99_ms, each.p999_ms, each.max_ms)),
                f"{each.cpu_us:,.0f}",
                f"{each.degraded}",
            ]
            for each in latency.levels
        ],
        note="From the moment when an application was due to be sent to the arrival of its decision, through Kafka "
        f"both ways. Capacity: {latency.capacity_per_s:,.0f} decisions/s. {latency.conditions.sentence()}",
    )


def draw(latency: Latency, axes: Axes) -> None:
    """A curve a level: how late the later ones are."""
    for each in latency.levels:
        shares = [1 / (1 - share) for share, _ in each.curve]
        axes.plot(shares, [ms for _, ms in each.curve], marker=".", label=f"{each.share:.0%}, {each.rate_per_s:,.0f}/s")
    ticks = {1: "0", 2: "50", 10: "90", 100: "99", 1_000: "99.9", 10_000: "99.99"}
    axes.set(xscale="log", yscale="log", title="Latency by load", xlabel="percentile", ylabel="milliseconds")
    axes.set_xticks(list(ticks), list(ticks.values()))
    axes.legend()
