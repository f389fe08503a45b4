"""From the log-odds of several members to calibrated ones: Platt scaling (J. Platt, 1999) of one or more scores,
learned online."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

TRUST = 20.0
"""How strongly the start holds against what is learned, in the unit of squared log-odds seen."""

MEMORY = 6_000.0
"""Examples after which one counts for 1/e: as calibration changes with every refit and with the fraud share."""

LARGEST = 30.0
"""What a member says beyond the overall log-odds is scaled down to this, either way."""


class Stack:
    """`log-odds = overall + bias + sum(weights * (members' log-odds - overall))`: a logistic regression learned by
    Newton steps with forgetting (online Bayesian logistic regression under Laplace's approximation), weights not below
    0.

    `overall` are the log-odds of fraud among all applications. Weights are of what members say beyond that: a fraud
    that none of them saw moves the bias alone. Otherwise a few of these, where fraud is one in thousands and all
    log-odds are far below 0, would take the weights away."""

    def __init__(self, weights: Sequence[float]) -> None:
        """`weights` of the members are what it starts from."""
        self._parameters = np.array([*weights, 0.0])
        self._prior = np.eye(len(self._parameters)) * TRUST
        self._precision = np.zeros_like(self._prior)

    @property
    def bias(self) -> float:
        """Added to the weighted log-odds."""
        return float(self._parameters[-1])

    def weights(self, members: Sequence[float], overall: float) -> list[float]:
        """What the members' log-odds, these, are multiplied by once `overall` is taken off: less where they are
        beyond `LARGEST`."""
        weights = self._parameters.tolist()
        return [weight * _kept(each - overall) for weight, each in zip(weights, members, strict=False)]

    def log_odds(self, members: Sequence[float], overall: float) -> float:
        """Calibrated, from those of the members."""
        weighted = zip(self.weights(members, overall), members, strict=True)
        return math.fsum([overall, self.bias, *(weight * (each - overall) for weight, each in weighted)])

    def log_odds_of(self, members: Sequence[NDArray[np.float64]], overall: float) -> NDArray[np.float64]:
        """Calibrated log-odds of many applications, from those of each member."""
        weighted = zip(self._parameters.tolist(), members, strict=False)
        kept = (weight * np.clip(each - overall, -LARGEST, LARGEST) for weight, each in weighted)
        return sum(kept, start=np.full(len(members[0]), overall + self.bias))

    def learn(self, members: Sequence[float], fraud: bool, weight: float, overall: float, offset: float) -> None:
        """Learn from what the members said before they learned the example. `offset` is what sampling adds to the
        log-odds."""
        beyond = [each - overall for each in members]
        x = np.array([*(each * _kept(each) for each in beyond), 1.0])
        log_odds = max(-LARGEST, min(LARGEST, overall + float(self._parameters @ x) + offset))
        p = 1.0 / (1.0 + math.exp(-log_odds))
        self._precision *= 1.0 - 1.0 / MEMORY
        self._precision += weight * p * (1.0 - p) * np.outer(x, x)
        step = weight * (p - fraud) * x
        self._parameters -= np.linalg.solve(self._precision + self._prior, step)
        np.maximum(self._parameters[:-1], 0.0, out=self._parameters[:-1])


def _kept(log_odds: float) -> float:
    return min(1.0, LARGEST / abs(log_odds)) if log_odds else 1.0
