"""Bins of about equally many examples for every column, so that no scale, outlier or skew matters to what is learned
from them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.learning.encoder import Vector

Bins = NDArray[np.intp]
"""By column: 0 for a missing value, 1 for what is below the first edge, and so on."""

Matrix = NDArray[np.float64]

EDGES = 15
BINS = EDGES + 2
"""Missing, and one more than there are edges."""

HALF_AT = 20.0
"""Frauds have something to say on where the edges are, for where they are is where resolution is needed: from so many
on half as much as all honest examples, in the end as much."""


class QuantileBins:
    """The edges of every column. A value at an edge is in the bin above it."""

    def __init__(self, edges: NDArray[np.float32]) -> None:
        self._by_rank = np.ascontiguousarray(edges.T)

    @property
    def edges(self) -> NDArray[np.float32]:
        """Columns x `EDGES`, rising; infinity for edges that a column does not need."""
        return self._by_rank.T

    @classmethod
    def of(cls, vectors: NDArray[np.float32], frauds: NDArray[np.bool_]) -> QuantileBins:
        """Edges by example vectors (examples x columns) and their labels."""
        counted = int(frauds.sum())
        weights = np.ones(len(vectors))
        if counted:
            weights[frauds] = max(1.0, (len(vectors) - counted) / (counted + HALF_AT))
        edges = cls.none(vectors.shape[1]).edges
        for column, values in enumerate(vectors.T):
            found = _edges(values, weights)
            edges[column, : len(found)] = found
        return cls(edges)

    @classmethod
    def none(cls, columns: int) -> QuantileBins:
        """No edges: values are there or missing."""
        return cls(np.full((columns, EDGES), np.inf, dtype=np.float32))

    def same(self, other: QuantileBins) -> bool:
        """Whether the other bins have the same edges."""
        return self is other or np.array_equal(self._by_rank, other._by_rank)

    def widened(self, columns: int) -> QuantileBins:
        """With so many columns; those that are new have no edges."""
        return QuantileBins(np.concatenate([self.edges, self.none(columns - len(self.edges)).edges]))

    def bins(self, vector: Vector) -> Bins:
        """The bins of one vector."""
        found = np.add.reduce((self._by_rank <= vector).view(np.uint8), axis=0, dtype=np.uint8)
        return _bins(found, vector)

    def bins_of(self, vectors: NDArray[np.float32]) -> Bins:
        """The bins of many vectors (examples x columns)."""
        found = np.zeros(vectors.shape, dtype=np.uint8)
        for edge in self._by_rank:
            found += (edge <= vectors).view(np.uint8)
        return _bins(found, vectors)

    def lowest(self, bin_: int) -> Vector:
        """A value of this bin for each column: the lowest, or what is next to the first edge, or missing. Of a bin that
        a column does not have, the value of its last."""
        if not bin_:
            return np.full(len(self.edges), np.nan, dtype=np.float32)
        edges = self.edges[:, max(0, bin_ - 2)]
        last = np.where(np.isinf(self.edges), -np.inf, self.edges).max(axis=1)
        values = np.nextafter(edges, np.float32(-np.inf)) if bin_ == 1 else edges
        return np.where(np.isinf(edges), np.where(np.isinf(last), 0.0, last), values).astype(np.float32)


def _bins(above: NDArray[np.uint8], values: NDArray[np.float32]) -> Bins:
    """By the number of edges that each value is above or at."""
    above += 1
    above[np.isnan(values)] = 0
    bins: Bins = above.astype(np.intp)
    return bins


def _edges(values: NDArray[np.float32], weights: NDArray[np.float64]) -> NDArray[np.float32]:
    present = ~np.isnan(values)
    if not present.any():
        return np.empty(0, dtype=np.float32)
    distinct, inverse = np.unique(values[present], return_inverse=True)
    if len(distinct) <= EDGES + 1:
        return distinct[1:]
    mass = np.bincount(inverse, weights=weights[present])
    below = (np.cumsum(mass) - mass) / mass.sum()
    wanted = np.arange(1, EDGES + 1) / (EDGES + 1)
    positions = np.clip(np.searchsorted(below, wanted), 1, len(distinct) - 1)
    return distinct[np.unique(positions)]


_LITTLE = 1e-6


class Rebinning(NamedTuple):
    """How what was learned by old bins is carried over to new ones: shares of the examples of one bin that are in
    another, by column."""

    spread: Matrix
    """Columns x old x new: of an old bin's examples, the share in each new one. Carries counts."""
    mixture: Matrix
    """Columns x new x old: of a new bin's examples, the share from each old one. Carries weights."""
    shares: Matrix
    """Columns x new: the share of all examples that is in each bin."""

    def counts(self, counts: Matrix) -> Matrix:
        """Columns x old bins, as columns x new bins."""
        moved: Matrix = np.einsum("co,con->cn", counts, self.spread)
        return moved

    def weights(self, weights: Matrix) -> Matrix:
        """Columns x old bins, as columns x new bins."""
        moved: Matrix = np.einsum("cno,co->cn", self.mixture, weights)
        return moved


def rebinning(old: QuantileBins, new: QuantileBins, vectors: NDArray[np.float32]) -> Rebinning:
    """From the old bins to the new, by examples (examples x columns). Where no example tells, a bin's
    lowest value does."""
    columns = vectors.shape[1]
    each = np.arange(columns)
    cells = (each * BINS + old.bins_of(vectors)) * BINS + new.bins_of(vectors)
    joint = np.bincount(cells.ravel(), minlength=columns * BINS * BINS).reshape(columns, BINS, BINS).astype(np.float64)
    for bin_ in range(BINS):
        joint[each, bin_, new.bins(old.lowest(bin_))] += _LITTLE
        joint[each, old.bins(new.lowest(bin_)), bin_] += _LITTLE
    return Rebinning(
        spread=joint / joint.sum(axis=2, keepdims=True),
        mixture=(joint / joint.sum(axis=1, keepdims=True)).transpose(0, 2, 1),
        shares=joint.sum(axis=1) / joint.sum(axis=(1, 2))[:, None],
    )
