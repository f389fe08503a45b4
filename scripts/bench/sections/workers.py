"""Decisions a second of one, two and four workers of one group, and who uses the processors meanwhile."""

from __future__ import annotations

import os
import statistics
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from config.settings import Settings
from scripts.bench.arithmetic import median_ratio
from scripts.bench.load import throughput_of_several
from scripts.bench.machine import Conditions, Watch
from scripts.bench.place import Place, Plan
from scripts.bench.tables import Table
from scripts.embedded.ports import LOOPBACK, free_port

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WORKERS = (1, 2, 4)
ENDPOINT_TIMEOUT_S = 2.0


class WorkersLevel(Struct, frozen=True, kw_only=True):
    """So many workers, run by run."""

    workers: int
    per_s: list[float]
    cpu_us: dict[str, float]
    """Processor time a decision in microseconds, medians: of the workers, Kafka, Valkey, and the bench itself."""

    @property
    def median_per_s(self) -> float:
        return statistics.median(self.per_s)

    @property
    def cores_busy(self) -> float:
        """Cores that all of these kept busy."""
        return self.median_per_s * sum(self.cpu_us.values()) / 1e6


class Workers(Struct, frozen=True, kw_only=True):
    """Decisions a second by number of workers."""

    conditions: Conditions
    applications: int
    cores: int
    levels: list[WorkersLevel]

    @property
    def two_to_one(self) -> float:
        """Decisions of two workers to those of one, median of the runs' ratios."""
        rates = {each.workers: each.per_s for each in self.levels}
        return median_ratio(rates[2], rates[1])


async def measure(place: Place, plan: Plan) -> Workers:
    """Each number of workers in turn, `plan.runs` times over. A burst of applications meets workers that are ready."""
    watch = Watch()
    records = place.applications(plan.applications)
    servers = {"Kafka": [place.servers.kafka.pid], "Valkey": [place.servers.valkey.pid], "bench": [os.getpid()]}
    rates: dict[int, list[float]] = {number: [] for number in WORKERS}
    cpu_us: dict[int, list[dict[str, float]]] = {number: [] for number in WORKERS}
    for run in range(1, plan.runs + 1):
        for number in WORKERS:
            first = place.settings()
            group = [first.model_copy(update={"web_port": free_port()}) for _ in range(number)]
            with place.shown(f"workers: {number}, run {run}/{plan.runs}", len(records)) as on_done:
                measured = await throughput_of_several(
                    group,
                    records,
                    place.log_file("workers"),
                    on_done,
                    ready=partial(share_the_partitions, group),
                    others=servers,
                )
            rates[number].append(measured.per_s)
            cpu_us[number].append(measured.cpu_us)
    levels = [
        WorkersLevel(
            workers=number,
            per_s=rates[number],
            cpu_us={name: statistics.median(each[name] for each in cpu_us[number]) for name in cpu_us[number][0]},
        )
        for number in WORKERS
    ]
    return Workers(conditions=watch.conditions(), applications=len(records), cores=os.cpu_count() or 1, levels=levels)


class Readiness(Struct, frozen=True):
    """What /readyz says, as far as it matters here."""

    partitions: int = 0
    lag_records: dict[str, int] = {}
    """Has every topic that the worker reads."""


def share_the_partitions(group: Sequence[Settings]) -> bool:
    """Each of the workers has partitions of every topic, and together they have each once, by their own word."""
    return are_shared([_readiness(each.web_port) for each in group], group[0].partitions)


def are_shared(group: Sequence[Readiness], partitions: int) -> bool:
    """Whether workers that say this have all partitions, of which each topic has so many, among them."""
    topics = {topic for each in group for topic in each.lag_records}
    complete = all(each.partitions and each.lag_records.keys() == topics for each in group)
    return complete and sum(each.partitions for each in group) == len(topics) * partitions


def _readiness(port: int) -> Readiness:
    try:
        with closing(HTTPConnection(LOOPBACK, port, timeout=ENDPOINT_TIMEOUT_S)) as connection:
            connection.request("GET", "/readyz")
            return msgspec.json.decode(connection.getresponse().read(), type=Readiness)
    except (OSError, HTTPException, msgspec.MsgspecError):
        return Readiness()


def table(workers: Workers) -> Table:
    """A row a number of workers."""
    names = list(workers.levels[0].cpu_us)
    one = workers.levels[0].per_s
    return Table(
        title="Workers",
        columns=["workers", "decisions/s", "of one", *(f"{name}, CPU µs/decision" for name in names), "cores busy"],
        rows=[
            [
                f"{each.workers}",
                f"{each.median_per_s:,.0f}",
                f"{median_ratio(each.per_s, one):.2f}",
                *(f"{each.cpu_us[name]:,.0f}" for name in names),
                f"{each.cores_busy:.2f} of {workers.cores}",
            ]
            for each in workers.levels
        ],
        note=f"{workers.applications:,} applications at once, {len(one)} runs. {workers.conditions.sentence()}",
    )


def draw(workers: Workers, axes: Axes) -> None:
    """Decisions a second by number of workers, and what perfect scaling would be."""
    numbers = [each.workers for each in workers.levels]
    axes.plot(numbers, [each.median_per_s for each in workers.levels], marker="o", label="measured")
    axes.plot(numbers, [workers.levels[0].median_per_s * n for n in numbers], ls=":", label="as many cores as needed")
    axes.set(title=f"Workers on {workers.cores} cores", xlabel="workers", ylabel="decisions a second", ylim=(0, None))
    axes.set_xticks(numbers)
    axes.legend()
