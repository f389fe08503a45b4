"""Small models for tests about serving them."""

from __future__ import annotations

import math
from collections.abc import Mapping

from models.decision import FeatureContribution
from models.pipeline import FRAUD_MODEL
from models.scoring.scorer import Score, ServedModel, probability


class Linear:
    """A scorer: a weight for each known feature and category value, and for the anomaly score."""

    def __init__(self, base: float, weights: Mapping[str, float], anomaly: float = 0.0) -> None:
        self.base = base
        self.weights = dict(weights)
        self.anomaly = anomaly

    def score(
        self, features: Mapping[str, float | None], categories: Mapping[str, str | None], anomaly: float | None
    ) -> Score:
        found = [
            FeatureContribution(name=name, value=value, contribution=self.weights[name] * value)
            for name, value in features.items()
            if value is not None and name in self.weights
        ]
        found += [
            FeatureContribution(name=name, value=value, contribution=self.weights[f"{name}={value}"])
            for name, value in categories.items()
            if f"{name}={value}" in self.weights
        ]
        if anomaly is not None:
            found.append(FeatureContribution(name="anomaly", value=anomaly, contribution=self.anomaly * anomaly))
        log_odds = math.fsum((self.base, *(each.contribution for each in found)))
        return Score(fraud_score=probability(log_odds), log_odds=log_odds, base_log_odds=self.base, contributions=found)


def served(version: str, base: float, anomaly: float = 0.0, **weights: float) -> ServedModel:
    """A linear model under that version."""
    return ServedModel(FRAUD_MODEL, version, Linear(base, weights, anomaly))
