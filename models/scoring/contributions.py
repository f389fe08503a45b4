"""Which features made a score."""

from __future__ import annotations

from collections.abc import Iterable

from models.decision import FeatureContribution

TOP = 5


def top_contributions(contributions: Iterable[FeatureContribution], most: int = TOP) -> list[FeatureContribution]:
    """The `most` that moved the score furthest, either way; those that moved it equally far by name."""
    return sorted(contributions, key=lambda c: (-abs(c.contribution), c.name))[:most]
