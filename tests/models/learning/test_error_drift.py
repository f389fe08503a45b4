"""Errors that rise are found once, soon, and not where there are none."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
from river.drift import ADWIN

from models.learning.error_drift import ChampionErrors, ErrorDrift, Rise
from tests.builders_learning import example


def rises(errors: Iterable[float], detector: ErrorDrift | None = None) -> dict[int, Rise]:
    detector = detector or ErrorDrift()
    found = ((position, detector.add(float(error))) for position, error in enumerate(errors))
    return {position: rise for position, rise in found if rise is not None}


def shifted(seed: int, before: float, after: float, count: int = 1_000) -> list[float]:
    rng = np.random.default_rng(seed)
    return [*rng.beta(5 * before, 5 - 5 * before, count), *rng.beta(5 * after, 5 - 5 * after, count)]


@pytest.mark.parametrize("seed", range(5))
def test_a_rise_is_told_once_and_no_later_than_rivers_adwin_tells_it(seed: int) -> None:
    errors = shifted(seed, 0.4, 0.7)
    [(found, rise)] = rises(errors).items()
    adwin: Any = ADWIN
    river = adwin()
    rivers: list[int] = []
    for position, error in enumerate(errors):
        river.update(error)
        rivers += [position] if river.drift_detected else []
    assert 1_000 < found <= rivers[0]
    assert (rise.before, rise.after) == pytest.approx((0.4, 0.7), abs=0.08)
    assert rise.after - rise.before >= rise.threshold
    assert abs(rise.examples_after - (found + 1 - 1_000)) <= 20


@pytest.mark.parametrize("seed", range(5))
def test_without_a_change_nothing_is_told(seed: int) -> None:
    assert rises(np.random.default_rng(seed).beta(0.5, 5, 10_000)) == {}


def test_a_change_for_the_better_is_not_told_and_is_what_the_next_rise_is_measured_by() -> None:
    errors = shifted(1, 0.7, 0.3)
    assert rises(errors) == {}
    [rise] = rises([*errors, *shifted(2, 0.7, 0.7)]).values()
    assert rise.before == pytest.approx(0.3, abs=0.06)


def test_a_small_rise_is_not_worth_telling() -> None:
    small = [0.5, 0.5] * 500 + [0.55, 0.55] * 500
    large = [0.5, 0.5] * 500 + [0.625, 0.625] * 500
    assert rises(small) == {}
    assert len(rises(large)) == 1


def test_two_rises_close_together_are_told_once() -> None:
    steps = [0.1] * 500 + [0.4] * 100 + [0.9] * 600
    assert len(rises(steps)) == 1
    far = [0.1] * 500 + [0.4] * 500 + [0.9] * 600
    assert len(rises(far)) == 2


def test_a_snapshot_goes_on_as_if_nothing_had_been() -> None:
    errors = shifted(3, 0.3, 0.8)
    whole = rises(errors)
    first, second = ErrorDrift(), ErrorDrift()
    rises(errors[:1_010], first)
    second.restore(first.snapshot())
    rises([1.0] * 100, first)
    assert {position + 1_010: rise for position, rise in rises(errors[1_010:], second).items()} == whole


def test_missed_frauds_and_false_alarms_are_told_apart() -> None:
    errors = ChampionErrors("trees")
    told = [errors.add(example(1, fraud=True), 0.9 if number < 300 else 0.2) for number in range(600)]
    [found] = [each for each in told if each is not None]
    assert (found.kind, found.subject, found.model) == ("error", "missed_frauds", "trees")
    assert (found.before, found.after) == pytest.approx((0.1, 0.8))
    assert found.statistic == pytest.approx(0.7)
    told = [errors.add(example(1, fraud=False), 0.01 if number < 300 else 0.5) for number in range(600)]
    [found] = [each for each in told if each is not None]
    assert found.subject == "false_alarms"
    assert found.after == pytest.approx(0.5)


def test_no_score_says_nothing() -> None:
    errors = ChampionErrors("scorecard")
    before = errors.snapshot()
    assert errors.add(example(1, fraud=True), math.nan) is None
    assert errors.snapshot() == before


def test_another_champions_errors_are_not_taken_over() -> None:
    old, new = ChampionErrors("old"), ChampionErrors("new")
    old.add(example(1, fraud=True), 0.5)
    new.restore(old.snapshot())
    assert new.snapshot() == ChampionErrors("new").snapshot()
