"""Boosted trees that answer in microseconds: the way down each tree is compiled to Python, and what each column adds on
the way is worked out once for every leaf."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.learning.inputs import Inputs

TREES_AT_ONCE = 2
"""Compiled in one go. Compiling holds the interpreter, so it is done in pieces of about a millisecond."""

Find = Callable[[Sequence[float]], tuple[int, ...]]


class Tree(NamedTuple):
    """One tree as arrays by node; node 0 is the root."""

    column: NDArray[np.int32]
    """Split on; -1 at a leaf."""
    threshold: NDArray[np.float64]
    """Values up to and including this go left."""
    missing_left: NDArray[np.bool_]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    value: NDArray[np.float64]
    """Log-odds that a leaf adds; of any other node, the mean of its leaves."""


class CompiledTrees:
    """A `Member`: log-odds are a base plus the value of a leaf of every tree. Immutable.

    What a column contributes is the sum of the steps from node to node that were taken by it (A. Saabas: Interpreting
    random forests, 2014), so contributions add up to the log-odds.
    """

    def __init__(self, base: float, trees: Sequence[Tree]) -> None:
        self._base = base
        self._trees = tuple(trees)
        self._prepare()

    def __getstate__(self) -> tuple[float, tuple[Tree, ...]]:
        return self._base, self._trees

    def __setstate__(self, state: tuple[float, tuple[Tree, ...]]) -> None:
        self._base, self._trees = state
        self._prepare()

    def __deepcopy__(self, memo: dict[int, Any]) -> CompiledTrees:
        return self

    def log_odds(self, inputs: Inputs) -> float:
        """Log-odds of fraud."""
        leaves = self._leaves
        return self._root + math.fsum([leaves[leaf] for leaf in self._find(inputs)])

    def contributions(self, inputs: Inputs) -> tuple[float, NDArray[np.float64]]:
        """The base, and what each column added on the way down the trees."""
        added = np.zeros(len(inputs.vector))
        added[self._used] = np.add.reduce(self._steps.take(self._find(inputs), axis=0), axis=0)
        return self._root, added

    def _find(self, inputs: Inputs) -> list[int]:
        values = inputs.values
        found: list[int] = []
        for find in self._finds:
            found += find(values)
        return found

    def _prepare(self) -> None:
        """What follows from the trees."""
        self._used = np.unique([column for tree in self._trees for column in tree.column if column >= 0]).astype(
            np.intp
        )
        place = {int(column): position for position, column in enumerate(self._used)}
        steps = [_leaf_steps(tree, place) for tree in self._trees]
        self._steps = np.concatenate(steps) if steps else np.zeros((0, 0))
        """Leaves of all trees x columns used."""
        self._root = self._base + math.fsum(float(tree.value[0]) for tree in self._trees)
        self._leaves: list[float] = self._steps.sum(axis=1).tolist()
        self._finds: list[Find] = []
        first = 0
        for start in range(0, len(self._trees), TREES_AT_ONCE):
            some = self._trees[start : start + TREES_AT_ONCE]
            self._finds.append(_compile(some, first))
            first += sum(int((tree.column < 0).sum()) for tree in some)


def _leaf_steps(tree: Tree, place: dict[int, int]) -> NDArray[np.float64]:
    """Leaves, in the order of their nodes, x columns used: the steps on the way to each, summed by column."""
    steps = np.zeros((len(tree.column), len(place)))
    for node, column in enumerate(tree.column):  # a node comes before those below it
        if column >= 0:
            for below in (tree.left[node], tree.right[node]):
                steps[below] = steps[node]
                steps[below, place[int(column)]] += tree.value[below] - tree.value[node]
    return steps[tree.column < 0]


def _compile(trees: Sequence[Tree], first_leaf: int) -> Find:
    columns = sorted({int(column) for tree in trees for column in tree.column if column >= 0})
    lines = ["def find(v):", *(f"    v{column} = v[{column}]" for column in columns)]
    ways = []
    for tree in trees:
        numbers = first_leaf + np.cumsum(tree.column < 0) - 1
        first_leaf = int(numbers[-1]) + 1
        ways.append(_way(tree, 0, numbers))
    lines.append(f"    return ({', '.join(ways)},)")
    namespace: dict[str, Any] = {}
    # The source is made of our own words and of numbers' reprs alone.
    exec(compile("\n".join(lines), "<trees>", "exec"), {"__builtins__": {}}, namespace)  # noqa: S102
    find: Find = namespace["find"]
    return find


def _way(tree: Tree, node: int, numbers: NDArray[np.intp]) -> str:
    column = int(tree.column[node])
    if column < 0:
        return str(int(numbers[node]))
    left, right = (_way(tree, int(below[node]), numbers) for below in (tree.left, tree.right))
    return f"({left} if {_goes_left(column, float(tree.threshold[node]), bool(tree.missing_left[node]))} else {right})"


def _goes_left(column: int, threshold: float, missing_left: bool) -> str:
    """NaN is neither above nor below anything, so the wording says where it goes."""
    if math.isinf(threshold):  # present goes left, missing right
        return f"v{column} == v{column}"
    return f"not v{column} > {threshold!r}" if missing_left else f"v{column} <= {threshold!r}"
