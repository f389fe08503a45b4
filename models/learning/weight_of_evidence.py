"""A scorecard that learns by counting: the weight of evidence of every column's bins (N. Siddiqi, Credit Risk
Scorecards, 2006, chapter 6), that is naive Bayes. What it overstates where columns say the same, calibration takes
back."""

from __future__ import annotations

import numpy as np

from models.learning.additive import AdditiveTable
from models.learning.learner import Lesson
from models.learning.quantile_bins import BINS, Matrix, QuantileBins, Rebinning
from models.learning.sampling import HonestSampling

SMOOTHING = 10.0
"""Of each class, so many examples are thought to lie in the bins as all examples do."""


class WeightOfEvidenceLearner:
    """A `Learner` whose member is an `AdditiveTable`."""

    kind = "weight_of_evidence"

    def __init__(self) -> None:
        self._counts: Matrix = np.zeros((2, 0, BINS))
        """Honest and frauds x columns x bins, of the sample."""
        self._totals = np.zeros(2)
        self.member = AdditiveTable(0.0, np.zeros((0, BINS)))

    def learn(self, lesson: Lesson, sampling: HonestSampling) -> None:
        """Count the example, and tell the weights of its bins anew."""
        self._count(lesson, lesson.weight, sampling)

    def unlearn(self, lesson: Lesson, sampling: HonestSampling) -> None:
        """Count the example away."""
        self._count(lesson, -lesson.weight, sampling)

    def frozen(self) -> AdditiveTable:
        """A copy of the table."""
        return AdditiveTable(self.member.base, self.member.table.copy())

    def rebin(self, bins: QuantileBins, rebinning: Rebinning) -> None:
        """Counts are spread over the new bins."""
        more = len(bins.edges) - self._counts.shape[1]
        counts = np.pad(self._counts, ((0, 0), (0, more), (0, 0)))
        counts[:, -more or len(bins.edges) :, 0] = self._totals[:, None]
        self._counts = np.stack([rebinning.counts(each) for each in counts])
        self.member = AdditiveTable(self.member.base, self._weights(self._counts))

    def _count(self, lesson: Lesson, times: float, sampling: HonestSampling) -> None:
        each, bins, label = np.arange(self._counts.shape[1]), lesson.inputs.bins, int(lesson.fraud)
        self._counts[label, each, bins] = np.maximum(0.0, self._counts[label, each, bins] + times)
        self._totals[label] = max(0.0, self._totals[label] + times)
        self.member.table[each, bins] = self._weights(self._counts[:, each, bins])
        self.member.base = sampling.log_odds

    def _weights(self, counts: Matrix) -> Matrix:
        """Log of the share of frauds that lie in a bin over the share of honest ones."""
        honest, frauds = counts
        overall = (honest + frauds + 1.0) / (self._totals.sum() + BINS)
        smooth = SMOOTHING * overall
        shares = (frauds + smooth) / (self._totals[1] + SMOOTHING)
        weights: Matrix = np.log(shares * (self._totals[0] + SMOOTHING) / (honest + smooth))
        return weights
