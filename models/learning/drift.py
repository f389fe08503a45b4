"""A shift that was found: the champion errs more than it did, or a feature looks different."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from models.events import Time


class Drift(Struct, frozen=True, kw_only=True):
    """One shift, found once."""

    kind: Literal["error", "feature"]
    subject: str
    """`missed_frauds` or `false_alarms`; or the name of the feature that shifted furthest."""
    at: Time
    """When the label became known that showed it."""
    statistic: float
    """By how much the mean error rose; or the feature's population stability index."""
    threshold: float
    """From which it is reported."""
    before: float | None
    """Mean error; or the feature's mean, None for a category or where all are missing."""
    after: float | None
    missing_before: float = 0.0
    """Share of applications without this feature."""
    missing_after: float = 0.0
    examples_before: int
    examples_after: int
    others: dict[str, float] = {}
    """Other features that shifted at the same time, and how far; the furthest first."""
    model: str | None = None
    """Whose error rose."""
