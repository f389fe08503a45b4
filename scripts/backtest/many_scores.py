"""The scores of many rows at once, without what made them: nobody reads that of every row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from models.learning.scorer import LearnedScorer
from models.scoring.scorer import Scorer, probability


def fraud_scores(
    scorer: Scorer,
    features: Sequence[Mapping[str, float | None]],
    categories: Sequence[Mapping[str, str | None]],
    anomalies: Sequence[float | None],
) -> list[float]:
    """What the scorer says of each row, up to rounding."""
    if isinstance(scorer, LearnedScorer):
        return [probability(each) for each in scorer.log_odds_of(features, categories, anomalies).tolist()]
    rows = zip(features, categories, anomalies, strict=True)
    return [scorer.score(*row).fraud_score for row in rows]
