"""The scorecard: its contributions are the score."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.policy.policy import load_policy_file
from models.scoring.bins import BinnedFeature
from models.scoring.scorecard import Scorecard, ScorecardTable
from models.scoring.scorer import probability

POLICY = load_policy_file()
NAMES = [feature.name for feature in POLICY.document.scorecard.features]
FEATURES = st.fixed_dictionaries(
    dict.fromkeys(NAMES, st.none() | st.sampled_from([0.0, 1.0, 3.0, 10.0]) | st.floats(-1e6, 1e6))
)
HALF = ScorecardTable(0.0, (BinnedFeature("x", (1.0,), (0.0, 2.0)), BinnedFeature("y", (1.0,), (-0.5, 0.1))))


def test_nothing_known_scores_the_base() -> None:
    score = Scorecard(HALF).score({"x": None, "y": None})
    assert (score.fraud_score, score.contributions) == (0.5, [])


def test_only_features_that_moved_the_score_are_told() -> None:
    score = Scorecard(HALF).score({"x": 1.0, "y": None})
    [contribution] = score.contributions
    assert (contribution.name, contribution.value, contribution.contribution) == ("x", 1.0, 2.0)
    assert score.fraud_score == probability(2.0)


@settings(deadline=None)
@given(FEATURES)
def test_the_contributions_add_up_to_the_log_odds_exactly(features: dict[str, float | None]) -> None:
    score = POLICY.scorecard.score(features)
    added = math.fsum([score.base_log_odds, *(each.contribution for each in score.contributions)])
    assert score.log_odds == added
    assert score.fraud_score == probability(score.log_odds)


@settings(deadline=None)
@given(FEATURES)
def test_scoring_is_deterministic(features: dict[str, float | None]) -> None:
    assert POLICY.scorecard.score(features) == Scorecard(POLICY.document.scorecard).score(features)


def test_the_version_changes_with_the_table() -> None:
    other = ScorecardTable(0.1, HALF.features)
    assert Scorecard(HALF).version == Scorecard(HALF).version
    assert Scorecard(HALF).version != Scorecard(other).version


@pytest.mark.parametrize(("log_odds", "expected"), [(0.0, 0.5), (-10_000.0, 0.0), (10_000.0, 1.0), (1.0, 0.731059)])
def test_log_odds_of_any_size_are_a_probability(log_odds: float, expected: float) -> None:
    assert probability(log_odds) == expected
