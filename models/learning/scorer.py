"""What workers score with: members, the encoder before them and the calibration behind them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from models.learning.cold_start import ColdStart
from models.learning.encoder import ANOMALY, CATEGORY_COLUMNS, Encoder
from models.learning.inputs import Inputs, Member
from models.learning.quantile_bins import QuantileBins
from models.learning.stacking import Stack
from models.scoring.contributions import ManyContributions
from models.scoring.scorer import Score, probability

Features = Mapping[str, float | None]
Categories = Mapping[str, str | None]
_OF_CATEGORY = np.arange(CATEGORY_COLUMNS)


class LearnedScorer:
    """A `Scorer` that was learned. Everything in it adds up in log-odds: the members' columns, the calibration, the
    anomaly score's part at a cold start."""

    def __init__(
        self,
        encoder: Encoder,
        bins: QuantileBins | None,
        members: Sequence[Member],
        stack: Stack,
        cold_start: ColdStart,
        prior: float,
    ) -> None:
        self.encoder = encoder
        self.bins = bins
        """None before there were examples enough to place them; until then, members are not asked."""
        self.members = list(members)
        self.stack = stack
        self.cold_start = cold_start
        self.prior = prior
        """Log-odds of fraud among all labelled applications."""

    def score(self, features: Features, categories: Categories, anomaly: float | None) -> Score:
        """Probability and what made it, by column; the base is what an application scores of which nothing is known."""
        base, added = self._explain(features, categories, anomaly)
        known = self.encoder.categories()
        places = np.array([position for _, position in known], dtype=np.intp)[:, None] + _OF_CATEGORY
        of_categories = added[places].sum(axis=1)
        added[places] = 0.0
        amounts = np.concatenate((added[:1], of_categories, added[1:]))
        names = [ANOMALY, *(name for name, _ in known), *self.encoder.columns[1:]]
        read, first_feature = categories.get, 1 + len(known)

        def value(place: int) -> float | str | None:
            name = names[place]
            return anomaly if not place else read(name) if place < first_feature else features.get(name)

        log_odds = math.fsum([base, *amounts.tolist()])
        return Score(
            fraud_score=probability(log_odds),
            log_odds=log_odds,
            base_log_odds=base,
            contributions=ManyContributions(names, amounts, value),
        )

    def log_odds(self, features: Features, categories: Categories, anomaly: float | None) -> float:
        """What `score` has as its log-odds, up to rounding errors, in less time."""
        inputs = self._inputs(features, categories, anomaly) if self.weight else None
        said = [] if inputs is None else [member.log_odds(inputs) for member in self.members]
        return self.together(said, anomaly)

    def log_odds_of(
        self, features: Sequence[Features], categories: Sequence[Categories], anomalies: Sequence[float | None]
    ) -> NDArray[np.float64]:
        """The log-odds of many applications."""
        weight = self.weight
        unusual = (1.0 - weight) * (self.prior + np.array([self.cold_start.log_odds(each) for each in anomalies]))
        if self.bins is None or not weight:
            return unusual
        vectors = self.encoder.encode_all(features, categories, anomalies)
        bins = self.bins.bins_of(vectors)
        said = [member.log_odds_of(vectors, bins) for member in self.members]
        log_odds: NDArray[np.float64] = weight * self.stack.log_odds_of(said, self.prior) + unusual
        return log_odds

    def together(self, said: Sequence[float], anomaly: float | None) -> float:
        """The log-odds when the members say this; nothing while they have no `weight`."""
        weight = self.weight
        unusual = (1.0 - weight) * (self.prior + self.cold_start.log_odds(anomaly))
        return weight * self.stack.log_odds(said, self.prior) + unusual if weight else unusual

    @property
    def weight(self) -> float:
        """Of what the members say; the rest is what is unusual."""
        return self.cold_start.weight if self.bins is not None else 0.0

    def _inputs(self, features: Features, categories: Categories, anomaly: float | None) -> Inputs | None:
        if self.bins is None:
            return None
        vector = self.encoder.encode(features, categories, anomaly)
        return Inputs.of(vector, self.bins)

    def _explain(
        self, features: Features, categories: Categories, anomaly: float | None
    ) -> tuple[float, NDArray[np.float64]]:
        inputs, weight = self._inputs(features, categories, anomaly), self.weight
        base = self.prior
        added = np.zeros(len(self.encoder.columns))
        if inputs is not None and weight:
            base += weight * self.stack.bias
            parts = [member.contributions(inputs) for member in self.members]
            shares = self.stack.weights([start + float(by_column.sum()) for start, by_column in parts], self.prior)
            for share, (start, by_column) in zip(shares, parts, strict=True):
                base += weight * share * (start - self.prior)
                added += weight * share * by_column
        added[0] += (1.0 - weight) * self.cold_start.log_odds(anomaly)
        return base, added
