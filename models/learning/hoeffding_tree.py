"""A decision tree that grows as examples go by: a Hoeffding tree (P. Domingos, G. Hulten: Mining High-Speed Data
Streams, KDD 2000) whose leaves count by bins, for all columns at once."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from models.learning.quantile_bins import BINS, Bins, Matrix, QuantileBins, Rebinning
from models.learning.tree_ensemble import Tree

GRACE = 200.0
"""Examples in a leaf before it is looked at, and again before the next time."""

CONFIDENCE = 1e-5
"""Chance that the best split is not the best after all."""

TIE = 0.15
"""Splits are as good as each other when the Hoeffding bound is below this."""

LEAST_FRAUDS = 5.0
MOST_LEAVES = 64

SMOOTHING = 10.0
"""A node's fraud share starts at that of the node above, as if seen so often."""

LEAST_GAIN = 0.01

_TINY = 1e-12


class HoeffdingTree:
    """Nodes by number; 0 is the root. Leaves answer with their fraud share."""

    def __init__(self, columns: int) -> None:
        self._columns = columns
        self.column: list[int] = []
        """Split on; -1 at a leaf."""
        self._thresholds: list[float] = []
        self._missing_left: list[bool] = []
        self._left: list[int] = []
        self._right: list[int] = []
        self._counts: list[list[float]] = []
        """Honest, frauds."""
        self._histograms: dict[int, NDArray[np.float32]] = {}
        """Leaf -> columns x bins x (honest, frauds)."""
        self._looked_at: dict[int, float] = {}
        """Leaf -> examples when a split was last thought of."""
        self._leaf(0.0, 0.0)

    def path(self, values: list[float]) -> list[int]:
        """The nodes from the root to the leaf of a vector."""
        node, path = 0, [0]
        while (column := self.column[node]) >= 0:
            value = values[column]
            left = value <= self._thresholds[node] or (self._missing_left[node] and math.isnan(value))
            node = self._left[node] if left else self._right[node]
            path.append(node)
        return path

    def log_odds(self, path: list[int]) -> list[float]:
        """Of fraud, at each node of a path, among what was learned."""
        share, found = 0.5, []
        for node in path:
            honest, frauds = self._counts[node]
            share = (frauds + SMOOTHING * share) / (honest + frauds + SMOOTHING)
            found.append(math.log(share / (1.0 - share)))
        return found

    def count(self, values: list[float], bins: Bins, fraud: bool, times: float, edges: NDArray[np.float32]) -> None:
        """Count an example, `times` times (below 0 to take it away), and split its leaf when that is due."""
        path, label = self.path(values), int(fraud)
        for node in path:
            self._counts[node][label] = max(0.0, self._counts[node][label] + times)
        leaf = path[-1]
        histogram = self._histograms.get(leaf)
        if histogram is None:
            return
        each = np.arange(self._columns)
        histogram[each, bins, label] += times
        honest, frauds = self._counts[leaf]
        if honest + frauds - self._looked_at[leaf] >= GRACE and min(honest, frauds) >= LEAST_FRAUDS:
            self._looked_at[leaf] = honest + frauds
            self._think(leaf, edges)

    def rebin(self, bins: QuantileBins, rebinning: Rebinning) -> None:
        """Spread what leaves counted over new bins. Values of columns that are new were missing so far."""
        more = len(bins.edges) - self._columns
        self._columns += more
        for leaf, histogram in self._histograms.items():
            wide = np.pad(histogram, ((0, more), (0, 0), (0, 0)))
            if more:
                wide[-more:, 0] = histogram[0].sum(axis=0) if len(histogram) else 0.0
            spread = [rebinning.counts(wide[:, :, label].astype(np.float64)) for label in (0, 1)]
            self._histograms[leaf] = np.stack(spread, axis=2).astype(np.float32)

    def arrays(self, scale: float) -> Tree:
        """The tree with log-odds times `scale` as values."""
        shares = [0.5] * len(self.column)
        values = []
        for node, column in enumerate(self.column):  # a node comes before those below it
            honest, frauds = self._counts[node]
            share = (frauds + SMOOTHING * shares[node]) / (honest + frauds + SMOOTHING)
            values.append(scale * math.log(share / (1.0 - share)))
            if column >= 0:
                shares[self._left[node]] = shares[self._right[node]] = share
        return Tree(
            column=np.array(self.column, dtype=np.int32),
            threshold=np.array(self._thresholds),
            missing_left=np.array(self._missing_left, dtype=np.bool_),
            left=np.array(self._left, dtype=np.int32),
            right=np.array(self._right, dtype=np.int32),
            value=np.array(values),
        )

    def _leaf(self, honest: float, frauds: float) -> int:
        node = len(self.column)
        self.column.append(-1)
        self._thresholds.append(0.0)
        self._missing_left.append(False)
        self._left.append(-1)
        self._right.append(-1)
        self._counts.append([honest, frauds])
        self._histograms[node] = np.zeros((self._columns, BINS, 2), dtype=np.float32)
        self._looked_at[node] = honest + frauds
        return node

    def _think(self, leaf: int, edges: NDArray[np.float32]) -> None:
        """Split the leaf if the best split is sure to be the best, or as good as any."""
        if len(self._histograms) >= MOST_LEAVES:
            return
        histogram = np.maximum(self._histograms[leaf], 0.0).astype(np.float64)
        left = splits(histogram)
        gains = gain(left, histogram.sum(axis=1)[:, None, None, :])
        by_column = gains.reshape(self._columns, -1).max(axis=1)
        first, second = np.partition(by_column, -2)[-2:][::-1] if self._columns > 1 else (by_column[0], 0.0)
        seen = float(histogram[0].sum())
        bound = math.sqrt(math.log(1.0 / CONFIDENCE) / (2.0 * max(seen, 1.0)))
        if first < LEAST_GAIN or not (first - max(second, 0.0) > bound or bound < TIE):
            return
        column, missing, cut = (int(position) for position in np.unravel_index(int(gains.argmax()), gains.shape))
        self._split(leaf, column, bool(missing), cut, edges, left[column, missing, cut], histogram[column].sum(axis=0))

    def _split(
        self,
        leaf: int,
        column: int,
        missing_left: bool,
        cut: int,
        edges: NDArray[np.float32],
        left: Matrix,
        both: Matrix,
    ) -> None:
        edge = np.float32(edges[column, cut]) if cut < edges.shape[1] else np.float32(np.inf)
        self.column[leaf] = column
        self._thresholds[leaf] = math.inf if np.isinf(edge) else float(np.nextafter(edge, np.float32(-np.inf)))
        self._missing_left[leaf] = missing_left
        del self._histograms[leaf], self._looked_at[leaf]
        self._left[leaf] = self._leaf(*left.tolist())
        self._right[leaf] = self._leaf(*(both - left).tolist())


def splits(histogram: Matrix) -> Matrix:
    """What lies left of every cut: columns x (missing right, missing left) x cuts x (honest, frauds), for a histogram
    of columns x bins x (honest, frauds). Cut k is below edge k; the last has all that is present on the left."""
    present = histogram[:, 1:].cumsum(axis=1)
    return np.stack([present, present + histogram[:, :1]], axis=1)


def gain(left: Matrix, both: Matrix) -> Matrix:
    """Information gain of splits, as a share of the entropy before: 0 to 1 however rare fraud is."""
    right = np.maximum(both - left, 0.0)
    total = both.sum(axis=-1)
    after = (left.sum(axis=-1) * _entropy(left) + right.sum(axis=-1) * _entropy(right)) / np.maximum(total, _TINY)
    gains: Matrix = 1.0 - after / np.maximum(_entropy(both), _TINY)
    return gains


def _entropy(counts: Matrix) -> Matrix:
    shares = counts / np.maximum(counts.sum(axis=-1, keepdims=True), _TINY)
    entropy: Matrix = -(shares * np.log2(np.maximum(shares, _TINY))).sum(axis=-1)
    return entropy
