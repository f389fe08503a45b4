"""What the labels of the past say about each level of a categorical feature."""

from __future__ import annotations

from collections.abc import Callable

SMOOTHING = 20.0
"""A level's fraud share starts at the overall share, as if seen so often, or as often as it takes for one fraud: where
fraud is rare, a single one says little of its level (D. Micci-Barreca: A Preprocessing Scheme for High-Cardinality
Categorical Attributes, SIGKDD Explorations 2001)."""

MOST_LEVELS = 5_000
"""Levels remembered of one category. When there are more, the rarest half is forgotten."""

HALVE_AT = 2**18
"""Examples after which all counts are halved, so that what is told of a level is of the last few hundred thousand."""

_Counts = list[float]
"""Frauds, honest."""


class TargetStatistics:
    """Counts of known frauds and honest applications by level of one categorical feature. A missing value (None) is a
    level of its own. Reading and then counting an example keeps its own label out of what is read for it."""

    def __init__(self) -> None:
        self._levels: dict[str | None, _Counts] = {}
        self._all: _Counts = [0.0, 0.0]

    def read(self, level: str | None) -> tuple[float, float]:
        """How many times as often as overall this level was fraud (smoothed; 1 for a level not seen), and how many
        labelled applications it had."""
        frauds, honest = self._all
        found = self._levels.get(level)
        if found is None:
            return 1.0, 0.0
        seen = found[0] + found[1]
        if not frauds:
            return 1.0, seen
        share = frauds / (frauds + honest)
        expected = max(SMOOTHING * share, 1.0)
        return (found[0] + expected) / (seen * share + expected), seen

    def count(self, level: str | None, fraud: bool, times: float = 1.0) -> None:
        """Count a labelled application; `times` is -1 to take one away again."""
        counts = self._levels.get(level)
        if counts is None:
            if len(self._levels) >= MOST_LEVELS:
                self._forget_rare()
            counts = self._levels[level] = [0.0, 0.0]
        position, whole = 0 if fraud else 1, self._all
        for each in (counts, whole):
            count = each[position] + times
            each[position] = count if count > 0.0 else 0.0
        if whole[0] + whole[1] >= HALVE_AT:
            self._each(lambda count: count / 2)

    def _forget_rare(self) -> None:
        kept = sorted(self._levels.items(), key=lambda item: -sum(item[1]))[: MOST_LEVELS // 2]
        self._levels = dict(kept)

    def _each(self, change: Callable[[float], float]) -> None:
        self._all = [change(count) for count in self._all]
        self._levels = {level: [change(count) for count in counts] for level, counts in self._levels.items()}
