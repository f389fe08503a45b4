"""Scores of many rows at once are those of one after the other."""

from __future__ import annotations

import pytest

from models.features.registry import FEATURE_NAMES
from models.learning.catalogue import default_models
from models.policy.policy import load_policy_file
from scripts.backtest.many_scores import fraud_scores
from tests.builders_learning import example

ROWS: list[dict[str, float | None]] = [{"amount": float(amount), "linked": None} for amount in (1, 20, 400)]
CATEGORIES: list[dict[str, str | None]] = [{"channel": "h5"}, {"channel": "never seen"}, {"channel": None}]
ANOMALIES = [0.1, None, 0.9]


@pytest.mark.parametrize("learned", [0, 400])
@pytest.mark.parametrize("name", list(default_models(1)))
def test_many_scores_are_those_of_one_after_the_other(name: str, learned: int) -> None:
    model = default_models(1)[name]
    for number in range(learned):
        features: dict[str, float | None] = {"amount": float(number % 50), "linked": float(number % 3)}
        model.learn(example(number, features, fraud=number % 10 == 0))
    scorer = model.scorer()
    alone = [scorer.score(*row).fraud_score for row in zip(ROWS, CATEGORIES, ANOMALIES, strict=True)]
    assert fraud_scores(scorer, ROWS, CATEGORIES, ANOMALIES) == pytest.approx(alone, abs=1e-6)


def test_a_scorecard_is_asked_row_by_row() -> None:
    scorecard = load_policy_file(None).scorecard
    rows: list[dict[str, float | None]] = [dict.fromkeys(FEATURE_NAMES), dict.fromkeys(FEATURE_NAMES, 1.0)]
    alone = [scorecard.score(row).fraud_score for row in rows]
    assert fraud_scores(scorecard, rows, [{}, {}], [None, None]) == alone
