"""Sums of decision trees that answer in microseconds: every condition of every tree is looked at once, for one
application or many, and what each column adds on the way to a leaf is worked out beforehand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from models.learning.inputs import Inputs
from models.learning.quantile_bins import Bins

MOST_LEAVES = 64
"""Of one tree: as many as a number has bits."""


class Tree(NamedTuple):
    """One tree as arrays by node; node 0 is the root, and a node comes before those below it."""

    column: NDArray[np.int32]
    """Split on; -1 at a leaf."""
    threshold: NDArray[np.float64]
    """Values up to and including this go left."""
    missing_left: NDArray[np.bool_]
    """Does not count where the threshold is infinite: there, what is present goes left and what is missing right."""
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    value: NDArray[np.float64]
    """Log-odds that a leaf adds; of any other node, the mean of its leaves."""


class TreeEnsemble:
    """A `Member`: log-odds are a base plus the value of a leaf of every tree. Immutable.

    The leaf is found without going down the tree: a condition that does not hold rules out the leaves on its left, and
    of those that nothing rules out the leftmost is the one (C. Lucchese et al.: QuickScorer, SIGIR 2015).

    What a column contributes is the sum of the steps from node to node that were taken by it (A. Saabas: Interpreting
    random forests, 2014), so contributions add up to the log-odds.
    """

    def __init__(self, base: float, trees: Sequence[Tree]) -> None:
        """ValueError for a tree with more than `MOST_LEAVES`."""
        self._base = base
        self._trees = tuple(trees)
        self._prepare()

    def __getstate__(self) -> tuple[float, tuple[Tree, ...]]:
        return self._base, self._trees

    def __setstate__(self, state: tuple[float, tuple[Tree, ...]]) -> None:
        self._base, self._trees = state
        self._prepare()

    def __deepcopy__(self, memo: dict[int, Any]) -> TreeEnsemble:
        return self

    def log_odds(self, inputs: Inputs) -> float:
        """Log-odds of fraud."""
        return self._root + float(self._values.take(self._leaves(inputs.vector)).sum())

    def log_odds_of(self, vectors: NDArray[np.float32], bins: Bins) -> NDArray[np.float64]:
        """Log-odds of fraud of many."""
        found: NDArray[np.float64] = self._root + self._values.take(self._leaves(vectors)).sum(axis=-1)
        return found

    def contributions(self, inputs: Inputs) -> tuple[float, NDArray[np.float64]]:
        """The base, and what each column added on the way down the trees."""
        leaves = self._leaves(inputs.vector)
        columns, steps = self._step_columns.take(leaves, axis=0), self._steps.take(leaves, axis=0)
        added = np.bincount(columns.ravel(), weights=steps.ravel(), minlength=len(inputs.vector))
        return self._root, cast("NDArray[np.float64]", added)  # of weights, not of counts

    def _leaves(self, vectors: NDArray[np.float32]) -> NDArray[np.intp]:
        """... x columns -> ... x trees: the leaf of each tree, numbered through all trees."""
        values = vectors.take(self._columns, axis=-1)
        left = values <= self._thresholds
        left |= np.isnan(values) & self._missing_left
        open_ = np.bitwise_and.reduce(np.where(left, self._all, self._right), axis=-2)
        leftmost = np.bitwise_count(~open_ & (open_ - self._one))
        leaves: NDArray[np.intp] = self._firsts + leftmost
        return leaves

    def _prepare(self) -> None:
        """What follows from the trees. The arrays of conditions have a row for each that the largest tree has; those
        that a smaller one lacks rule nothing out."""
        trees = self._trees
        used = np.unique([column for tree in trees for column in tree.column if column >= 0]).astype(np.intp)
        place = {int(column): position for position, column in enumerate(used)}
        ways = [_Ways(tree, place) for tree in trees]
        most = max([len(way.values) for way in ways], default=1)
        bits = np.dtype(f"u{max(1, 1 << max(0, (most - 1).bit_length() - 3))}")
        shape = (most - 1, len(trees))
        self._columns = np.zeros(shape, dtype=np.intp)
        self._thresholds = np.zeros(shape, dtype=np.float32)
        self._missing_left = np.zeros(shape, dtype=np.bool_)
        self._all, self._one = np.array(np.iinfo(bits).max, dtype=bits), np.array(1, dtype=bits)
        self._right = np.full(shape, self._all, dtype=bits)
        """Leaves that are not ruled out when a condition does not hold, as bits."""
        for number, (tree, way) in enumerate(zip(trees, ways, strict=True)):
            splits = np.flatnonzero(tree.column >= 0)
            thresholds = tree.threshold[splits]
            self._columns[: len(splits), number] = tree.column[splits]
            self._thresholds[: len(splits), number] = _rounded_down(thresholds)
            self._missing_left[: len(splits), number] = tree.missing_left[splits] & ~np.isinf(thresholds)
            ruled_out = np.array([way.left_leaves[int(node)] for node in splits], dtype=np.uint64)
            self._right[: len(splits), number] = ~ruled_out.astype(bits)
        counts = [len(way.values) for way in ways]
        self._firsts = np.cumsum([0, *counts[:-1]]).astype(np.intp) if counts else np.zeros(0, dtype=np.intp)
        steps = np.concatenate([way.steps for way in ways]) if ways else np.zeros((0, 0))
        self._values: NDArray[np.float64] = steps.sum(axis=1)
        self._step_columns, self._steps = _few_of(steps, used)
        """Of each leaf of all trees: what columns add on the way to it, and how much."""
        self._root = self._base + math.fsum(float(tree.value[0]) for tree in trees)


class _Ways:
    """The leaves of a tree from left to right."""

    def __init__(self, tree: Tree, place: dict[int, int]) -> None:
        """`place` are the columns' positions in `steps`."""
        self.left_leaves: dict[int, int] = {}
        """Node that splits -> its leaves on the left, as bits."""
        self.values: list[float] = []
        steps: list[NDArray[np.float64]] = []

        def visit(node: int, so_far: NDArray[np.float64]) -> None:
            column = int(tree.column[node])
            if column < 0:
                self.values.append(float(tree.value[node]))
                steps.append(so_far)
                return
            first = len(steps)
            for below in (int(tree.left[node]), int(tree.right[node])):
                further = so_far.copy()
                further[place[column]] += tree.value[below] - tree.value[node]
                visit(below, further)
                self.left_leaves.setdefault(node, (1 << len(steps)) - (1 << first))

        visit(0, np.zeros(len(place)))
        if len(steps) > MOST_LEAVES:
            raise ValueError(f"a tree has {len(steps)} leaves; there can be {MOST_LEAVES}")
        self.steps = np.stack(steps)
        """Leaves x columns used: the steps on the way to each, summed by column."""


def _few_of(steps: NDArray[np.float64], used: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Of each row of leaves x columns used, the columns that are not 0, and what stands there: the few that a way
    has, filled up with others, which add 0."""
    most = int(np.count_nonzero(steps, axis=1).max(initial=0))
    places = np.argsort(steps == 0.0, axis=1, kind="stable")[:, :most]
    return used[places], np.take_along_axis(steps, places, axis=1)


def _rounded_down(thresholds: NDArray[np.float64]) -> NDArray[np.float32]:
    """The same conditions for values of single precision."""
    nearest = thresholds.astype(np.float32)
    return np.where(nearest > thresholds, np.nextafter(nearest, np.float32(-np.inf)), nearest)
