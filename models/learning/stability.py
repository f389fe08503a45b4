"""A feature's distribution in bins, and how far another one is from it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Numbers = Sequence[float | None]
"""One feature of many applications; None is missing."""
Values = Sequence[str | None]
"""One category of many applications; None is missing."""
Counts = NDArray[np.int64]
Row = tuple[Mapping[str, float | None], Mapping[str, str | None]]
"""Features and categories of one application."""

COMMONEST = 20
"""Values of a category that have a bin of their own; all others share one."""
DECILES = np.arange(0.1, 1, 0.1)
NOT_SEEN = 0.5
"""Counted into each bin, so that an empty one does not make the index infinite."""


class NumberBins:
    """Where the values of a feature were: at an edge or between two. `counts` has the missing ones last."""

    def __init__(self, edges: NDArray[np.float64], counts: Counts, mean: float | None) -> None:
        self.edges = edges
        self.counts = counts
        self.mean = mean

    @classmethod
    def of(cls, column: Numbers) -> NumberBins:
        """Bins at the deciles of a column; fewer where many values are equal."""
        present = np.sort(np.array([value for value in column if value is not None], dtype=np.float64))
        edges = np.unique(present[(DECILES * len(present)).astype(np.intp)]) if len(present) else present
        return cls(edges, _count_numbers(edges, column), _mean(present))

    def count(self, column: Numbers) -> Counts:
        """How many values of another column are in each of the bins."""
        return _count_numbers(self.edges, column)


class ValueBins:
    """How often a category had each of its commonest values; `counts` has the rest and the missing ones last."""

    mean = None

    def __init__(self, values: tuple[str, ...], counts: Counts) -> None:
        self.values = values
        self.counts = counts

    @classmethod
    def of(cls, column: Values) -> ValueBins:
        """A bin for each of the `COMMONEST` values of a column."""
        tally = Counter(value for value in column if value is not None)
        values = tuple(sorted(tally, key=lambda value: (-tally[value], value))[:COMMONEST])
        return cls(values, _count_values(values, column))

    def count(self, column: Values) -> Counts:
        """How many values of another column are in each of the bins."""
        return _count_values(self.values, column)


def stability_index(reference: Counts, recent: Counts) -> float:
    """Population stability index of counts in the same bins: 0 when the shares are equal (N. Siddiqi, Credit Risk
    Scorecards, 2006; the symmetric Kullback-Leibler divergence)."""
    before = (reference + NOT_SEEN) / (reference + NOT_SEEN).sum()
    after = (recent + NOT_SEEN) / (recent + NOT_SEEN).sum()
    return float(((after - before) * np.log(after / before)).sum())


def missing_share(counts: Counts) -> float:
    """Share of the missing values among counts of bins."""
    return float(counts[-1] / max(1, counts.sum()))


def columns(rows: Sequence[Row]) -> tuple[dict[str, Numbers], dict[str, Values]]:
    """Rows by feature and by category; a name that is not in all rows is missing in the others."""
    features, categories = [row[0] for row in rows], [row[1] for row in rows]
    return (
        {name: [row.get(name) for row in features] for name in _names(features)},
        {name: [row.get(name) for row in categories] for name in _names(categories)},
    )


def _mean(numbers: NDArray[np.float64]) -> float | None:
    with np.errstate(over="ignore", invalid="ignore"):
        mean = float(numbers.mean()) if len(numbers) else math.inf
    return mean if math.isfinite(mean) else None


def _count_numbers(edges: NDArray[np.float64], column: Numbers) -> Counts:
    numbers = np.array(column, dtype=np.float64)
    present = numbers[~np.isnan(numbers)]
    places = edges.searchsorted(present, side="left") + edges.searchsorted(present, side="right")
    counts = np.bincount(places, minlength=2 * len(edges) + 1)
    return np.append(counts, len(numbers) - len(present)).astype(np.int64)


def _count_values(values: tuple[str, ...], column: Values) -> Counts:
    tally = Counter(column)
    known, missing = [tally[value] for value in values], tally[None]
    return np.array([*known, len(column) - missing - sum(known), missing], dtype=np.int64)


def _names(mappings: Iterable[Mapping[str, object]]) -> list[str]:
    return sorted(set[str]().union(*mappings))
