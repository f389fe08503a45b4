"""What every fraud model does: features in, probability and its make-up out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from models.decision import FeatureContribution

if TYPE_CHECKING:
    from models.rings.suspicion import SuspicionWeights  # it needs `probability`

SCORE_DECIMALS = 6


class Score(Struct, frozen=True, kw_only=True, gc=False):
    """A fraud score and what made it: `log_odds` is `base_log_odds` plus all contributions."""

    fraud_score: float
    """Probability of fraud, 0 to 1, rounded to `SCORE_DECIMALS`."""
    log_odds: float
    base_log_odds: float
    contributions: Sequence[FeatureContribution]
    """Of the features that moved the score, in the model's order."""


class Scorer(Protocol):
    """What gives a fraud score. Scoring neither learns nor reads anything but its arguments.

    One that is kept in a snapshot is made of allow-listed classes alone (`models.learning.snapshot_classes`), and a
    feature or category that its argument does not have is missing to it: a worker may be older or newer than the model.
    """

    def score(
        self,
        features: Mapping[str, float | None],
        categories: Mapping[str, str | None],
        anomaly: float | None,
    ) -> Score:
        """Score one application: all features of the registry, the categories of `models.features.categories`, and
        its unusualness (0 to 1). None is missing."""


class ServedModel(Struct, frozen=True):
    """A scorer under the name and the version that decisions state."""

    name: str
    """Which model this is, e.g. `fraud`."""
    version: str
    """Which version of it; changes whenever scores may."""
    scorer: Scorer
    suspicion: SuspicionWeights | None = None
    """What was learned about rings beside it; None: nothing, or it is of before that was learned."""


def probability(log_odds: float) -> float:
    """Logistic function, rounded to `SCORE_DECIMALS`; safe for log-odds of any size."""
    if log_odds >= 0:
        return round(1 / (1 + math.exp(-log_odds)), SCORE_DECIMALS)
    odds = math.exp(log_odds)
    return round(odds / (1 + odds), SCORE_DECIMALS)
