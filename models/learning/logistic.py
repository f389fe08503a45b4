"""Logistic regression on bins, learned online: a smooth curve of log-odds for every column.

Each example moves the curve of every column at its own bin, its neighbours' less (functional gradient with a kernel
over the bins, step sizes by AdaGrad: J. Duchi, E. Hazan, Y. Singer, JMLR 12, 2011). Missing is a bin without
neighbours.
"""

from __future__ import annotations

import math

import numpy as np

from models.learning.additive import AdditiveTable
from models.learning.learner import Lesson
from models.learning.quantile_bins import BINS, Matrix, QuantileBins, Rebinning
from models.learning.sampling import HonestSampling

STEP = 1.2
"""Divided by the square root of the number of columns: so much do their curves together move at first."""

START = 16.0
"""AdaGrad's sum of squares starts here, so that the first few frauds do not move the curves too far."""

WIDTH = 3.0
"""Bins after which a neighbour moves 1/e as much."""


def _kernel() -> Matrix:
    bins = np.arange(BINS, dtype=np.float64)
    kernel = 0.5 * np.eye(BINS) + 0.5 * np.exp(-np.abs(bins[:, None] - bins[None, :]) / WIDTH)
    kernel[0, :] = kernel[:, 0] = 0.0
    kernel[0, 0] = 1.0
    return kernel


class LogisticLearner:
    """A `Learner` whose member is an `AdditiveTable`."""

    kind = "logistic"

    def __init__(self) -> None:
        self.member = AdditiveTable(-math.log(99.0), np.zeros((0, BINS)))
        self._kernel = _kernel()
        self._mean_kernel = np.zeros((0, BINS))
        """By column and bin: the kernel's mean over all examples. Taken off, so that a curve is 0 on average, and what
        holds for all applications is in the base alone."""
        self._squares = np.zeros((0, BINS))
        self._base_squares = 1.0

    def learn(self, lesson: Lesson, sampling: HonestSampling) -> None:
        """One gradient step. Sampling adds a known offset to the log-odds of what is learned, so that the curves are
        those of all applications."""
        self._step(lesson, self._probability(lesson, sampling) - lesson.fraud)

    def unlearn(self, lesson: Lesson, sampling: HonestSampling) -> None:
        """One gradient step as if the label had been the other."""
        self._step(lesson, self._probability(lesson, sampling) - (not lesson.fraud))

    def frozen(self) -> AdditiveTable:
        """A copy of the table."""
        return AdditiveTable(self.member.base, self.member.table.copy())

    def rebin(self, bins: QuantileBins, rebinning: Rebinning) -> None:
        """Curves and step sizes at the new bins are the mixture of those at the old."""
        more = len(bins.edges) - len(self.member.table)
        table = np.pad(self.member.table, ((0, more), (0, 0)))
        table = rebinning.weights(table)
        means = (table * rebinning.shares).sum(axis=1)
        self.member = AdditiveTable(self.member.base + float(means.sum()), table - means[:, None])
        self._mean_kernel = rebinning.shares @ self._kernel
        self._squares = rebinning.weights(np.pad(self._squares, ((0, more), (0, 0)), constant_values=START))

    def _probability(self, lesson: Lesson, sampling: HonestSampling) -> float:
        log_odds = self.member.log_odds(lesson.inputs) - math.log(sampling.rate)
        return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, log_odds))))

    def _step(self, lesson: Lesson, gradient: float) -> None:
        gradient *= lesson.weight
        columns, bins = len(self._squares), lesson.inputs.bins
        each = np.arange(columns)
        squares = self._squares[each, bins] + gradient * gradient
        self._squares[each, bins] = squares
        steps = (STEP / math.sqrt(columns) * gradient) / np.sqrt(squares)
        self.member.table -= steps[:, None] * (self._kernel[bins] - self._mean_kernel[each, bins, None])
        self._base_squares += gradient * gradient
        self.member.base -= STEP * gradient / math.sqrt(self._base_squares)
