"""A feature whose distribution shifts is named, once, with how far."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from models.learning.drift import Drift
from models.learning.feature_drift import FeatureDrift
from models.learning.stability import Row

START = datetime(2026, 11, 2, tzinfo=UTC)
FEWEST = FeatureDrift.FEWEST
ADay = Callable[[np.random.Generator, int], Row]


def usual(rng: np.random.Generator, _: int) -> Row:
    return {"amount": float(rng.normal(100, 20)), "age": float(rng.integers(18, 70)), "flag": 0.0}, {"channel": "h5"}


def run(
    detector: FeatureDrift, count: int, make: ADay = usual, *, first: int = 0, days: float = 1, seed: int = 1
) -> list[Drift]:
    """`count` applications from number `first` on, `FEWEST` of them in so many days."""
    rng = np.random.default_rng(seed + first)
    found = []
    for number in range(first, first + count):
        at = START + timedelta(days=number * days / FEWEST)
        drift = detector.add(*make(rng, number), at, int(rng.integers(2**62)))
        found += [drift] if drift else []
    return found


def test_no_shift_is_no_report() -> None:
    assert run(FeatureDrift(0.25, 0), 10 * FEWEST) == []


def test_the_feature_that_shifted_is_named_once_with_how_far() -> None:
    def shifted(rng: np.random.Generator, number: int) -> Row:
        features, categories = usual(rng, number)
        return {**features, "amount": float(rng.normal(140, 20))}, categories

    detector = FeatureDrift(0.25, 0)
    assert run(detector, 2 * FEWEST) == []
    [drift] = run(detector, 8 * FEWEST, shifted, first=2 * FEWEST)
    assert (drift.kind, drift.subject, drift.others) == ("feature", "amount", {})
    assert drift.statistic > 1 and drift.threshold == 0.25
    assert (drift.before, drift.after) == pytest.approx((100, 140), abs=4)
    assert (drift.examples_before, drift.examples_after) == (FeatureDrift.ROWS, FeatureDrift.ROWS)
    assert drift.at == START + timedelta(days=(3 * FEWEST - 1) / FEWEST)


def test_features_that_shift_together_are_one_report_the_furthest_first() -> None:
    def shifted(rng: np.random.Generator, number: int) -> Row:
        features, _ = usual(rng, number)
        return {**features, "amount": float(rng.normal(120, 20)), "flag": 1.0}, {"channel": "app"}

    detector = FeatureDrift(0.25, 0)
    run(detector, FEWEST)
    [drift] = run(detector, 3 * FEWEST, shifted, first=FEWEST)
    assert [drift.subject, *drift.others] == ["channel", "flag", "amount"]
    assert (drift.before, drift.after) == (None, None)
    assert list(drift.others.values()) == sorted(drift.others.values(), reverse=True)


def test_what_goes_missing_is_a_shift() -> None:
    def without(rng: np.random.Generator, number: int) -> Row:
        features, categories = usual(rng, number)
        return {**features, "age": None}, categories

    detector = FeatureDrift(0.25, 0)
    run(detector, FEWEST)
    [drift] = run(detector, FEWEST, without, first=FEWEST)
    assert (drift.subject, drift.missing_before, drift.missing_after, drift.after) == ("age", 0.0, 1.0, None)


def test_a_feature_that_is_new_or_gone_does_not_matter_but_as_missing() -> None:
    detector = FeatureDrift(0.25, 0)
    run(detector, FEWEST)

    def other(rng: np.random.Generator, number: int) -> Row:
        features, categories = usual(rng, number)
        return {**features, "new": 1.0}, categories

    assert run(detector, FEWEST, other, first=FEWEST) == []


def test_after_a_report_a_window_is_left_out_and_the_next_is_the_reference() -> None:
    def level(rng: np.random.Generator, number: int) -> Row:
        window = number // FEWEST
        return {"amount": float(rng.normal([0, 50, 100, 150, 150, 0][window], 1))}, {}

    drifts = run(FeatureDrift(0.25, 0), 6 * FEWEST, level)
    levels = [level for drift in drifts for level in (drift.before, drift.after)]
    assert levels == pytest.approx([0, 50, 150, 0], abs=1)


def test_a_window_is_as_long_as_asked_for_and_has_no_fewer_than_so_many_applications() -> None:
    def later(rng: np.random.Generator, number: int) -> Row:
        return {"amount": float(number)}, {}

    assert len(run(FeatureDrift(0.25, 7), 13 * FEWEST, later)) == 0
    assert len(run(FeatureDrift(0.25, 7), 14 * FEWEST + 2, later)) == 1
    assert len(run(FeatureDrift(0.25, 0), 2 * FEWEST - 1, later)) == 0
    assert len(run(FeatureDrift(0.25, 0), 2 * FEWEST, later)) == 1


def test_the_index_is_reported_at_equality() -> None:
    def shifted(rng: np.random.Generator, number: int) -> Row:
        return {"amount": float(rng.normal(0 if number < FEWEST else 1))}, {}

    [drift] = run(FeatureDrift(0.25, 0), 2 * FEWEST, shifted)
    assert len(run(FeatureDrift(drift.statistic, 0), 2 * FEWEST, shifted)) == 1
    assert len(run(FeatureDrift(np.nextafter(drift.statistic, 9), 0), 2 * FEWEST, shifted)) == 0


def test_the_sample_is_of_the_whole_window() -> None:
    detector = FeatureDrift(0.25, 100)
    run(detector, 20 * FEWEST, lambda rng, number: ({"amount": float(number)}, {}))
    kept = [features["amount"] for features, _ in detector.snapshot()["rows"]]
    assert len(kept) == FeatureDrift.ROWS
    assert np.mean(kept) == pytest.approx(10 * FEWEST, rel=0.1)


@pytest.mark.parametrize("cut", [100, FEWEST + 700, 2 * FEWEST + 5, 3 * FEWEST])
def test_a_snapshot_goes_on_as_if_nothing_had_been(cut: int) -> None:
    def shifting(number: int) -> Row:
        return {"amount": number // FEWEST + number % 97 / 97, "age": None}, {"channel": "h5" if number % 3 else None}

    def numbered(detector: FeatureDrift, first: int, last: int) -> list[Drift]:
        found = []
        for number in range(first, last):
            drift = detector.add(*shifting(number), START, number * 2_654_435_761)
            found += [drift] if drift else []
        return found

    whole, first, second = (FeatureDrift(0.25, 0) for _ in range(3))
    expected = numbered(whole, 0, 6 * FEWEST)
    before = numbered(first, 0, cut)
    second.restore(copy.deepcopy(first.snapshot()))
    assert before + numbered(second, cut, 6 * FEWEST) == expected
    assert len(expected) == 2
