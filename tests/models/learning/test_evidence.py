"""Evidence for a challenger: held against the bootstrap and DeLong's test, and against luck."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from models.learning.evidence import Evidence, compare
from models.learning.quality import Flags, Floats


def scores(
    rng: np.random.Generator, frauds: int, honest: int, gains: tuple[float, float]
) -> tuple[Flags, tuple[Floats, Floats]]:
    """Two correlated models; a higher gain tells frauds better apart."""
    fraud = np.arange(frauds + honest) < frauds
    common = rng.normal(size=len(fraud))
    said = [
        1
        / (
            1
            + np.exp(
                3 - 0.8 * common - 0.6 * rng.normal(size=len(fraud)) - gain * fraud * rng.exponential(size=len(fraud))
            )
        )
        for gain in gains
    ]
    return fraud, (said[0], said[1])


def evidence(
    fraud: Flags,
    pair: tuple[Floats, Floats],
    weight: Floats | None = None,
    minimum_gain: float = 0.0,
    error_rate: float = 0.05,
) -> Evidence:
    weights = np.ones(len(fraud)) if weight is None else weight
    found = compare(fraud, weights, pair, ("old", "new"), minimum_gain=minimum_gain, error_rate=error_rate)
    assert found is not None
    return found


def test_the_standard_error_is_the_paired_bootstraps() -> None:
    rng = np.random.default_rng(1)
    fraud, pair = scores(rng, 150, 1_500, (2.0, 2.6))
    weight = np.where(fraud, 1.0, 10.0)
    found = evidence(fraud, pair, weight)
    gains = []
    for _ in range(600):
        drawn = np.concatenate(
            [rng.choice(np.flatnonzero(fraud == kind), int((fraud == kind).sum())) for kind in (True, False)]
        )
        first, second = (
            average_precision_score(fraud[drawn], said[drawn], sample_weight=weight[drawn]) for said in pair
        )
        gains.append(second - first)
    assert found.average_precision.standard_error == pytest.approx(float(np.std(gains)), rel=0.12)


def test_the_measures_are_scikit_learns_with_weights_and_equal_scores() -> None:
    rng = np.random.default_rng(2)
    fraud, pair = scores(rng, 60, 500, (1.0, 2.0))
    pair = (pair[0].round(1), pair[1].round(2))
    weight = np.where(fraud, 1.0, rng.choice([1.0, 5.0], len(fraud)))
    found = evidence(fraud, pair, weight)
    for difference, measure in (
        (found.average_precision, average_precision_score),
        (found.roc_auc, roc_auc_score),
    ):
        expected = [measure(fraud, said, sample_weight=weight) for said in pair]
        assert (difference.champion, difference.challenger) == pytest.approx(tuple(expected))
        assert difference.gain == pytest.approx(expected[1] - expected[0])


def test_the_roc_areas_standard_error_is_delongs() -> None:
    rng = np.random.default_rng(3)
    fraud, pair = scores(rng, 40, 200, (1.0, 1.5))
    above = [(said[fraud][:, None] > said[~fraud][None, :]).astype(float) for said in pair]
    by_fraud = above[1].mean(axis=1) - above[0].mean(axis=1)
    by_honest = above[1].mean(axis=0) - above[0].mean(axis=0)
    expected = math.sqrt(by_fraud.var(ddof=1) / 40 + by_honest.var(ddof=1) / 200)
    assert evidence(fraud, pair).roc_auc.standard_error == pytest.approx(expected)


def test_a_model_is_not_better_than_itself() -> None:
    fraud, (said, _) = scores(np.random.default_rng(4), 50, 500, (1.0, 1.0))
    found = evidence(fraud, (said, said))
    assert (found.average_precision.gain, found.average_precision.standard_error, found.better) == (0.0, 0.0, False)


def test_the_better_one_of_two_is_better_one_way_round_alone() -> None:
    fraud, (worse, better) = scores(np.random.default_rng(5), 200, 2_000, (1.0, 3.0))
    assert evidence(fraud, (worse, better)).better
    assert not evidence(fraud, (better, worse)).better


def test_the_gain_must_reach_the_minimum_and_may_equal_it() -> None:
    fraud, pair = scores(np.random.default_rng(6), 200, 2_000, (1.0, 3.0))
    gain = evidence(fraud, pair).average_precision.gain
    assert evidence(fraud, pair, minimum_gain=gain).better
    assert not evidence(fraud, pair, minimum_gain=math.nextafter(gain, 1)).better


def test_fewer_errors_allowed_ask_for_more_standard_errors() -> None:
    fraud, pair = scores(np.random.default_rng(7), 200, 2_000, (1.5, 2.4))
    strict, loose = evidence(fraud, pair, error_rate=1e-9), evidence(fraud, pair, error_rate=0.05)
    assert loose.needed_deviations == pytest.approx(1.644854)
    assert loose.better and not strict.better
    difference = loose.average_precision
    assert loose.lower_bound == pytest.approx(difference.gain - loose.needed_deviations * difference.standard_error)


def test_better_ranked_but_much_worse_probabilities_are_not_better() -> None:
    fraud, (worse, better) = scores(np.random.default_rng(8), 200, 2_000, (1.0, 3.0))
    overstated = better**0.05
    found = evidence(fraud, (worse, overstated))
    assert found.average_precision.gain > 0 and found.lower_bound > 0
    assert found.brier.gain > 0 and not found.better


def test_the_frauds_that_each_catches_are_all_counted() -> None:
    fraud = np.array([True, True, True, True] + [False] * 100)
    old = np.array([0.9, 0.8, 0.1, 0.1] + [0.2] * 99 + [0.85])
    new = np.array([0.9, 0.1, 0.8, 0.1] + [0.2] * 99 + [0.85])
    found = evidence(fraud, (old, new))
    assert (found.caught_by_both, found.caught_by_champion_alone, found.caught_by_challenger_alone) == (1, 1, 1)
    assert found.caught_by_neither == 1
    assert (found.frauds, found.honest, found.honest_weight) == (4, 100, 100.0)


@pytest.mark.parametrize(("frauds", "honest"), [(1, 50), (50, 1), (0, 50), (0, 0)])
def test_too_little_to_compare_is_no_evidence(frauds: int, honest: int) -> None:
    fraud = np.arange(frauds + honest) < frauds
    said = np.linspace(0, 1, len(fraud))
    assert compare(fraud, np.ones(len(fraud)), (said, said), ("a", "b"), minimum_gain=0.0, error_rate=0.05) is None


def test_luck_is_taken_for_skill_no_more_often_than_allowed() -> None:
    rng = np.random.default_rng(9)
    lucky = sum(
        evidence(fraud, pair, error_rate=0.05).lower_bound > 0
        for fraud, pair in (scores(rng, 50, 500, (2.0, 2.0)) for _ in range(400))
    )
    assert lucky <= 30  # 20 expected of 400; 30 is more than two standard deviations above
