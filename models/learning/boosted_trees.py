"""Gradient-boosted trees (scikit-learn's histogram implementation), fitted again and again to the newest examples."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.learning.learner import Lesson
from models.learning.one_thread import one_thread
from models.learning.quantile_bins import QuantileBins, Rebinning
from models.learning.ring import Ring
from models.learning.sampling import HonestSampling
from models.learning.tree_ensemble import Tree, TreeEnsemble

MOST_FRAUDS = 5_000
MOST_HONEST = 50_000
"""Newest examples that are fitted to."""

FIRST_FRAUDS = 10
"""Frauds before the first fit."""

GROWTH = 1.5
"""A fit is due at once when so many times the last fit's frauds are known."""

REFRESH = 0.05
"""A fit is due, when enough was learned since the last to be worth its cost, from so many new frauds on: a share of
the last fit's."""

LEARNING_RATE = 0.06

CELL_S = 1e-8
"""About what a fit costs for each example, column and tree, in seconds."""

ALLOWANCE_S = 3e-5
"""What fits may cost for each example counted, in seconds."""


class BoostedTreesLearner:
    """A `Learner` whose member is `TreeEnsemble`. The same lessons give the same trees: when to fit is decided by what
    was counted, not by a clock."""

    kind = "boosted_trees"

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self.member = TreeEnsemble(-math.log(99.0), ())
        self._frauds = Ring(MOST_FRAUDS)
        self._honest = Ring(MOST_HONEST)
        self._new_frauds = 0
        self._fitted_frauds = 0
        self._fitted_at = 0.0
        self._seen = 0.0

    def learn(self, lesson: Lesson, sampling: HonestSampling) -> None:
        """Keep the example, and fit when it is time."""
        ring = self._frauds if lesson.fraud else self._honest
        ring.add(lesson.key, lesson.inputs.vector, lesson.fraud, lesson.weight)
        self._seen += 1.0 if lesson.fraud else 1.0 / sampling.rate
        if lesson.fraud:
            self._new_frauds += 1
        if self._due():
            self._fit(sampling)
        elif not self._fitted_frauds:
            self.member = TreeEnsemble(sampling.log_odds, ())

    def unlearn(self, lesson: Lesson, sampling: HonestSampling) -> None:
        """Take the example out; the next fit knows nothing of it."""
        (self._frauds if lesson.fraud else self._honest).remove(lesson.key)
        self._new_frauds += 1

    def frozen(self) -> TreeEnsemble:
        """The member, which never changes."""
        return self.member

    def rebin(self, bins: QuantileBins, rebinning: Rebinning) -> None:
        """Trees look at values, not at bins."""

    def _due(self) -> bool:
        known = len(self._frauds)
        if known < FIRST_FRAUDS or not len(self._honest):
            return False
        if self._new_frauds >= max(5, (GROWTH - 1.0) * self._fitted_frauds):
            return True
        if self._new_frauds < max(5, REFRESH * self._fitted_frauds):
            return False
        cells = (known + len(self._honest)) * self._frauds.columns
        return (self._seen - self._fitted_at) * ALLOWANCE_S >= cells * _trees(known) * CELL_S

    def _fit(self, sampling: HonestSampling) -> None:
        frauds, honest = self._frauds, self._honest
        taken = np.flatnonzero(sampling.would_take(honest.keys))
        self.member = fit(
            frauds.vectors_at(np.repeat(np.arange(len(frauds)), _times(frauds.weights))),
            honest.vectors_at(np.repeat(taken, _times(honest.weights[taken]))),
            sampling.log_odds,
            self._seed,
        )
        self._fitted_frauds, self._new_frauds, self._fitted_at = len(frauds), 0, self._seen


def fit(frauds: NDArray[np.float32], honest: NDArray[np.float32], log_odds: float, seed: int) -> TreeEnsemble:
    """Trees for these examples (each x columns). `log_odds` are those of fraud among all applications; the sample has
    more, which the closed form p * r / (p * r + 1 - p) puts right: a difference of log-odds."""
    from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415 - takes a second to import

    values, varying = _varying(frauds, honest)
    labels = np.repeat([1, 0], [len(frauds), len(honest)])
    boosting = HistGradientBoostingClassifier(
        max_iter=_trees(len(frauds)),
        max_leaf_nodes=_leaves(len(frauds)),
        learning_rate=LEARNING_RATE,
        min_samples_leaf=int(np.clip(len(frauds) // 20, 5, 200)),
        l2_regularization=float(np.clip(len(frauds) / 50, 2.0, 50.0)),
        max_features=0.5,
        early_stopping=False,
        random_state=seed,
    )
    if not len(varying):
        return TreeEnsemble(log_odds, ())
    with one_thread():
        boosting.fit(values, labels)
    base = float(boosting._baseline_prediction.item()) + log_odds - math.log(len(frauds) / len(honest))
    return TreeEnsemble(base, [_tree(predictor.nodes, varying) for [predictor] in boosting._predictors])


def _tree(nodes: NDArray[Any], columns: NDArray[np.intp]) -> Tree:
    """scikit-learn's record of a tree in our arrays. Values above the leaves are the means of the examples below."""
    leaf = nodes["is_leaf"].astype(np.bool_)
    value, counts = nodes["value"].astype(np.float64), nodes["count"].astype(np.float64)
    left, right = nodes["left"].astype(np.int32), nodes["right"].astype(np.int32)
    for node in range(len(nodes) - 1, -1, -1):  # a node comes before those below it
        if not leaf[node]:
            a, b = left[node], right[node]
            value[node] = (value[a] * counts[a] + value[b] * counts[b]) / (counts[a] + counts[b])
    return Tree(
        column=np.where(leaf, -1, columns[nodes["feature_idx"]]).astype(np.int32),
        threshold=nodes["num_threshold"].astype(np.float64),
        missing_left=nodes["missing_go_to_left"].astype(np.bool_),
        left=left,
        right=right,
        value=value,
    )


def _trees(frauds: int) -> int:
    return int(np.clip(40 + frauds // 2, 40, 120))


def _leaves(frauds: int) -> int:
    return int(np.clip(frauds // 10, 4, 8))


def _times(weights: NDArray[np.float64]) -> NDArray[np.intp]:
    """How often an example of such a weight is repeated. scikit-learn's own weights make its binning slow."""
    return np.maximum(1, np.rint(weights)).astype(np.intp)


def _varying(frauds: NDArray[np.float32], honest: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """All examples x the columns with two different values, missing being one; and which columns these are. Laid out as
    scikit-learn would: these are tens of megabytes, and it makes no copy of its own."""
    columns, known = max(frauds.shape[1], honest.shape[1]), len(frauds)
    values = np.full((known + len(honest), columns), np.nan, order="F")
    varying: list[int] = []
    for column in range(columns):
        place = values[:, len(varying)]
        for part, vectors in ((place[:known], frauds), (place[known:], honest)):
            part[:] = vectors[:, column] if column < vectors.shape[1] else np.nan
        if not ((place == place[0]) | (np.isnan(place) & np.isnan(place[0]))).all():
            varying.append(column)
    return values[:, : len(varying)], np.array(varying, dtype=np.intp)
