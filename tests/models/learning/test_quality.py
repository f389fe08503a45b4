"""Measures of scores, held against scikit-learn's."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score, roc_curve

from models.learning.quality import (
    EDGES,
    LEAST_PROBABILITY,
    Flags,
    Floats,
    Ranking,
    calibration_error,
    quality,
    reliability,
)

LABELLED = st.lists(
    st.tuples(
        st.booleans(),
        st.sampled_from([0.0, 0.001, 0.25, 0.5, 1.0]) | st.floats(0, 1),
        st.sampled_from([1.0, 2.0, 7.5]),
    ),
    min_size=2,
    max_size=60,
).filter(lambda rows: len({fraud for fraud, _, _ in rows}) == 2)


def arrays(rows: list[tuple[bool, float, float]]) -> tuple[Flags, Floats, Floats]:
    fraud, score, weight = zip(*rows, strict=True)
    return np.array(fraud), np.array(score), np.array(weight)


@settings(deadline=None, max_examples=50)
@given(LABELLED)
def test_every_measure_is_scikit_learns(rows: list[tuple[bool, float, float]]) -> None:
    fraud, score, weight = arrays(rows)
    found = quality(fraud, score, weight)
    assert found.roc_auc == pytest.approx(roc_auc_score(fraud, score, sample_weight=weight), abs=1e-9)
    assert found.average_precision == pytest.approx(average_precision_score(fraud, score, sample_weight=weight))
    assert found.brier == pytest.approx(brier_score_loss(fraud, score, sample_weight=weight), abs=1e-12)
    assert found.log_loss == pytest.approx(
        log_loss(
            fraud, np.clip(score, LEAST_PROBABILITY, 1 - LEAST_PROBABILITY), sample_weight=weight, labels=[False, True]
        ),
        abs=1e-9,
    )
    assert (found.examples, found.frauds) == (len(fraud), fraud.sum())


@settings(deadline=None)
@given(LABELLED, st.sampled_from([0.0, 0.01, 0.05, 0.25, 0.5, 1.0]))
def test_recall_is_the_highest_that_the_roc_curve_has_at_that_rate(
    rows: list[tuple[bool, float, float]], rate: float
) -> None:
    fraud, score, _ = arrays(rows)
    false_positives, true_positives, _ = roc_curve(fraud, score, drop_intermediate=False)
    ranking = Ranking(fraud, score)
    assert ranking.recall_at(rate) == pytest.approx(true_positives[false_positives <= rate].max())
    assert (ranking.caught_at(rate) & fraud).sum() / fraud.sum() == pytest.approx(ranking.recall_at(rate))


def test_a_threshold_may_flag_exactly_the_share_of_the_honest() -> None:
    fraud = np.array([False] * 100 + [True] * 2)
    score = np.array([0.9] + [0.1] * 99 + [0.95, 0.5])
    assert Ranking(fraud, score).recall_at(0.01) == 1.0
    assert Ranking(fraud, score).recall_at(0.0099) == 0.5


def test_equal_scores_catch_nobody_at_a_low_rate() -> None:
    assert Ranking(np.array([True, False, True]), np.full(3, 0.5)).recall_at(0.5) == 0.0


@pytest.mark.parametrize("fraud", [[], [True], [False], [True, True], [False, False]])
def test_without_frauds_or_without_honest_there_is_no_ranking(fraud: list[bool]) -> None:
    found = quality(np.array(fraud, dtype=bool), np.full(len(fraud), 0.25))
    assert (found.roc_auc, found.average_precision, found.recall_at_1pct, found.recall_at_5pct) == (None,) * 4
    assert (found.brier is None) == (found.log_loss is None) == (found.calibration_error is None) == (not fraud)


def test_weights_count_like_that_many_applications() -> None:
    fraud, score = np.array([True, False, False]), np.array([0.6, 0.7, 0.2])
    weighted = quality(fraud, score, np.array([1.0, 1.0, 3.0]))
    repeated = quality(np.array([True, False, False, False, False]), np.array([0.6, 0.7, 0.2, 0.2, 0.2]))
    assert weighted.roc_auc == pytest.approx(0.75)
    for name in ("roc_auc", "average_precision", "brier", "log_loss", "calibration_error"):
        assert getattr(weighted, name) == pytest.approx(getattr(repeated, name))


def test_a_score_at_an_edge_is_in_the_bin_above_and_one_in_the_last() -> None:
    fraud = np.array([False, True, True])
    bins = reliability(fraud, np.array([0.1, 0.2, 1.0]))
    assert [(each.low, each.high) for each in bins] == [(0.1, 0.2), (0.2, 0.3), (0.9, 1.0)]
    assert [each.fraud_share for each in bins] == [0.0, 1.0, 1.0]


@settings(deadline=None)
@given(LABELLED)
def test_the_calibration_error_is_the_mean_distance_over_the_bins(rows: list[tuple[bool, float, float]]) -> None:
    fraud, score, _ = arrays(rows)
    bins = reliability(fraud, score)
    assert sum(each.examples for each in bins) == len(fraud)
    assert math.fsum(each.examples * each.fraud_share for each in bins) == pytest.approx(fraud.sum())
    expected = math.fsum(each.examples * abs(each.mean_score - each.fraud_share) for each in bins) / len(fraud)
    assert calibration_error(fraud, score) == pytest.approx(expected)


def test_scores_that_are_the_true_probability_have_hardly_any_calibration_error() -> None:
    rng = np.random.default_rng(5)
    score = rng.beta(0.3, 5, 50_000)
    fraud = rng.random(50_000) < score
    right, wrong = calibration_error(fraud, score), calibration_error(fraud, score / 2)
    assert right is not None and wrong is not None
    assert right < 0.005
    assert wrong > 0.02


def test_the_bins_cover_every_probability() -> None:
    assert EDGES[0] == 0.0 and EDGES[-1] == 1.0 and list(EDGES) == sorted(EDGES)
