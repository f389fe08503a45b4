"""Bagged Hoeffding trees: each learns every example as often as a Poisson(1) draw says (N. Oza, S. Russell: Online
Bagging and Boosting, 2001)."""

from __future__ import annotations

import math
from bisect import bisect_right
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from models.learning.hoeffding_tree import HoeffdingTree
from models.learning.inputs import Inputs
from models.learning.learner import Lesson
from models.learning.quantile_bins import Bins, QuantileBins, Rebinning
from models.learning.sampling import HonestSampling
from models.learning.tree_ensemble import TreeEnsemble

TREES = 10

_POISSON = list(accumulate(math.exp(-1.0) / math.factorial(times) for times in range(6)))
_MASK = 2**64 - 1
_MIX = 0x9E3779B97F4A7C15


class HoeffdingBag:
    """A `Member`: the mean of the trees' log-odds over the log-odds of their roots, and of fraud overall."""

    def __init__(self, trees: list[HoeffdingTree]) -> None:
        self.base = -math.log(99.0)
        """Log-odds of fraud among all applications."""
        self.trees = trees

    def log_odds(self, inputs: Inputs) -> float:
        """Log-odds of fraud."""
        values = inputs.values
        added = 0.0
        for tree in self.trees:
            found = tree.log_odds(tree.path(values))
            added += found[-1] - found[0]
        return self.base + added / len(self.trees)

    def log_odds_of(self, vectors: NDArray[np.float32], bins: Bins) -> NDArray[np.float64]:
        """Log-odds of fraud of many, one by one: what scores many is frozen."""
        each = map(Inputs, vectors, bins, vectors.tolist())
        return np.array([self.log_odds(inputs) for inputs in each])

    def contributions(self, inputs: Inputs) -> tuple[float, NDArray[np.float64]]:
        """The base, and what each column added on the way down the trees."""
        values, added = inputs.values, np.zeros(len(inputs.vector))
        for tree in self.trees:
            path = tree.path(values)
            found = tree.log_odds(path)
            for node, before, after in zip(path, found, found[1:], strict=False):
                added[tree.column[node]] += after - before
        return self.base, added / len(self.trees)


class HoeffdingBagLearner:
    """A `Learner` whose member is a `HoeffdingBag`, and `TreeEnsemble` when frozen."""

    kind = "hoeffding_bag"

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._edges = QuantileBins.none(0).edges
        self.member = HoeffdingBag([HoeffdingTree(0) for _ in range(TREES)])

    def learn(self, lesson: Lesson, sampling: HonestSampling) -> None:
        """Count the example in the trees that draw it."""
        self._count(lesson, lesson.weight, sampling)

    def unlearn(self, lesson: Lesson, sampling: HonestSampling) -> None:
        """Count the example away from the same trees. Splits stay."""
        self._count(lesson, -lesson.weight, sampling)

    def frozen(self) -> TreeEnsemble:
        """The trees as they are."""
        trees = [tree.arrays(1.0 / TREES) for tree in self.member.trees]
        return TreeEnsemble(self.member.base - math.fsum(float(tree.value[0]) for tree in trees), trees)

    def rebin(self, bins: QuantileBins, rebinning: Rebinning) -> None:
        """Leaves count by the new bins from now on."""
        self._edges = bins.edges
        for tree in self.member.trees:
            tree.rebin(bins, rebinning)

    def _count(self, lesson: Lesson, weight: float, sampling: HonestSampling) -> None:
        values = lesson.inputs.values
        for position, tree in enumerate(self.member.trees):
            times = draw(lesson.key, self._seed * TREES + position)
            if times:
                tree.count(values, lesson.inputs.bins, lesson.fraud, times * weight, self._edges)
        self.member.base = sampling.log_odds


def draw(key: int, salt: int) -> int:
    """A Poisson(1) draw that is always the same for the same key and salt."""
    mixed = ((key ^ (salt * _MIX)) * _MIX) & _MASK
    mixed = ((mixed ^ (mixed >> 29)) * _MIX) & _MASK
    return bisect_right(_POISSON, (mixed >> 32) / 2**32)
