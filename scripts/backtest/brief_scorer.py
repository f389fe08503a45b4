"""Scores without what made them: nobody reads that of every row, and it is most of a score's cost."""

from __future__ import annotations

from collections.abc import Mapping

from models.learning.scorer import LearnedScorer
from models.scoring.scorer import Score, Scorer, probability


class BriefScorer:
    """The scores of a learned scorer, up to rounding, without contributions."""

    def __init__(self, learned: LearnedScorer) -> None:
        self.learned = learned

    def score(
        self, features: Mapping[str, float | None], categories: Mapping[str, str | None], anomaly: float | None
    ) -> Score:
        """See the protocol; all of the log-odds are in the base."""
        log_odds = self.learned.log_odds(features, categories, anomaly)
        return Score(fraud_score=probability(log_odds), log_odds=log_odds, base_log_odds=log_odds, contributions=[])


def brief(scorer: Scorer) -> Scorer:
    """The scorer without contributions, where that saves anything."""
    return BriefScorer(scorer) if isinstance(scorer, LearnedScorer) else scorer


def whole(scorer: Scorer) -> Scorer:
    """The scorer that `brief` was made of."""
    return scorer.learned if isinstance(scorer, BriefScorer) else scorer
