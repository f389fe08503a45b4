"""How good scores are: ranking, recall at a rate of false alarms, calibration. Exact, over arrays, with weights.

What cannot be said (no fraud, no honest application) is None. Rows are expected to have a label and a score that is a
number; whoever has others leaves them out first.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from models.scoring.scorer import SCORE_DECIMALS

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

EDGES = (0.0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Of the reliability bins: ten of equal width, the lowest divided again, for that is where nearly all scores are when
one application in a hundred is a fraud."""

LEAST_PROBABILITY = 0.5 * 10**-SCORE_DECIMALS
"""What the log loss takes a probability for that was rounded to 0, and 1 less this for 1."""


class ReliabilityBin(Struct, frozen=True, kw_only=True):
    """Scores from `low` up to but not including `high` (the last bin has it): what was said, and what was true."""

    low: float
    high: float
    examples: int
    mean_score: float
    fraud_share: float


class Quality(Struct, frozen=True, kw_only=True):
    """What scores were worth on labelled applications."""

    examples: int
    frauds: int
    roc_auc: float | None
    average_precision: float | None
    recall_at_1pct: float | None
    """Share of frauds caught while at most 1% of the honest are flagged."""
    recall_at_5pct: float | None
    log_loss: float | None
    brier: float | None
    calibration_error: float | None
    """Expected calibration error over `reliability`: the mean distance of what was said to what was true, 0 to 1."""
    reliability: list[ReliabilityBin]


class Ranking:
    """Applications from the highest score down, equal scores together: how much fraud and how many honest
    applications (as weights) score at least that. `fraud` and `score` have one entry an application."""

    def __init__(self, fraud: Flags, score: Floats, weight: Floats | None = None) -> None:
        order = np.argsort(-score, kind="stable")
        ordered = score[order]
        last_of_equals = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True)) if len(order) else order
        weights = np.ones(len(order)) if weight is None else weight[order]
        self.frauds: Floats = np.cumsum(np.where(fraud[order], weights, 0.0))[last_of_equals]
        """By distinct score, highest first: weight of the frauds that score at least that."""
        self.honest: Floats = np.cumsum(np.where(fraud[order], 0.0, weights))[last_of_equals]
        self.group: NDArray[np.intp] = np.empty(len(order), dtype=np.intp)
        """By application: the place of its score among the distinct ones."""
        self.group[order] = np.repeat(np.arange(len(last_of_equals)), np.diff(last_of_equals, prepend=-1))
        self.total_frauds = float(self.frauds[-1]) if len(order) else 0.0
        self.total_honest = float(self.honest[-1]) if len(order) else 0.0

    @property
    def has_both(self) -> bool:
        """Whether there are frauds and honest applications."""
        return self.total_frauds > 0 and self.total_honest > 0

    def roc_auc(self) -> float | None:
        """Chance that a fraud scores higher than an honest application, equal scores counting a half."""
        if not self.has_both:
            return None
        area = np.diff(self.honest, prepend=0.0) * (self.frauds - np.diff(self.frauds, prepend=0.0) / 2)
        return float(area.sum() / (self.total_frauds * self.total_honest))

    def average_precision(self) -> float | None:
        """Mean, over the frauds, of the precision among all that score at least as high."""
        if not self.has_both:
            return None
        precision = self.frauds / (self.frauds + self.honest)
        return float((np.diff(self.frauds, prepend=0.0) * precision).sum() / self.total_frauds)

    def recall_at(self, false_positive_rate: float) -> float | None:
        """The largest share of the frauds that a threshold can catch while it flags at most that share of the honest;
        at equality too. Nothing is interpolated."""
        if not self.has_both:
            return None
        allowed = int(np.searchsorted(self.honest / self.total_honest, false_positive_rate, side="right"))
        return float(self.frauds[allowed - 1] / self.total_frauds) if allowed else 0.0

    def caught_at(self, false_positive_rate: float) -> Flags:
        """Which applications that threshold flags."""
        allowed = int(np.searchsorted(self.honest / self.total_honest, false_positive_rate, side="right"))
        return self.group < allowed


def quality(fraud: Flags, score: Floats, weight: Floats | None = None) -> Quality:
    """All measures at once. `weight`: how many applications each stands for; one each when absent."""
    ranking = Ranking(fraud, score, weight)
    bins = reliability(fraud, score, weight)
    return Quality(
        examples=len(fraud),
        frauds=int(fraud.sum()),
        roc_auc=ranking.roc_auc(),
        average_precision=ranking.average_precision(),
        recall_at_1pct=ranking.recall_at(0.01),
        recall_at_5pct=ranking.recall_at(0.05),
        log_loss=log_loss(fraud, score, weight),
        brier=brier(fraud, score, weight),
        calibration_error=calibration_error(fraud, score, weight),
        reliability=bins,
    )


def brier(fraud: Flags, score: Floats, weight: Floats | None = None) -> float | None:
    """Mean squared distance of the probability to what was true; None without applications."""
    return _mean((score - fraud) ** 2, weight)


def log_loss(fraud: Flags, score: Floats, weight: Floats | None = None) -> float | None:
    """Mean of minus the logarithm of the probability given to what was true; None without applications."""
    said = np.clip(np.where(fraud, score, 1 - score), LEAST_PROBABILITY, 1 - LEAST_PROBABILITY)
    return _mean(-np.log(said), weight)


def reliability(
    fraud: Flags, score: Floats, weight: Floats | None = None, edges: Sequence[float] = EDGES
) -> list[ReliabilityBin]:
    """Bins of probabilities with the share of frauds in each; those without applications are left out."""
    return [
        ReliabilityBin(
            low=edges[position], high=edges[position + 1], examples=examples, mean_score=said, fraud_share=share
        )
        for position, examples, _, said, share in _bins(fraud, score, weight, edges)
    ]


def calibration_error(
    fraud: Flags, score: Floats, weight: Floats | None = None, edges: Sequence[float] = EDGES
) -> float | None:
    """Expected calibration error: the distance of the mean score to the share of frauds, mean over the bins by their
    weight (M. P. Naeini, G. F. Cooper, M. Hauskrecht: Obtaining Well Calibrated Probabilities Using Bayesian Binning,
    AAAI 2015). None without applications."""
    bins = _bins(fraud, score, weight, edges)
    total = math.fsum(mass for _, _, mass, _, _ in bins)
    if not total:
        return None
    return math.fsum(mass * abs(said - share) for _, _, mass, said, share in bins) / total


def _bins(
    fraud: Flags, score: Floats, weight: Floats | None, edges: Sequence[float]
) -> list[tuple[int, int, float, float, float]]:
    """(bin, examples, weight, mean score, share of frauds) of every bin that has any."""
    weights = np.ones(len(score)) if weight is None else weight
    count = len(edges) - 1
    places = np.clip(np.searchsorted(edges, score, side="right") - 1, 0, count - 1)
    examples = np.bincount(places, minlength=count)
    masses = np.bincount(places, weights, count)
    said = np.bincount(places, weights * score, count)
    true = np.bincount(places, weights * fraud, count)
    return [
        (position, int(examples[position]), float(mass), float(said[position] / mass), float(true[position] / mass))
        for position, mass in enumerate(masses)
        if mass > 0
    ]


def _mean(values: Floats, weight: Floats | None) -> float | None:
    if not len(values):
        return None
    return float(np.average(values, weights=weight))
