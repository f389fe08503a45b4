"""The features that made a score most."""

from __future__ import annotations

from models.decision import FeatureContribution
from models.scoring.contributions import top_contributions


def contribution(name: str, amount: float) -> FeatureContribution:
    return FeatureContribution(name=name, value=1.0, contribution=amount)


def test_the_largest_come_first_whichever_way_they_moved_the_score() -> None:
    given = [contribution("a", 0.1), contribution("b", -3.0), contribution("c", 2.0)]
    assert [each.name for each in top_contributions(given, most=2)] == ["b", "c"]


def test_equal_ones_come_by_name() -> None:
    given = [contribution("b", 1.0), contribution("c", -1.0), contribution("a", 1.0)]
    assert [each.name for each in top_contributions(given)] == ["a", "b", "c"]


def test_there_are_five_at_most() -> None:
    assert len(top_contributions(contribution(name, 1.0) for name in "abcdefg")) == 5
