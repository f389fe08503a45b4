"""Which features made a score."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import overload

import numpy as np
from numpy.typing import NDArray

from models.decision import ChampionScore, FeatureContribution
from models.scoring.scorer import SCORE_DECIMALS

TOP = 5


class ManyContributions(Sequence[FeatureContribution]):
    """Those of a model with hundreds of columns. Mostly the largest are wanted: a record is made when it is asked for.
    What is 0 is left out."""

    def __init__(
        self, names: Sequence[str], amounts: NDArray[np.float64], value: Callable[[int], float | str | None]
    ) -> None:
        """`value` gives that of a position in `names`, which has an amount for each."""
        self._names, self._amounts, self._value = names, amounts, value
        self._places = np.flatnonzero(amounts)

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, at: int) -> FeatureContribution: ...
    @overload
    def __getitem__(self, at: slice) -> list[FeatureContribution]: ...
    def __getitem__(self, at: int | slice) -> FeatureContribution | list[FeatureContribution]:
        places = self._places[at].tolist()
        return self._of(places) if isinstance(at, int) else list(map(self._of, places))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def furthest(self, most: int) -> list[FeatureContribution]:
        """The `most` that moved the score furthest, and those that moved it as far as the last of these."""
        moved = np.abs(self._amounts[self._places])
        if len(moved) <= most:
            return list(self)
        least = np.partition(moved, -most)[-most]
        return [self._of(place) for place in self._places[moved >= least].tolist()]

    def _of(self, place: int) -> FeatureContribution:
        return FeatureContribution(
            name=self._names[place], value=self._value(place), contribution=float(self._amounts[place])
        )


def top_contributions(contributions: Iterable[FeatureContribution], most: int = TOP) -> list[FeatureContribution]:
    """The `most` that moved the score furthest, either way; those that moved it equally far by name."""
    if isinstance(contributions, ManyContributions):
        contributions = contributions.furthest(most)
    return sorted(contributions, key=lambda c: (-abs(c.contribution), c.name))[:most]


def others_log_odds(score: ChampionScore) -> float:
    """What all features but the top ones added to a score."""
    told = math.fsum((score.base_log_odds, *(each.contribution for each in score.top_features)))
    return round(score.log_odds - told, SCORE_DECIMALS) + 0.0  # never -0.0
