"""What labels teach about rings: the weights of `models.rings.suspicion`, learned one labelled application at a time.

A Bayesian logistic regression with independent Gaussian weights around the prior ones, updated online (O. Chapelle,
L. Li, "An Empirical Evaluation of Thompson Sampling", NIPS 2011, algorithm 3, with one gradient step for each example).
So few labels move them little, and what no label speaks of stays a judgement.

Every example is judged by both before it is learned (prequential). The learned weights are served while they have been
surely better on the labels so far, and not sooner.
"""

from __future__ import annotations

import math
from typing import Any

from models.learning.protocol import Example
from models.rings.suspicion import INPUTS, PRIOR_WEIGHTS, SuspicionWeights, figures_in, inputs_of, log_odds

PRECISION = 1.0
"""Of each prior weight: off by 1 in log-odds, about, is what a judgement may be."""
LEAST_OF_EACH = 50
"""Frauds, and honest applications, in rings before anything is compared: what a tournament asks for."""
SURE = 2.33
"""Standard errors that the mean gain must be above zero: one chance in a hundred that it is luck."""
LARGEST_WEIGHT = 20.0
"""An inverse propensity above this counts as this, as elsewhere in learning."""
FADE = 0.999
"""What a gain still counts for after another one: about a thousand labels are looked back on, as rings change."""
_LEAST_LOG = math.log(1e-6)


class RingSuspicion:
    """Learns from the examples whose application is in a ring; the others say nothing about rings."""

    def __init__(self) -> None:
        self._values = list(PRIOR_WEIGHTS.values)
        self._precisions = [PRECISION] * len(INPUTS)
        self.frauds = 0
        self.honest = 0
        self._weight = 0.0
        """Faded sum of the weights of what was compared, and of gains in log loss and their squares."""
        self._gain = 0.0
        self._gain_squared = 0.0

    def learn(self, example: Example) -> None:
        """Judge an example, then learn it. A correction takes back the step of the label that it corrects."""
        figures = figures_in(example.features)
        if figures is None:
            return
        inputs, weight = inputs_of(figures), min(example.weight, LARGEST_WEIGHT)
        said = log_odds(inputs, tuple(self._values))
        if example.corrects is None:
            gain = _loss(log_odds(inputs, PRIOR_WEIGHTS.values), example.fraud) - _loss(said, example.fraud)
            self._weight = FADE * self._weight + weight
            self._gain = FADE * self._gain + weight * gain
            self._gain_squared = FADE * self._gain_squared + weight * gain * gain
            error = example.fraud - _probability(said)
            certainty = _probability(said) * _probability(-said)
            self._precisions = [
                each + weight * certainty * value * value for each, value in zip(self._precisions, inputs, strict=True)
            ]
        else:
            error = float(example.fraud - example.corrects)
            self._count(bool(example.corrects), -1)
        self._count(example.fraud, 1)
        self._values = [
            each + weight * error * value / precision
            for each, value, precision in zip(self._values, inputs, self._precisions, strict=True)
        ]

    @property
    def mean_gain(self) -> float | None:
        """By how much the learned weights' log loss is less than the prior ones' on the labels lately; None before
        there are enough."""
        if min(self.frauds, self.honest) < LEAST_OF_EACH or not self._weight:
            return None
        return self._gain / self._weight

    @property
    def better(self) -> bool:
        """The learned weights are surely better than the prior ones."""
        mean = self.mean_gain
        if mean is None:
            return False
        variance = max(self._gain_squared / self._weight - mean * mean, 0.0)
        compared = min(self.frauds + self.honest, 1.0 / (1.0 - FADE))
        return mean > SURE * math.sqrt(variance / compared)

    def serving(self) -> SuspicionWeights:
        """The weights to suspect rings by."""
        return self.learned() if self.better else PRIOR_WEIGHTS

    def learned(self) -> SuspicionWeights:
        """What was learned, better or not."""
        return SuspicionWeights(tuple(self._values), examples=self.frauds + self.honest, frauds=self.frauds)

    def snapshot(self) -> dict[str, Any]:
        """All of it, as plain data."""
        return {"inputs": list(INPUTS), **vars(self)}

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Go on from a snapshot; from nothing when it is of other inputs than there are now."""
        learned = dict(snapshot)
        if learned.pop("inputs") == list(INPUTS):
            vars(self).update(learned)  # lists are replaced when learning goes on, never changed

    def _count(self, fraud: bool, change: int) -> None:
        if fraud:
            self.frauds += change
        else:
            self.honest += change


def _probability(said: float) -> float:
    return 1.0 / (1.0 + math.exp(-max(-700.0, min(700.0, said))))


def _loss(said: float, fraud: bool) -> float:
    """Log loss, bounded."""
    probability = _probability(said if fraud else -said)
    return -max(math.log(probability), _LEAST_LOG) if probability > 0.0 else -_LEAST_LOG
