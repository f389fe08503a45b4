"""What a decision costs, and what an application takes in Valkey, as the link index grows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING

import psutil
from msgspec import Struct
from pydantic import SecretStr

from config.errors import OperatorError
from config.settings import Settings
from models.enrichment import Enrichment
from models.facts import ApplicationFacts
from models.pipeline import Models, decide
from models.policy.policy import load_policy_file
from scripts.bench.cost import Cost, Decider, median_cost
from scripts.bench.machine import Conditions, Watch
from scripts.bench.place import LONGEST_DEADLINE_MS, Place, Plan
from scripts.bench.population import simulated_facts
from scripts.bench.seeding import Seed, sow
from scripts.bench.tables import Table
from scripts.embedded import EmbeddedValkey
from streams.codec import encode
from streams.index.valkey import ValkeyIndex

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIMULATED_MAX = 10_000
"""Larger indexes hold multiples of so many simulated applications."""
PROBES, BATCH = 1_000, 25
"""Applications decided on each index, the newest of all, and how many at a time."""
RESERVED_BYTES = 4_096
"""Memory that an application may take before Valkey refuses it."""
SPARE_MB = 512


class IndexSize(Struct, frozen=True, kw_only=True):
    """An index of so many applications."""

    applications: int
    bytes_per_application: float
    """Links, counts and results, of Valkey's `used_memory`."""
    seeded_per_s: float
    cost: Cost


class IndexGrowth(Struct, frozen=True, kw_only=True):
    """Indexes of several sizes, side by side and measured in turn."""

    conditions: Conditions
    sizes: list[IndexSize]

    @property
    def growth(self) -> float:
        """What a decision takes on the largest index, times that on the smallest."""
        return self.sizes[-1].cost.wall_us / self.sizes[0].cost.wall_us


class Grown(Struct, frozen=True):
    """An index that stands."""

    decider: Decider
    applications: int
    bytes_per_application: float
    seeded_per_s: float


async def measure(place: Place, plan: Plan) -> IndexGrowth:
    """Seed an index of each size, then decide the same new applications on each of them, batch by batch in turn."""
    watch = Watch()
    _require_memory(plan.sizes)
    first = place.settings(index_deadline_ms=LONGEST_DEADLINE_MS)
    number = min(SIMULATED_MAX, plan.sizes[0])
    with place.shown("simulating applications", number + PROBES) as on_done:
        facts = simulated_facts(number + PROBES, first, on_done)
    seeds, probes = await seeds_of(facts[:number], first, place), facts[number:]
    with _servers(place, plan.sizes) as servers:
        grown = [await _grow(first, server, size, seeds, place) for size, server in servers.items()]
        costs: list[list[Cost]] = [[] for _ in grown]
        with place.shown("deciding on each", len(probes)) as on_done:
            for start in range(0, len(probes), BATCH):
                for each, taken in zip(grown, costs, strict=True):
                    taken.append(await each.decider.cost_of(probes[start : start + BATCH]))
                on_done(start + BATCH)
        for each in grown:
            await each.decider.close()
    sizes = [
        IndexSize(
            applications=each.applications,
            bytes_per_application=each.bytes_per_application,
            seeded_per_s=each.seeded_per_s,
            cost=median_cost(taken),
        )
        for each, taken in zip(grown, costs, strict=True)
    ]
    return IndexGrowth(conditions=watch.conditions(), sizes=sizes)


async def seeds_of(applications: Sequence[ApplicationFacts], settings: Settings, place: Place) -> list[Seed]:
    """Decide each application on the place's own Valkey, for results such as a worker leaves."""
    index = ValkeyIndex.from_settings(settings)
    policy = load_policy_file(None)
    models = Models.for_policy(policy)
    seeds: list[Seed] = []
    with place.shown("deciding the seeds", len(applications)) as on_done:
        for start in range(0, len(applications), BATCH):
            batch = applications[start : start + BATCH]
            for facts, observation in zip(batch, await index.observe(batch), strict=True):
                enrichment = Enrichment(observation=observation)
                case = decide(facts, enrichment, policy, models, decided_at=facts.occurred_at, latency_ms=1.0)
                models.learn(case.features)
                seeds.append(
                    Seed(
                        facts=facts,
                        verdict=case.decision.decision,
                        decision=encode(case.decision),
                        alert_ids=[alert.alert_id for alert in case.alerts],
                    )
                )
            on_done(len(seeds))
    await index.close()
    return seeds


