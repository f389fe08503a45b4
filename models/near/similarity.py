"""How alike two forms are that share a key."""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz.distance import OSA

from models.near.form import NearBasis

_LEAST_COMPARED = 4


def similarity(basis: NearBasis, one: Sequence[str], other: Sequence[str]) -> float:
    """0 to 1, four decimals: 1 less the share of parts that have to be changed, left out, put in, or swapped with their
    neighbour (optimal string alignment). Of addresses the ends are compared, as far as both go: one may have the town
    before the street."""
    if basis == "address":
        length = max(_LEAST_COMPARED, min(len(one), len(other)))
        one, other = one[-length:], other[-length:]
    return round(OSA.normalized_similarity(one, other), 4)
