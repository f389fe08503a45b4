"""What a decision costs that completes a ring of a certain size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from scripts.bench.cost import Cost, Decider, median_cost
from scripts.bench.machine import Conditions, Watch
from scripts.bench.place import LONGEST_DEADLINE_MS, Place, Plan
from scripts.bench.population import ring, simulated_facts
from scripts.bench.tables import Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZES = (1, 4, 32, 256)
"""Applications of a ring, the decided one among them; 1 is none."""
RINGS = 20
"""Rings of each size."""


class RingCost(Struct, frozen=True, kw_only=True):
    """The last application of a ring."""

    size: int
    cost: Cost


class Rings(Struct, frozen=True, kw_only=True):
    """By size."""

    conditions: Conditions
    sizes: list[RingCost]


async def measure(place: Place, _plan: Plan) -> Rings:
    """Rings of simulated applications, size by size in turn; the last application of each is decided by itself."""
    watch = Watch()
    settings = place.settings(index_deadline_ms=LONGEST_DEADLINE_MS)
    decider = Decider(settings)
    await decider.start()
    with place.shown("simulating applications", RINGS * sum(SIZES)) as on_done:
        facts = simulated_facts(RINGS * sum(SIZES), settings, on_done)
    costs: dict[int, list[Cost]] = {size: [] for size in SIZES}
    taken = 0
    with place.shown("rings", RINGS) as on_done:
        for number in range(RINGS):
            for size in SIZES:
                *members, last = ring(facts[taken : taken + size], f"ring{number}.{size}")
                taken += size
                await decider.observe(members)
                costs[size].append(await decider.cost_of([last]))
            on_done(number + 1)
    await decider.close()
    return Rings(
        conditions=watch.conditions(),
        sizes=[RingCost(size=size, cost=median_cost(each)) for size, each in costs.items()],
    )


def table(rings: Rings) -> Table:
    """A row a size."""
    return Table(
        title="A decision that completes a ring",
        columns=["applications in the ring", "Valkey, µs", "worker's CPU, µs", "in all, µs"],
        rows=[
            [f"{each.size}", *(f"{us:,.0f}" for us in (each.cost.server_us, each.cost.client_us, each.cost.wall_us))]
            for each in rings.sizes
        ],
        note=f"Medians of {RINGS} rings of each size. Each application is decided by itself, so a round trip to Valkey "
        f"is in each figure, which a batch shares. {rings.conditions.sentence()}",
    )


def draw(rings: Rings, axes: Axes) -> None:
    """Cost by size."""
    sizes = [each.size for each in rings.sizes]
    axes.plot(sizes, [each.cost.wall_us for each in rings.sizes], marker="o", label="in all")
    axes.plot(sizes, [each.cost.client_us for each in rings.sizes], marker="o", label="worker's CPU")
    axes.plot(sizes, [each.cost.server_us for each in rings.sizes], marker="o", label="Valkey")
    axes.set(xscale="log", yscale="log", title="A decision that completes a ring", xlabel="applications in the ring")
    axes.set(ylabel="microseconds")
    axes.set_xticks(sizes, [f"{size}" for size in sizes])
    axes.legend()
