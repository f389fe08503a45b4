"""river's Half-Space Trees with the same answers in a fifth of the time: the trees never change once they are built, so
the way down each of them is compiled, and what a leaf scores is worked out once a window and not at each visit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Leaves = tuple[int, ...]
"""Where a point ends up: one leaf of each tree, numbered through all trees."""


class CompiledTrees:
    """`HalfSpaceTrees(seed=seed)` over the coordinates `names`, each 0 to 1. A point has one for each."""

    def __init__(self, names: Sequence[str], seed: int) -> None:
        # Here, because it takes scipy along: 200 MB and seconds that only who builds trees should spend.
        from river.anomaly import HalfSpaceTrees  # noqa: PLC0415

        # river's default size. Larger trees (25 of height 15) take seconds to build.
        trees: Any = HalfSpaceTrees(seed=seed)
        trees.learn_one(dict.fromkeys(names, 0.0))  # river builds them at the first point
        self._height: int = trees.height
        self._window: int = trees.window_size
        self._scores_from: float = trees.size_limit
        self._highest: int = trees.n_trees * trees.window_size * (2 ** (trees.height + 1) - 1)
        self._leaf_count = 2**trees.height
        self.find: Callable[[Sequence[float]], Leaves] = _compile_search(trees.trees, names)
        """The leaves of a point."""
        self._learned = [0] * (trees.n_trees * self._leaf_count)
        """Points of this window by leaf."""
        self._points = 0
        self._scores: list[int] | None = None
        """By leaf; None during the first window."""

    @property
    def state(self) -> tuple[int, list[int], list[int] | None]:
        """All that learning changes."""
        return self._points, self._learned, self._scores

    def restore(self, state: tuple[int, list[int], list[int] | None]) -> None:
        """Go on from a `state` of trees with the same names and seed."""
        points, learned, scores = state
        self._points, self._learned, self._scores = points, list(learned), scores

    def learn(self, leaves: Leaves) -> None:
        """Count a point. The counts of a full window are what scores are made from during the next."""
        learned = self._learned
        for leaf in leaves:
            learned[leaf] += 1
        self._points += 1
        if self._points == self._window:
            self._scores = _leaf_scores(np.array(learned).reshape(-1, self._leaf_count), self._scores_from)
            self._learned = [0] * len(learned)
            self._points = 0

    def score(self, leaves: Leaves) -> float:
        """How sparse the place of a point is, 0 to 1; 0 during the first window."""
        scores = self._scores
        return 0.0 if scores is None else 1 - sum([scores[leaf] for leaf in leaves]) / self._highest


def _compile_search(trees: Sequence[Any], names: Sequence[str]) -> Callable[[Sequence[float]], Leaves]:
    from river.tree.base import Leaf  # noqa: PLC0415 - as above

    variables = {name: f"v{position}" for position, name in enumerate(names)}
    leaves = iter(range(len(trees) * 2 ** trees[0].height))

    def search(node: Any) -> str:
        if isinstance(node, Leaf):
            return str(next(leaves))
        left, right = map(search, node.children)
        return f"({left} if {variables[node.feature]} < {node.threshold!r} else {right})"

    lines = ["def find(point):", f"    {', '.join(variables.values())}, = point"]
    lines.append(f"    return ({', '.join(map(search, trees))},)")
    namespace: dict[str, Any] = {}
    # The source is made of our own words and of numbers' and strings' reprs alone.
    exec(compile("\n".join(lines), "<trees>", "exec"), {"__builtins__": {}}, namespace)  # noqa: S102
    find: Callable[[Sequence[float]], Leaves] = namespace["find"]
    return find


def _leaf_scores(masses: NDArray[np.int64], scores_from: float) -> list[int]:
    """The score of each leaf, from the points in each (trees x leaves): on the way down every node adds its points
    times two to its depth, and the way ends below a node with fewer than `scores_from` points."""
    levels = [masses]
    while levels[0].shape[1] > 1:
        levels.insert(0, levels[0][:, ::2] + levels[0][:, 1::2])
    scores, open_ = np.zeros_like(levels[0]), np.ones_like(levels[0], dtype=np.bool_)
    for depth, level in enumerate(levels):
        if depth:
            scores, open_ = scores.repeat(2, axis=1), open_.repeat(2, axis=1)
        scores += (level << depth) * open_
        open_ &= level >= scores_from
    found: list[int] = scores.ravel().tolist()
    return found
