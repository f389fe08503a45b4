"""The variable scores: bounded, missing when nothing is known, neutral where something is."""

from __future__ import annotations

import pytest

from models.features.registry import FEATURE_NAMES
from models.policy.policy import load_policy_file
from models.scoring.bins import BinnedFeature
from models.scoring.variables import VariableScorer, VariableTable, VariableTables

NOTHING: dict[str, float | None] = dict.fromkeys(FEATURE_NAMES)
DEFAULT = load_policy_file().variables


def scorer(base: float, *features: BinnedFeature) -> VariableScorer:
    table = VariableTable(base, features or (BinnedFeature("x", (1.0,), (-30.0, 30.0)),))
    return VariableScorer(VariableTables(table, table, table, table))


def test_a_group_of_which_nothing_is_known_has_no_score() -> None:
    scores = DEFAULT.score({**NOTHING, "on_time_ratio": 1.0})
    assert (scores.bureau, scores.transaction, scores.other) == (None, None, None)
    assert scores.behaviour is not None


def test_a_zero_is_known_and_not_missing() -> None:
    assert DEFAULT.score({**NOTHING, "lenders_7d": 0.0}).transaction is not None


def test_a_missing_variable_of_a_known_group_is_neutral() -> None:
    two = scorer(50, BinnedFeature("x", (1.0,), (-30.0, 30.0)), BinnedFeature("y", (1.0,), (-9.0, 9.0)))
    assert two.score({"x": 1.0, "y": None}).bureau == 80


@pytest.mark.parametrize(("base", "value", "expected"), [(90, 1.0, 100), (70, 1.0, 100), (30, 0.0, 0), (20, 0.0, 0)])
def test_scores_stay_between_0_and_100(base: float, value: float, expected: int) -> None:
    assert scorer(base).score({"x": value}).other == expected


@pytest.mark.parametrize(
    ("group", "good", "bad"),
    [
        ("bureau", {"bureau_queries_30d": 0.0, "overdue_days_max_24m": 0.0}, {"overdue_days_max_24m": 90.0}),
        ("transaction", {"lenders_7d": 0.0, "open_loans": 0.0}, {"lenders_7d": 5.0}),
        ("behaviour", {"overdue_count_12m": 0.0, "on_time_ratio": 1.0}, {"on_time_ratio": 0.5}),
        ("other", {"address_months": 80.0, "address_tier": 1.0}, {"address_months": 1.0}),
    ],
)
def test_higher_is_better_credit(group: str, good: dict[str, float], bad: dict[str, float]) -> None:
    better = getattr(DEFAULT.score({**NOTHING, **good}), group)
    worse = getattr(DEFAULT.score({**NOTHING, **good, **bad}), group)
    assert better > worse
