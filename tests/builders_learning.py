"""Labelled examples, and the smallest model that learns, for tests about learning."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from models.decision import FeatureContribution
from models.learning.protocol import Example
from models.scoring.scorer import Score, probability

START = datetime(2026, 11, 2, tzinfo=UTC)


def example(
    number: int,
    features: Mapping[str, float | None] | None = None,
    *,
    fraud: bool = False,
    weight: float = 1.0,
    fraud_score: float | None = None,
    model: str | None = None,
    corrects: bool | None = None,
) -> Example:
    """Application number so many; a minute after the one before, its label known a week later."""
    occurred_at = START + timedelta(minutes=number)
    return Example(
        example_id=f"A-{number}:l-{number}-{fraud}",
        application_id=f"A-{number}",
        event_id=f"e-{number}",
        occurred_at=occurred_at,
        known_at=occurred_at + timedelta(days=7),
        fraud=fraud,
        weight=weight,
        features=dict(features or {}),
        categories={"channel": "h5"},
        fraud_score=fraud_score,
        model=model,
        corrects=corrects,
    )


def stream(count: int, *, first: int = 0, share: float = 0.02, seed: int = 1, **telling: float) -> Iterator[Example]:
    """`count` examples of which `share` are frauds. By feature: the chance that it is 1 for a fraud; for honest
    applications it is 1 in a hundred times. What a scorecard said is the feature `scorecard`, in tenths."""
    rng = np.random.default_rng([seed, first])
    for number in range(first, first + count):
        fraud = bool(rng.random() < share)
        features: dict[str, float | None] = {
            name: float(rng.random() < (chance if fraud else 0.01)) for name, chance in telling.items()
        }
        said = 0.01 + 0.1 * (features.pop("scorecard", None) or 0.0)
        yield example(number, features, fraud=fraud, fraud_score=said, model="scorecard-1")


class TableModel:
    """The share of frauds by the value of one feature. Starts from one fraud in a hundred."""

    kind = "table"

    def __init__(self, feature: str) -> None:
        self.feature = feature
        self.counts: dict[float | None, tuple[float, float]] = {}

    def predict(
        self, features: Mapping[str, float | None], categories: Mapping[str, str | None], anomaly: float | None
    ) -> Score:
        """One contribution: that of the feature."""
        value = features.get(self.feature)
        said = self.probability(features, categories, anomaly)
        log_odds, base = math.log(said / (1 - said)), math.log(1 / 99)
        contribution = FeatureContribution(name=self.feature, value=value, contribution=log_odds - base)
        return Score(
            fraud_score=probability(log_odds), log_odds=log_odds, base_log_odds=base, contributions=[contribution]
        )

    def probability(
        self, features: Mapping[str, float | None], categories: Mapping[str, str | None], anomaly: float | None
    ) -> float:
        """The share, smoothed by a hundred applications of which one was a fraud."""
        frauds, all_ = self.counts.get(features.get(self.feature), (0.0, 0.0))
        return (frauds + 0.01) / (all_ + 1)

    def learn(self, example: Example) -> None:
        """Counts; a correction moves one from honest to fraud or back."""
        value = example.features.get(self.feature)
        frauds, all_ = self.counts.get(value, (0.0, 0.0))
        if example.corrects is None:
            self.counts[value] = frauds + example.fraud, all_ + 1
        else:
            self.counts[value] = frauds + example.fraud - example.corrects, all_

    def scorer(self) -> TableModel:
        """A copy."""
        copy = TableModel(self.feature)
        copy.restore(self.snapshot())
        return copy

    def score(
        self, features: Mapping[str, float | None], categories: Mapping[str, str | None], anomaly: float | None
    ) -> Score:
        """As a scorer: what it predicts."""
        return self.predict(features, categories, anomaly)

    def snapshot(self) -> Any:
        """The counts."""
        return dict(self.counts)

    def restore(self, snapshot: Any) -> None:
        """Go on from the counts."""
        self.counts = dict(snapshot)
