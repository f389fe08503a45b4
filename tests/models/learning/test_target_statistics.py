"""What is known of the levels of a category."""

from __future__ import annotations

import pytest

from models.learning import target_statistics
from models.learning.target_statistics import SMOOTHING, TargetStatistics


def counted(**levels: tuple[int, int]) -> TargetStatistics:
    statistics = TargetStatistics()
    for level, (frauds, honest) in levels.items():
        for _ in range(frauds):
            statistics.count(level, True)
        for _ in range(honest):
            statistics.count(level, False)
    return statistics


def test_a_level_that_was_not_seen_is_as_all_are() -> None:
    assert counted(a=(1, 9)).read("b") == (1.0, 0.0)
    assert TargetStatistics().read(None) == (1.0, 0.0)


def test_a_levels_share_is_smoothed_towards_that_of_all() -> None:
    share = 12 / 100
    lift, seen = counted(a=(10, 10), b=(2, 78)).read("a")
    assert seen == 20
    assert lift == pytest.approx((10 + SMOOTHING * share) / (20 + SMOOTHING) / share)


def test_where_fraud_is_rare_one_fraud_says_little_of_its_level() -> None:
    lift, _ = counted(a=(1, 0), b=(0, 9_999)).read("a")
    assert lift == pytest.approx(2.0, rel=0.01)


def test_missing_is_a_level() -> None:
    statistics = counted(a=(0, 50))
    for _ in range(50):
        statistics.count(None, True)
    assert statistics.read(None)[0] > 1 > statistics.read("a")[0]


def test_what_is_counted_away_was_never_there() -> None:
    statistics = counted(a=(3, 20), b=(1, 5))
    before = statistics.read("a"), statistics.read("b")
    statistics.count("a", True)
    statistics.count("a", True, -1.0)
    assert (statistics.read("a"), statistics.read("b")) == before


def test_of_too_many_levels_the_rarest_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target_statistics, "MOST_LEVELS", 4)
    statistics = counted(a=(0, 5), b=(0, 4), c=(0, 1), d=(0, 1))
    assert statistics.read("c")[1] == 1
    statistics.count("e", False)
    assert [statistics.read(level)[1] for level in "abcde"] == [5, 4, 0, 0, 1]


def test_counts_are_halved_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target_statistics, "HALVE_AT", 8)
    assert counted(a=(2, 5)).read("a")[1] == 7
    assert counted(a=(2, 6)).read("a")[1] == 4
