"""The ring that an application is in: what can be seen two hops out, and what is remembered of the living rings that
those applications belong to. Rings that one application brings together are one from then on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import fsum
from typing import TYPE_CHECKING

from msgspec import Struct

from models.facts import ApplicationFacts, Identifier
from models.rings.state import RingJoin, RingOf, RingState, ring_id_of

if TYPE_CHECKING:
    from models.enrichment import Neighbour  # observations hold rings

SELF = -1
"""This application's position among the members of a link or ring."""
DAY_MS = 86_400_000
WEEK_MS = 7 * DAY_MS
APPLICANT_CHARACTERS = 8
"""As much of an applicant's token as a `Neighbour` carries."""


class LivingRing(Struct, frozen=True, kw_only=True, gc=False):
    """A ring with this application in it. Who is in two rings that merge here is counted once as far as that can be
    seen from here."""

    ring_id: str
    founded_ms: int
    first_ms: int
    last_ms: int
    """Event time of its earliest and its newest application."""
    size: int
    """Applications."""
    size_24h: int
    """Applications in the 24 h up to this one; `size_7d`: in the 7 days."""
    size_7d: int
    applicants: int
    amount_cny: float
    merchants: int
    frauds: int
    """Confirmed frauds; likewise honest, rejected, and with an identifier on a list. This application is not counted:
    nothing is known of it yet."""
    honest: int
    refused: int
    listed: int
    before: list[RingState]
    """What was remembered of it, a part for each ring that is one with this application, the oldest ring first; none
    when it is a ring for the first time."""
    join: RingJoin
    """What to tell the index of it."""
    members: list[str]
    """Application ids by event time, this one's included, as far as they can be seen from here; before them those that
    are remembered alone."""


def living_ring(
    facts: ApplicationFacts,
    neighbours: Sequence[Neighbour],
    component: Sequence[int],
    rings: Sequence[RingOf],
    shared: Iterable[Identifier],
) -> LivingRing | None:
    """The ring of an application that is strongly linked with the `component` of its neighbours, directly or through
    others; None when all of it is one applicant's: who applies again is no ring. `shared` is what its members share.

    A new ring has its id from its earliest application; rings that merge go on under the id of the one founded first.
    """
    applicant = facts.applicant_token[:APPLICANT_CHARACTERS]
    if not rings and {neighbours[at].applicant for at in component} <= {applicant}:
        return None
    ours = {SELF, *component}
    parts = sorted(
        (each for each in rings if not ours.isdisjoint(each.positions)),
        key=lambda each: (each.state.founded_ms, each.state.ring_id),
    )
    if not parts and not any(neighbours[at].applicant != applicant for at in component):
        return None
    before = [each.state for each in parts]
    told = {at for each in parts for at in each.positions}
    new = [neighbours[at] for at in component if at not in told]
    is_new = SELF not in told
    now_ms = facts.occurred_ms
    seen = [neighbours[at] for at in component]
    by_time = sorted([(now_ms, facts.application_id), *((each.occurred_ms, each.application_id) for each in seen)])
    times = [each.occurred_ms for each in new] + [now_ms] * is_new
    founder_ms, founder = by_time[0]
    ring_id, founded_ms = ring_id_of(founder), founder_ms
    if before:
        ring_id, founded_ms = before[0].ring_id, before[0].founded_ms
    visible = {name for _, name in by_time}
    remembered = dict.fromkeys(name for state in before for name in reversed(state.members) if name not in visible)
    return LivingRing(
        ring_id=ring_id,
        founded_ms=founded_ms,
        first_ms=min(founder_ms, *(state.first_ms for state in before)) if before else founder_ms,
        last_ms=max(by_time[-1][0], *(state.last_ms for state in before)) if before else by_time[-1][0],
        size=sum(state.size for state in before) + len(times),
        size_24h=sum(state.size_24h for state in before) + _within(times, now_ms, DAY_MS),
        size_7d=sum(state.size_7d for state in before) + _within(times, now_ms, WEEK_MS),
        applicants=_distinct(
            [(part.state.applicants, {each.applicant for each in _seen_of(part, neighbours)}) for part in parts],
            {*(each.applicant for each in new), *([applicant] * is_new)},
        ),
        amount_cny=fsum(
            [*(state.amount_cny for state in before), *(each.amount_cny for each in new)]
            + [facts.amount_cny or 0.0] * is_new
        ),
        merchants=_distinct(
            [(each.state.merchants, {other.merchant_id for other in _seen_of(each, neighbours)}) for each in parts],
            {*(each.merchant_id for each in new), *([facts.merchant_id or ""] * is_new)},
        ),
        frauds=sum(state.frauds for state in before) + sum(each.label == "fraud" for each in new),
        honest=sum(state.honest for state in before) + sum(each.label == "honest" for each in new),
        refused=sum(state.refused for state in before) + sum(each.decision == "reject" for each in new),
        listed=sum(state.listed for state in before) + sum(each.listed for each in new),
        before=before,
        join=RingJoin(
            ring_id=ring_id,
            founded_ms=founded_ms,
            members=[
                facts.application_id,
                *sorted([*_one_of_each(parts, neighbours), *(each.application_id for each in new)]),
            ],
            shared=list(shared),
        ),
        members=[*remembered, *(name for _, name in by_time)],
    )


def _seen_of(part: RingOf, neighbours: Sequence[Neighbour]) -> list[Neighbour]:
    """The ring's other applications that can be seen."""
    return [neighbours[at] for at in part.positions if at != SELF]


def _one_of_each(parts: Iterable[RingOf], neighbours: Sequence[Neighbour]) -> list[str]:
    """A member of each ring, but of that which this application is in itself."""
    return [
        min(each.application_id for each in seen)
        for part in parts
        if SELF not in part.positions and (seen := _seen_of(part, neighbours))
    ]


def _within(times_ms: Iterable[int], now_ms: int, width_ms: int) -> int:
    return sum(now_ms - width_ms < each <= now_ms for each in times_ms)


def _distinct(parts: Iterable[tuple[int, set[str]]], new: set[str]) -> int:
    """How many there are in all: of each part the number and those that can be seen, and the new ones; "" is none."""
    total, seen = 0, {""}
    for count, visible in parts:
        total += count - len((seen & visible) - {""})
        seen |= visible
    return total + len(new - seen)
