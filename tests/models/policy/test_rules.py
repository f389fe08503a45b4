"""Rules: which reasons they give, in which order, with which details."""

from __future__ import annotations

import math

import pytest

from models.decision import Effect, Reason
from models.policy.expressions import Vocabulary, translate_condition, translate_value
from models.policy.rules import Condition, Rule, RuleInput, RuleSet, tidy

VOCABULARY = Vocabulary(
    numbers=frozenset({"a", "b", "anomaly", "fraud_score"}), texts={"channel": ("h5", "store")}, parameters={}
)


def rule(code: str, when: str, effect: Effect = "review", **detail: str) -> Rule:
    values = tuple(translate_value(text, VOCABULARY) for text in detail.values())
    condition = Condition(translate_condition(when, VOCABULARY), values)
    return Rule(code=code, effect=effect, condition=condition, details=tuple(detail))


def reasons(*rules: Rule, a: float | None = 1.0, b: float | None = None, anomaly: float | None = None) -> list[Reason]:
    given = RuleInput(features={"a": a, "b": b}, channel="h5", product="cash", anomaly=anomaly, fraud_score=0.5)
    return RuleSet(rules).run(given)


def test_a_rule_that_hits_gives_its_code_effect_and_details() -> None:
    [reason] = reasons(rule("X", "a >= 1", "reject", count="a * 4", window="'7d'", other="b"))
    assert reason == Reason(code="X", effect="reject", detail={"count": 4, "window": "7d", "other": None})


def test_a_rule_that_needs_what_is_missing_does_not_hit() -> None:
    assert reasons(rule("X", "b >= 0"), rule("Y", "not b >= 0"), rule("Z", "anomaly >= 0")) == []


def test_rules_see_the_channel_the_anomaly_and_the_fraud_score() -> None:
    assert reasons(rule("X", "channel == 'h5' and anomaly >= 0.9 and fraud_score >= 0.5"), anomaly=0.9)
    assert not reasons(rule("X", "channel == 'h5' and anomaly >= 0.9 and fraud_score >= 0.5"), anomaly=0.89)


def test_the_strongest_effects_come_first_and_else_the_order_of_the_file() -> None:
    found = reasons(
        rule("N1", "a == 1", "note"),
        rule("V1", "a == 1", "review"),
        rule("R1", "a == 1", "reject"),
        rule("V2", "a == 1", "review"),
        rule("R2", "a == 1", "reject"),
        rule("N2", "a == 1", "note"),
    )
    assert [reason.code for reason in found] == ["R1", "R2", "V1", "V2", "N1", "N2"]


def test_of_rules_with_one_code_the_strongest_speaks_and_among_equals_the_first() -> None:
    found = reasons(
        rule("X", "a == 1", "review", level="1"),
        rule("X", "a == 1", "reject", level="2"),
        rule("X", "a == 1", "reject", level="3"),
    )
    assert found == [Reason(code="X", effect="reject", detail={"level": 2})]


def test_a_policy_without_rules_gives_no_reasons() -> None:
    assert reasons() == []


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (3.0, 3),
        (-0.0, 0),
        (123.456, 123.46),
        (1.005, 1.0),
        (0.98765, 0.9877),
        (0.00001, 0.0),
        (1e300, int(1e300)),
        (math.inf, None),
        (math.nan, None),
        (None, None),
        ("7d", "7d"),
    ],
)
def test_details_read_as_a_person_writes_them(value: float | str | None, shown: object) -> None:
    assert tidy(value) == shown
    assert type(tidy(value)) is type(shown)