async def _grow(settings: Settings, server: EmbeddedValkey, size: int, seeds: Sequence[Seed], place: Place) -> Grown:
    here = settings.model_copy(update={"redis_url": SecretStr(server.url)})
    decider = Decider(here)
    await decider.start()
    empty_bytes, began = decider.memory_bytes(), monotonic()
    times = max(1, size // len(seeds))
    applications = times * len(seeds)
    with place.shown(f"seeding {applications:,} applications", applications) as on_done:
        await sow(here, seeds, times, on_done)
    return Grown(
        decider,
        applications,
        (decider.memory_bytes() - empty_bytes) / applications,
        applications / (monotonic() - began),
    )


@contextmanager
def _servers(place: Place, sizes: Sequence[int]) -> Iterator[dict[int, EmbeddedValkey]]:
    servers = {
        size: EmbeddedValkey(place.directory / f"valkey-{size}", maxmemory_mb=SPARE_MB + size * RESERVED_BYTES // 2**20)
        for size in sizes
    }
    try:
        for each in servers.values():
            each.start()
        yield servers
    finally:
        for each in servers.values():
            each.kill()  # a clean stop would write everything to disk


def _require_memory(sizes: Sequence[int]) -> None:
    """Raises OperatorError when the machine has too little memory."""
    needed, there = sum(sizes) * RESERVED_BYTES, psutil.virtual_memory().available
    if needed > there:
        raise OperatorError(
            f"Indexes of {sum(sizes):,} applications may need {needed / 2**30:.1f} GB of memory, and "
            f"{there / 2**30:.1f} GB are free: choose smaller --sizes"
        )


def table(growth: IndexGrowth) -> Table:
    """A row a size."""
    smallest = growth.sizes[0]
    return Table(
        title="A decision as the index grows",
        columns=[
            "applications in the index", "Valkey, µs", "worker's CPU, µs", "in all, µs", "of the smallest",
            "bytes an application", "seeded/s",
        ],
        rows=[
            [
                f"{each.applications:,}",
                f"{each.cost.server_us:,.0f}",
                f"{each.cost.client_us:,.0f}",
                f"{each.cost.wall_us:,.0f}",
                f"{each.cost.wall_us / smallest.cost.wall_us:.2f}",
                f"{each.bytes_per_application:,.0f}",
                f"{each.seeded_per_s:,.0f}",
            ]
            for each in growth.sizes
        ],
        note=f"Medians of {PROBES // BATCH} batches of {BATCH} applications, from enriching to settling. "
        f"{growth.conditions.sentence()}",
    )  # fmt: skip


def draw(growth: IndexGrowth, axes: Axes) -> None:
    """Cost by size."""
    sizes = [each.applications for each in growth.sizes]
    axes.plot(sizes, [each.cost.wall_us for each in growth.sizes], marker="o", label="in all")
    axes.plot(sizes, [each.cost.client_us for each in growth.sizes], marker="o", label="worker's CPU")
    axes.plot(sizes, [each.cost.server_us for each in growth.sizes], marker="o", label="Valkey")
    axes.set(xscale="log", title="A decision as the index grows", xlabel="applications in the index")
    axes.set(ylabel="microseconds a decision", ylim=(0, None))
    axes.legend()


def draw_memory(growth: IndexGrowth, axes: Axes) -> None:
    """Memory by size."""
    sizes = [each.applications for each in growth.sizes]
    axes.plot(sizes, [each.bytes_per_application for each in growth.sizes], marker="o")
    axes.set(xscale="log", title="Memory as the index grows", xlabel="applications in the index")
    axes.set(ylabel="bytes an application", ymargin=0.1)
    axes.set_ylim(bottom=0)
