"""From what links a ring to the figures that its suspicion is made of (`models.rings.suspicion`)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from math import comb, fsum

from models.enrichment import Link, Neighbour
from models.rings.living import SELF, LivingRing
from models.rings.suspicion import RARITY, RingFigures

ABOUT_EQUAL = 0.02
"""Amounts that differ by no more than this share of the larger are nearly the same: a price and its rounding."""

Group = frozenset[int]


def ring_figures(
    ring: LivingRing,
    component: Collection[int],
    density: float,
    weights: Mapping[Group, float],
    links: Sequence[Link],
    neighbours: Sequence[Neighbour],
    applicant: str,
    amount_cny: float | None,
) -> RingFigures:
    """The figures of a ring. `component` are the positions of its applications that can be seen from here, this one's
    left out; `weights` what the links weigh, by who has them, negligible ones left out."""
    others = max(len(component), 1)
    amounts = sorted(neighbours[at].amount_cny for at in component if neighbours[at].amount_cny > 0)
    if amount_cny:
        amounts = sorted([*amounts, amount_cny])
    rest = max(ring.size - 1, 1)
    known = ring.before
    return RingFigures(
        applicants=ring.applicants,
        density=density,
        rarity=_rarity(component, links, neighbours, applicant),
        insularity=_insularity({SELF, *component}, weights),
        size_24h=ring.size_24h,
        equal_amounts=max([_about_equal(amounts) / others, *((state.same_amount - 1) / rest for state in known)]),
        same_sales_rep=max(
            [
                _sharing("sales_rep_id", component, links) / others,
                *((state.same_sales_rep - 1) / rest for state in known),
            ]
        ),
        same_address=_sharing("address", component, links) / others,
        frauds=ring.frauds,
        listed=ring.listed,
        refused=ring.refused,
        honest=ring.honest,
    )


def _sharing(kind: str, component: Collection[int], links: Sequence[Link]) -> int:
    """How many of the others have this application's identifier of that kind."""
    return max(
        (sum(at in component for at in link.members) for link in links if link.kind == kind and SELF in link.members),
        default=0,
    )


def _rarity(
    component: Collection[int], links: Sequence[Link], neighbours: Sequence[Neighbour], applicant: str
) -> float:
    """Of the rarest identifier that two or more applicants of the ring share."""
    rarest = 0.0
    for link in links:
        rarity = RARITY.get(link.kind, 0.0)
        if rarity > rarest:
            sharing = {neighbours[at].applicant for at in link.members if at in component}
            if SELF in link.members:
                sharing.add(applicant)
            if len(sharing) > 1:
                rarest = rarity
    return rarest


def _insularity(ring: set[int], weights: Mapping[Group, float]) -> float:
    """Share of the weight of the members' links, pair by pair, that stays inside."""
    members = [(len(group & ring), len(group), weight) for group, weight in weights.items()]
    inside = fsum(weight * comb(ours, 2) for ours, _, weight in members)
    across = fsum(weight * ours * (all_of_it - ours) for ours, all_of_it, weight in members)
    return inside / (inside + across) if inside else 0.0


def _about_equal(amounts: Sequence[float]) -> int:
    """Of sorted amounts, how many more than one lie within `ABOUT_EQUAL` of each other, at most."""
    most = start = 0
    for end, amount in enumerate(amounts):
        while amounts[start] < amount * (1 - ABOUT_EQUAL):
            start += 1
        most = max(most, end - start)
    return most
