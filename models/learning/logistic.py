"""Logistic regression on bins, learned online: a smooth curve of log-odds for every column.

Each example moves the curve of every column at its own bin, its neighbours' less (functional gradient with a kernel
over the bins, step sizes by AdaGrad: J. Duchi, E. Hazan, Y. Singer, JMLR 12, 2011). Missing is a bin without
neighbours. One step for each of a handful of frauds is little: while they are so few, curves begin anew with what is
fitted to all of them at once.
"""

from __future__ import annotations

import math

import numpy as np

from models.learning.additive import AdditiveTable
from models.learning.learner import Lesson
from models.learning.quantile_bins import BINS, Matrix, QuantileBins, Rebinning
from models.learning.ridge import EvenSample, ridge
from models.learning.ring import widened
from models.learning.sampling import HonestSampling

STEP = 1.2
"""Divided by the square root of the number of columns: so much do their curves together move at first."""

START = 16.0
"""AdaGrad's sum of squares starts here, so that the first few frauds do not move the curves too far."""

WIDTH = 3.0
"""Bins after which a neighbour moves 1/e as much."""

FEW_FRAUDS = 40
"""While no more frauds are known, the curves begin anew with a ridge regression, ..."""

FEW_HONEST = 4_000
"""... fitted to these frauds and so many honest examples, ..."""

GROWTH = 1.5
"""... whenever there are so many times as many frauds as the last time."""


def _kernel() -> Matrix:
    bins = np.arange(BINS, dtype=np.float64)
    kernel = 0.5 * np.eye(BINS) + 0.5 * np.exp(-np.abs(bins[:, None] - bins[None, :]) / WIDTH)
    kernel[0, :] = kernel[:, 0] = 0.0
    kernel[0, 0] = 1.0
    return kernel


class LogisticLearner:
    """A `Learner` whose member is an `AdditiveTable`."""

    kind = "logistic"

    _few: tuple[EvenSample, EvenSample] | None = None
    """Frauds and honest examples, while frauds are few."""

    def __init__(self) -> None:
        self.member = AdditiveTable(-math.log(99.0), np.zeros((0, BINS)))
        self._kernel = _kernel()
        self._mean_kernel = np.zeros((0, BINS))
        """By column and bin: the kernel's mean over all examples. Taken off, so that a curve is 0 on average, and what
        holds for all applications is in the base alone."""
        self._squares = np.zeros((0, BINS))
        self._base_squares = 1.0
        self._bins = QuantileBins.none(0)
        self._few = EvenSample(FEW_FRAUDS), EvenSample(FEW_HONEST)
        self._begun_at = 0
        """Frauds when the curves began anew."""

    def learn(self, lesson: Lesson, sampling: HonestSampling) -> None:
        """One gradient step. Sampling adds a known offset to the log-odds of what is learned, so that the curves are
        those of all applications."""
        self._step(lesson, self._probability(lesson, sampling) - lesson.fraud)
        if self._few is not None:
            self._few[not lesson.fraud].add(lesson.key, lesson.inputs.vector, lesson.fraud, lesson.weight)
            if lesson.fraud:
                self._begin_anew(self._few, sampling)

    def unlearn(self, lesson: Lesson, sampling: HonestSampling) -> None:
        """One gradient step as if the label had been the other."""
        self._step(lesson, self._probability(lesson, sampling) - (not lesson.fraud))
        if self._few is not None:
            self._few[not lesson.fraud].ring.remove(lesson.key)

    def frozen(self) -> AdditiveTable:
        """A copy of the table."""
        return AdditiveTable(self.member.base, self.member.table.copy())

    def rebin(self, bins: QuantileBins, rebinning: Rebinning) -> None:
        """Curves and step sizes at the new bins are the mixture of those at the old."""
        self._bins = bins
        more = len(bins.edges) - len(self.member.table)
        table = np.pad(self.member.table, ((0, more), (0, 0)))
        table = rebinning.weights(table)
        means = (table * rebinning.shares).sum(axis=1)
        self.member = AdditiveTable(self.member.base + float(means.sum()), table - means[:, None])
        self._mean_kernel = rebinning.shares @ self._kernel
        self._squares = rebinning.weights(np.pad(self._squares, ((0, more), (0, 0)), constant_values=START))

    def _begin_anew(self, few: tuple[EvenSample, EvenSample], sampling: HonestSampling) -> None:
        frauds, honest = (sample.ring for sample in few)
        if len(frauds) >= FEW_FRAUDS:
            self._few = None
        elif len(honest) and len(frauds) >= max(2, GROWTH * self._begun_at):
            columns, self._begun_at = len(self.member.table), len(frauds)
            self._squares[:], self._base_squares = START, 1.0
            self.member = ridge(
                self._bins,
                widened(frauds.vectors, columns),
                widened(honest.vectors, columns),
                np.concatenate([frauds.weights, honest.weights]),
                sampling.log_odds,
            )

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
