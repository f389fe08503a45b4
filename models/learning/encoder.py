"""From what is known of an application to the numbers that models learn from."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from struct import pack
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.learning.target_statistics import TargetStatistics

Vector = NDArray[np.float32]
"""A number for each column; NaN is missing."""

Read = Callable[[Mapping[str, float | None]], tuple[float | None, ...]]

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
        self._read: Read | None = None
        """Gives a value for each column from features that have all names; None while there are no features."""

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_read"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._prepare()

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
        if len(self.columns) == before:
            return False
        self._prepare()
        return True

    def categories(self) -> list[tuple[str, int]]:
        """Each category and its first column."""
        return [(name, position) for name, (position, _) in self._categories.items()]

    def encode(
        self, features: Mapping[str, float | None], categories: Mapping[str, str | None], anomaly: float | None
    ) -> Vector:
        """The vector for these, by the counts so far. What is infinite, or beyond 3e38, counts as missing."""
        values = self._values(features)
        values[0] = anomaly
        for name, (position, statistics) in self._categories.items():
            values[position : position + CATEGORY_COLUMNS] = statistics.read(categories.get(name))
        return _vectors(_packed(values))

    def encode_all(
        self,
        features: Sequence[Mapping[str, float | None]],
        categories: Sequence[Mapping[str, str | None]],
        anomalies: Sequence[float | None],
    ) -> NDArray[np.float32]:
        """The vectors of many, as `encode` gives each: applications x columns."""
        rows = []
        for each, anomaly in zip(features, anomalies, strict=True):
            values = self._values(each)
            values[0] = anomaly
            rows.append(_packed(values))
        vectors = _vectors(b"".join(rows)).reshape(len(features), len(self.columns))
        for name, (position, statistics) in self._categories.items():
            levels = [each.get(name) for each in categories]
            read = {level: statistics.read(level) for level in set(levels)}
            vectors[:, position : position + CATEGORY_COLUMNS] = list(map(read.__getitem__, levels))
        return vectors

    def count(self, categories: Mapping[str, str | None], fraud: bool, times: float = 1.0) -> None:
        """Count a label for the levels of `categories`; `times` is -1 to take it away again."""
        for name, (_, statistics) in self._categories.items():
            statistics.count(categories.get(name), fraud, times)

    def _prepare(self) -> None:
        known = self._known - {ANOMALY}
        if known:
            instead = next(name for name in self.columns if name in known)  # of what is no feature
            self._read = itemgetter(*(name if name in known else instead for name in self.columns))

    def _values(self, features: Mapping[str, float | None]) -> list[float | None]:
        """By column. What stands in those of the anomaly score and of categories has no meaning."""
        if self._read is not None:
            try:
                return list(self._read(features))
            except KeyError:  # some names are absent
                pass
        return list(map(features.get, self.columns))


def _packed(values: Sequence[float | None]) -> bytes:
    """As numpy reads them at once: it would ask each value of a list what it is."""
    return pack(f"{len(values)}d", *[math.nan if value is None else value for value in values])


def _vectors(packed: bytes) -> Vector:
    """In single precision. What is infinite there counts as missing."""
    with np.errstate(over="ignore"):
        vectors = np.frombuffer(packed).astype(np.float32)
    vectors[np.isinf(vectors)] = np.nan
    return vectors
