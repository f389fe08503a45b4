"""Calibration of members' log-odds."""

from __future__ import annotations

import math

import numpy as np
import pytest

from models.learning.stacking import LARGEST, Stack

OVERALL = -2.0
"""Log-odds of fraud among all applications."""


def fraud_by(log_odds: float, rng: np.random.Generator) -> bool:
    return bool(rng.random() < 1 / (1 + math.exp(-log_odds)))


@pytest.mark.parametrize(("weights", "log_odds"), [([0.5, 0.5], -2.0), ([0.0, 1.0], -1.0)])
def test_it_starts_from_the_weights_that_it_is_given(weights: list[float], log_odds: float) -> None:
    assert Stack(weights).log_odds([-3.0, -1.0], -4.0) == log_odds


def test_a_member_that_starts_without_weight_earns_it_by_a_handful_of_frauds() -> None:
    stack = Stack([0.0, 1.0])
    for _ in range(5):
        stack.learn([-1.0, -4.0], True, 1.0, -4.0, 0.0)
    assert stack.weights([-1.0, -4.0], -4.0)[0] > 0.4


@pytest.mark.parametrize(("slope", "shift"), [(0.5, 0.0), (1.0, -1.5), (2.0, 1.0)])
def test_overstated_and_shifted_log_odds_are_put_right(slope: float, shift: float) -> None:
    stack, rng = Stack([1.0]), np.random.default_rng(1)
    for _ in range(8_000):
        said = rng.normal(-2.0, 1.5)
        stack.learn([said], fraud_by(slope * said + shift, rng), 1.0, OVERALL, 0.0)
    for said in (-4.0, -2.0, 0.0):
        assert stack.log_odds([said], OVERALL) == pytest.approx(slope * said + shift, abs=0.35)


def test_the_offset_of_sampling_does_not_shift_what_is_learned() -> None:
    stack, rng = Stack([1.0]), np.random.default_rng(2)
    for _ in range(20_000):
        said = rng.normal(-4.0, 1.5)
        fraud = fraud_by(said, rng)
        if fraud or rng.random() < 0.1:
            stack.learn([said], fraud, 1.0, -4.0, -math.log(0.1))
    assert stack.log_odds([-4.0], -4.0) == pytest.approx(-4.0, abs=0.4)


def test_a_member_that_knows_nothing_loses_its_weight_and_none_is_below_zero() -> None:
    stack, rng = Stack([1 / 3] * 3), np.random.default_rng(3)
    for _ in range(8_000):
        said, noise = rng.normal(-2.0, 1.5), rng.normal(-2.0, 1.5)
        stack.learn([said, noise, -said], fraud_by(said, rng), 1.0, OVERALL, 0.0)
    good, idle, wrong = stack.weights([-2.0, -2.0, 2.0], OVERALL)
    assert good == pytest.approx(1.0, abs=0.2)
    assert idle == pytest.approx(0.0, abs=0.2)
    assert 0.0 <= wrong < 0.3


@pytest.mark.parametrize(("said", "kept"), [(LARGEST, LARGEST), (10 * LARGEST, LARGEST), (-10 * LARGEST, -LARGEST)])
def test_a_member_beyond_all_measure_is_scaled_down(said: float, kept: float) -> None:
    assert Stack([1.0]).log_odds([said], 0.0) == pytest.approx(kept)


def test_an_example_of_a_larger_weight_moves_it_further() -> None:
    moved = []
    for weight in (1.0, 5.0):
        stack = Stack([1.0])
        stack.learn([-3.0], True, weight, OVERALL, 0.0)
        moved.append(stack.log_odds([-3.0], OVERALL))
    assert -3.0 < moved[0] < moved[1]


def test_frauds_that_no_member_saw_do_not_take_the_weights_away() -> None:
    stack = Stack([0.5, 0.5])
    for _ in range(5):
        stack.learn([-9.2, -9.2], True, 1.0, -9.2, 0.0)
    assert stack.weights([-9.2, -9.2], -9.2) == pytest.approx([0.5, 0.5])
    assert stack.bias > 0
