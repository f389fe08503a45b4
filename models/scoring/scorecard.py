"""The cold-start fraud model: a scorecard from the policy, used until a model has been trained on labels.

A scorecard adds up points of binned features in log-odds, the form in which credit scorecards have long been written
(weight of evidence: N. Siddiqi, Credit Risk Scorecards, 2006, chapter 6). Nothing interacts, so a person can check it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from hashlib import blake2b
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from models.decision import FeatureContribution
from models.scoring.bins import BinnedFeature, compile_points
from models.scoring.scorer import Score, probability

LogOdds = Annotated[float, Meta(ge=-20, le=20)]


class ScorecardTable(Struct, frozen=True, forbid_unknown_fields=True):
    """The policy's `[scorecard]`: points in log-odds of fraud."""

    base_log_odds: LogOdds
    """Log-odds of an application of which nothing speaks for or against fraud."""
    features: tuple[BinnedFeature, ...]

    def __post_init__(self) -> None:
        names = [feature.name for feature in self.features]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"features: {', '.join(twice)} stands there twice")


class Scorecard:
    """A `Scorer` over a `ScorecardTable`. Categories and the anomaly score have no part in it."""

    def __init__(self, table: ScorecardTable) -> None:
        self.version = f"scorecard-{blake2b(msgspec.json.encode(table), digest_size=4).hexdigest()}"
        self._base = table.base_log_odds
        self._names = tuple(feature.name for feature in table.features)
        self._points = compile_points(table.features)

    def score(
        self,
        features: Mapping[str, float | None],
        categories: Mapping[str, str | None] | None = None,
        anomaly: float | None = None,
    ) -> Score:
        """Points of every bin, summed without rounding error, so the contributions add up whatever their order."""
        points = self._points(features)
        log_odds = math.fsum((self._base, *points))
        return Score(
            fraud_score=probability(log_odds),
            log_odds=log_odds,
            base_log_odds=self._base,
            contributions=[
                FeatureContribution(name=name, value=features[name], contribution=value)
                for name, value in zip(self._names, points, strict=True)
                if value
            ],
        )
