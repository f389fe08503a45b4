"""The anomaly score while frauds are few."""

from __future__ import annotations

import pytest

from models.learning.cold_start import LARGEST, SLOPE, ColdStart


def learned(*scores: float | None) -> ColdStart:
    cold = ColdStart()
    for score in scores:
        cold.learn(score)
    return cold


@pytest.mark.parametrize(("frauds", "weight"), [(0, 0.0), (20, 0.5), (180, 0.9)])
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
