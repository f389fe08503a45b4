"""What learning was worth: whatever decided, held against the policy's scorecard on the same applications."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import pairwise

import numpy as np
from msgspec import Struct

from models.learning.evidence import FALSE_POSITIVES
from models.learning.quality import Flags, Floats, Ranking
from models.learning.tournament import SCORECARD
from streams.snapshots import name_of

STRETCHES = 13
"""About; a quarter of a year has so many weeks."""
LEAST_IN_A_STRETCH = 400
"""About; with fewer, one false positive in a hundred is a matter of three or four applications."""


class Scored(Struct, frozen=True, kw_only=True):
    """An application when it was first decided, with its ground truth."""

    decided_at: datetime
    occurred_at: datetime
    fraud: bool
    typology: str
    model: str
    """Version of the model that decided."""
    served: float
    """Its fraud score."""
    scorecard: float
    """What the policy's scorecard says of the same features."""


class Recall(Struct, frozen=True, kw_only=True):
    """Shares of some frauds that score above a threshold which 1% of the honest exceed; None where there is nothing to
    share."""

    frauds: int
    served: float | None
    scorecard: float | None


class Stretch(Struct, frozen=True, kw_only=True):
    """Some applications in a row."""

    first: int
    """Its first application, counted from 1, ..."""
    last: int
    """... and its last."""
    since: datetime
    """Earliest event time."""
    until: datetime
    """Latest event time."""
    model: str
    """Name of the model that decided."""
    every: Recall
    """Of all fraud."""
    new: Recall
    """Of one typology."""


class Change(Struct, frozen=True, kw_only=True):
    """Another model decides from here on."""

    first: int
    """The first application that it decided, counted from 1."""
    occurred_at: datetime
    model: str
    """Its name."""


def in_order(scored: Iterable[Scored]) -> list[Scored]:
    """In the order of their decisions."""
    return sorted(scored, key=lambda each: each.decided_at)


def recall(scored: Sequence[Scored], typology: str | None = None) -> Recall:
    """Of the frauds of a typology, or of all; the threshold is that of these applications."""
    fraud = np.array([each.fraud for each in scored], dtype=bool)
    wanted = np.array([each.fraud and typology in (None, each.typology) for each in scored], dtype=bool)
    return Recall(
        frauds=int(wanted.sum()),
        served=_caught(fraud, np.array([each.served for each in scored]), wanted),
        scorecard=_caught(fraud, np.array([each.scorecard for each in scored]), wanted),
    )


def stretches(scored: Sequence[Scored], new: str) -> list[Stretch]:
    """Stretches of much the same length, in order. None spans a change of the model: scores of two models do not rank
    together. `new` is the typology that is measured by itself."""
    starts = [0, *(change.first - 1 for change in changes(scored)), len(scored)]
    found = []
    for start, end in pairwise(starts):
        length = max(LEAST_IN_A_STRETCH, len(scored) / STRETCHES)
        number = max(1, round((end - start) / length))
        edges = [start + round((end - start) * each / number) for each in range(number + 1)]
        found += [_stretch(scored, *each, new) for each in pairwise(edges) if each[0] < each[1]]
    return found


def _stretch(scored: Sequence[Scored], start: int, end: int, new: str) -> Stretch:
    here = scored[start:end]
    return Stretch(
        first=start + 1,
        last=end,
        since=min(each.occurred_at for each in here),
        until=max(each.occurred_at for each in here),
        model=_name(here[0].model),
        every=recall(here),
        new=recall(here, new),
    )


def changes(scored: Sequence[Scored]) -> list[Change]:
    """Where another model began to decide; that a model has learned on is none."""
    found = []
    for number, (before, each) in enumerate(pairwise(scored), 2):
        if _name(before.model) != _name(each.model):
            found.append(Change(first=number, occurred_at=each.occurred_at, model=_name(each.model)))
    return found


def _name(version: str) -> str:
    return SCORECARD if version.startswith(SCORECARD) else name_of(version)


def _caught(fraud: Flags, score: Floats, wanted: Flags) -> float | None:
    ranking = Ranking(fraud, score)
    if not (ranking.has_both and wanted.any()):
        return None
    return float(ranking.caught_at(FALSE_POSITIVES)[wanted].mean())
