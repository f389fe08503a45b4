"""From what is known of an application to the numbers that models learn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from models.learning.target_statistics import TargetStatistics

Vector = NDArray[np.float32]
"""A number for each column; NaN is missing."""

ANOMALY = "anomaly"

CATEGORY_COLUMNS = 2
"""Of each category, one after the other."""


class Encoder:
    """Features as they are, the anomaly score, and two numbers for each category: how many times as often as overall
    its level was fraud so far, and how often the level was seen.

    Columns are added as their names are first noticed and never moved.
    """

    def __init__(self) -> None:
        self.columns: list[str] = [ANOMALY]
        self._known: set[str] = {ANOMALY}
        self._categories: dict[str, tuple[int, TargetStatistics]] = {}

    def notice(self, features: Mapping[str, float | None], categories: Mapping[str, str | None]) -> bool:
        """Add columns for names not seen before, of categories once they have a value; whether there were any."""
        before = len(self.columns)
        if not features.keys() <= self._known:
            new = [name for name in features if name not in self._known]
            self.columns += new
            self._known.update(new)
        for name, level in categories.items():  # in their order, for that of a set is another in every process
            if level is not None and name not in self._categories:
                self._categories[name] = len(self.columns), TargetStatistics()
                self.columns += [f"{name}: lift", f"{name}: seen"]
        return len(self.columns) > before

    def categories(self) -> list[tuple[str, int]]:
        """Each category and its first column."""
        return [(name, position) for name, (position, _) in self._categories.items()]

    def encode(
        self, features: Mapping[str, float | None], categories: Mapping[str, str | None], anomaly: float | None
    ) -> Vector:
        """The vector for these, by the counts so far. What is infinite, or beyond 3e38, counts as missing."""
        values: list[float | None] = list(map(features.get, self.columns))
        values[0] = anomaly
        for name, (position, statistics) in self._categories.items():
            values[position : position + CATEGORY_COLUMNS] = statistics.read(categories.get(name))
        with np.errstate(over="ignore"):
            vector = np.array(values, dtype=np.float32)
        vector[np.isinf(vector)] = np.nan
        return vector

    def encode_all(
        self,
        features: Sequence[Mapping[str, float | None]],
        categories: Sequence[Mapping[str, str | None]],
        anomalies: Sequence[float | None],
    ) -> NDArray[np.float32]:
        """The vectors of many, as `encode` gives each: applications x columns."""
        with np.errstate(over="ignore"):
            vectors = np.array([list(map(each.get, self.columns)) for each in features], dtype=np.float32)
        vectors[:, 0] = anomalies
        for name, (position, statistics) in self._categories.items():
            read = {level: statistics.read(level) for level in {each.get(name) for each in categories}}
            vectors[:, position : position + CATEGORY_COLUMNS] = [read[each.get(name)] for each in categories]
        vectors[np.isinf(vectors)] = np.nan
        return vectors

    def count(self, categories: Mapping[str, str | None], fraud: bool, times: float = 1.0) -> None:
        """Count a label for the levels of `categories`; `times` is -1 to take it away again."""
        for name, (_, statistics) in self._categories.items():
            statistics.count(categories.get(name), fraud, times)
