"""The anomaly score while frauds are few."""

from __future__ import annotations

import pytest

from models.learning.cold_start import LARGEST, SLOPE, SURE, ColdStart


def learned(*scores: float | None) -> ColdStart:
    cold = ColdStart()
    for score in scores:
        cold.learn(score)
    return cold


@pytest.mark.parametrize(("frauds", "weight"), [(0, 0.0), (2, 0.5), (18, 0.9)])
def test_the_models_weight_grows_with_the_known_frauds(frauds: int, weight: float) -> None:
    cold = ColdStart()
    cold.frauds = frauds
    assert cold.weight == pytest.approx(weight)


def test_a_standard_deviation_is_worth_its_log_odds() -> None:
    assert learned(0.2, 0.4, 0.2, 0.4).log_odds(0.4) == pytest.approx(SLOPE)
    assert learned(0.2, 0.4, 0.2, 0.4).log_odds(0.2) == pytest.approx(-SLOPE)


def test_what_is_far_out_counts_no_more_than_the_largest() -> None:
    assert learned(0.2, 0.4).log_odds(1e9) == SLOPE * LARGEST


@pytest.mark.parametrize("scores", [(), (0.5,), (0.5, 0.5), (None, None)])
def test_without_a_spread_nothing_is_unusual(scores: tuple[float | None, ...]) -> None:
    assert learned(*scores).log_odds(0.9) == 0.0


def test_a_missing_score_says_nothing() -> None:
    assert learned(0.2, 0.4, None).log_odds(None) == 0.0


def test_what_frauds_are_like_says_what_a_deviation_is_worth() -> None:
    unusual, usual = learned(0.2, 0.4, 0.2, 0.4), learned(0.2, 0.4, 0.2, 0.4)
    for _ in range(4):
        unusual.count_fraud(0.5)  # two standard deviations above the mean
        usual.count_fraud(0.3)
    assert unusual.log_odds(0.4) == pytest.approx((SURE * SLOPE + 4 * 2.0) / (SURE + 4))
    assert usual.log_odds(0.4) == pytest.approx(SURE * SLOPE / (SURE + 4))


def test_frauds_that_are_more_usual_than_others_make_nothing_suspicious() -> None:
    cold = learned(0.2, 0.4, 0.2, 0.4)
    for _ in range(5):
        cold.count_fraud(0.2)
    assert cold.log_odds(0.4) == cold.log_odds(0.2) == 0.0


def test_a_fraud_that_is_taken_back_was_never_there() -> None:
    cold = learned(0.2, 0.4, 0.2, 0.4)
    cold.count_fraud(0.2)
    cold.count_fraud(0.2, -1)
    assert cold.frauds == 0
    assert cold.log_odds(0.4) == pytest.approx(SLOPE)


def test_a_fraud_without_a_score_counts_and_says_nothing_of_scores() -> None:
    cold = learned(0.2, 0.4, 0.2, 0.4)
    cold.count_fraud(None)
    assert cold.frauds == 1
    assert cold.log_odds(0.4) == pytest.approx(SLOPE)
