"""Decisions a second of one worker, against two yardsticks on the same Kafka: the echo in Faust, and in aiokafka."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

from msgspec import Struct

from scripts.bench.arithmetic import median_ratio
from scripts.bench.load import WORKER, throughput
from scripts.bench.machine import Conditions, Watch
from scripts.bench.place import Place, Plan
from scripts.bench.tables import Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FAUST_ECHO, PLAIN_ECHO = "scripts.bench.echo", "scripts.bench.plain_echo"
NAMES = {FAUST_ECHO: "Faust echo", PLAIN_ECHO: "aiokafka echo", WORKER: "worker"}


class Rate(Struct, frozen=True, kw_only=True):
    """One process, run by run."""

    per_s: list[float]
    cpu_us: list[float]
    """Processor time of the process, microseconds a record."""

    @property
    def median_per_s(self) -> float:
        return statistics.median(self.per_s)


class Rates(Struct, frozen=True, kw_only=True):
    """Records a second, each run of each taken in turn."""

    conditions: Conditions
    applications: int
    faust_echo: Rate
    plain_echo: Rate
    worker: Rate
    degraded: int
    """Decisions of all runs that were made without the link index."""

    @property
    def to_faust_echo(self) -> float:
        """Decisions to records echoed by Faust, median of the runs' ratios."""
        return median_ratio(self.worker.per_s, self.faust_echo.per_s)

    @property
    def to_plain_echo(self) -> float:
        """Decisions to records echoed by aiokafka, median of the runs' ratios."""
        return median_ratio(self.worker.per_s, self.plain_echo.per_s)


async def measure(place: Place, plan: Plan) -> Rates:
    """Each in turn, `plan.runs` times over."""
    watch = Watch()
    records = place.applications(plan.applications)
    rates = {module: Rate(per_s=[], cpu_us=[]) for module in NAMES}
    degraded = 0
    for run in range(1, plan.runs + 1):
        for module, name in NAMES.items():
            word = name.replace(" ", "-").lower()
            with place.shown(f"{name} {run}/{plan.runs}", len(records)) as on_done:
                measured = await throughput(module, place.settings(), records, place.log_file(word), on_done)
            rates[module].per_s.append(measured.per_s)
            rates[module].cpu_us.append(measured.cpu_us[module])
            degraded += measured.degraded
    place.capacity_per_s = rates[WORKER].median_per_s
    return Rates(
        conditions=watch.conditions(),
        applications=len(records),
        faust_echo=rates[FAUST_ECHO],
        plain_echo=rates[PLAIN_ECHO],
        worker=rates[WORKER],
        degraded=degraded,
    )


def table(rates: Rates) -> Table:
    """A row a process, the two ratios."""
    rows = []
    for name, rate in (("Faust echo", rates.faust_echo), ("aiokafka echo", rates.plain_echo), ("worker", rates.worker)):
        runs = ", ".join(f"{each:,.0f}" for each in rate.per_s)
        rows.append([name, f"{rate.median_per_s:,.0f}", f"{statistics.median(rate.cpu_us):,.0f}", runs])
    rows.append(["worker / Faust echo", f"{rates.to_faust_echo:.2f}", "", ""])
    rows.append(["worker / aiokafka echo", f"{rates.to_plain_echo:.2f}", "", ""])
    return Table(
        title="Decisions a second",
        columns=["one process", "median, records/s", "CPU, µs/record", "runs"],
        rows=rows,
        note=f"{rates.applications:,} applications a run; ratios are medians of the runs' ratios; "
        f"{rates.degraded} decisions degraded. {rates.conditions.sentence()}",
    )


def draw(rates: Rates, axes: Axes) -> None:
    """A bar a process."""
    names = ["Faust echo", "aiokafka echo", "worker"]
    values = [each.median_per_s for each in (rates.faust_echo, rates.plain_echo, rates.worker)]
    axes.bar_label(axes.bar(names, values), fmt="{:,.0f}")
    axes.set(title="One process on one Kafka", ylabel="records a second", ymargin=0.1)
    axes.autoscale_view()
