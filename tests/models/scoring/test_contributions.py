"""The features that made a score most."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.decision import ChampionScore, FeatureContribution
from models.scoring.contributions import TOP, ManyContributions, others_log_odds, top_contributions


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


@given(st.lists(st.sampled_from([0.0, 1.0, -1.0, 2.0]) | st.floats(-9, 9), max_size=40))
def test_many_are_told_as_if_each_were_a_record(amounts: list[float]) -> None:
    names = [f"f{at * 7 % 41}" for at in range(len(amounts))]
    many = ManyContributions(names, np.array(amounts, dtype=np.float64), float)
    one_by_one = [
        FeatureContribution(name=name, value=float(at), contribution=amount)
        for at, (name, amount) in enumerate(zip(names, amounts, strict=True))
        if amount
    ]
    assert list(many) == many[:] == one_by_one
    assert top_contributions(many) == top_contributions(one_by_one)
    assert len(many) == len(one_by_one) and len(top_contributions(many)) <= TOP


@pytest.mark.parametrize(("log_odds", "others"), [(-2.0, 0.75), (-2.75, 0.0), (-3.0, -0.25)])
def test_what_the_others_added_is_what_is_missing_to_the_score(log_odds: float, others: float) -> None:
    top = [contribution("a", 0.5), contribution("b", -0.25)]
    score = ChampionScore(
        name="fraud", version="v", fraud_score=0.1, log_odds=log_odds, base_log_odds=-3.0, top_features=top
    )
    assert others_log_odds(score) == others
    assert math.copysign(1.0, others_log_odds(score)) == math.copysign(1.0, others)
