"""What labels say, and what the learner is told: whatever order they come in, however often, each thing once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from models.events import LabelKind
from models.facts import LabelFacts, epoch_ms
from models.labelling import (
    DAY_MS,
    OVERRULED_BY_ANY_MS,
    Case,
    Frozen,
    Told,
    flag_at,
    newer_of,
    settle,
    verdict,
    with_decision,
    with_labels,
    with_told,
)
from models.learning.protocol import Example
from models.policy.document import LabelMeaning

MEANING = LabelMeaning(
    fraud=("confirmed_fraud",),
    honest=("confirmed_legitimate", "repaid"),
    maturity_days={"repaid": 30.0},
    keep_days=180.0,
)
MADE = datetime(2026, 11, 1, tzinfo=UTC)
MADE_MS = epoch_ms(MADE)


def label(kind: LabelKind, day: float, name: str | None = None) -> LabelFacts:
    """A label so many days after the application."""
    return LabelFacts(
        event_id=name or f"{kind}-{day}",
        application_id="A-1",
        occurred_at=MADE + timedelta(days=day),
        kind=kind,
        source="analyst",
    )


def frozen(**changes: object) -> Frozen:
    made = Frozen(
        event_id="e-1",
        decision_id="d-1",
        occurred_ms=MADE_MS,
        degraded=False,
        features={"age_years": 30.0, "gps_address_km": None},
        categories={"channel": "h5"},
        anomaly=0.5,
        fraud_score=0.2,
        model="scorecard-1",
        control_probability=None,
    )
    return structs.replace(made, **changes)


def day_ms(day: float) -> int:
    return MADE_MS + round(day * DAY_MS)


def play(labels: list[LabelFacts], days: list[float], decided: int = 0) -> list[Example]:
    """What is told when labels arrive one by one, each on the day of the same place; the decision arrives before the
    label of place `decided`. At the end all that can mature has matured."""
    case: Case | None = None
    told: list[Example] = []

    def tell(now_ms: int) -> None:
        nonlocal case
        if case is not None:
            settled = settle("A-1", case, MEANING, now_ms)
            case = settled.case
            told.extend([settled.example] if settled.example else [])

    for place, (each, day) in enumerate(zip(labels, days, strict=True)):
        if place == decided:
            case = with_decision(case, frozen())
            tell(day_ms(day))
        case = with_labels(case, [each], MEANING)
        tell(day_ms(day))
    if decided >= len(labels):
        case = with_decision(case, frozen())
    tell(day_ms(179))
    return told


def test_a_verdict_of_fraud_is_told_with_what_was_frozen() -> None:
    (example,) = play([label("confirmed_fraud", 10, "l-1")], [11])
    assert example == Example(
        example_id="A-1:l-1",
        application_id="A-1",
        event_id="e-1",
        occurred_at=MADE,
        known_at=MADE + timedelta(days=10),
        fraud=True,
        features={"age_years": 30.0, "gps_address_km": None},
        categories={"channel": "h5"},
        anomaly=0.5,
        fraud_score=0.2,
        model="scorecard-1",
    )


def test_a_label_that_comes_before_the_decision_waits_for_it() -> None:
    assert [each.fraud for each in play([label("confirmed_fraud", 1)], [1], decided=1)] == [True]
    case = with_labels(None, [label("confirmed_fraud", 1)], MEANING)
    assert case is not None
    assert settle("A-1", case, MEANING, day_ms(2)).example is None


@pytest.mark.parametrize("kind", sorted(set(get_args(LabelKind)) - {*MEANING.fraud, *MEANING.honest}))
def test_what_the_policy_does_not_name_teaches_nothing(kind: LabelKind) -> None:
    assert play([label(kind, 5)], [5]) == []
    assert with_labels(None, [label(kind, 5)], MEANING) is None
    assert flag_at(label(kind, 5), MEANING, day_ms(100)) is None


def test_a_repayment_counts_when_it_is_mature_and_not_before() -> None:
    case = with_decision(with_labels(None, [label("repaid", 5, "r")], MEANING), frozen())
    due_ms = day_ms(35)
    assert settle("A-1", case, MEANING, due_ms - 1).example is None
    assert case.look_again_ms(MEANING, due_ms - 1) == due_ms
    settled = settle("A-1", case, MEANING, due_ms)
    assert settled.example is not None
    assert not settled.example.fraud
    assert settled.example.known_at == MADE + timedelta(days=35)
    assert settled.honest


def test_of_two_repayments_the_first_to_mature_counts_once() -> None:
    told = play([label("repaid", 40, "late"), label("repaid", 5, "early")], [41, 42])
    assert [each.example_id for each in told] == ["A-1:early"]


@pytest.mark.parametrize("day", [1, 5, 34])
def test_a_repayment_never_counts_beside_a_verdict_of_fraud(day: float) -> None:
    told = play([label("repaid", 5), label("confirmed_fraud", day)], [6, 34])
    assert [each.fraud for each in told] == [True]


def test_a_verdict_after_a_mature_repayment_corrects_it() -> None:
    told = play([label("repaid", 1), label("confirmed_fraud", 50)], [40, 60])
    assert [(each.fraud, each.corrects) for each in told] == [(False, None), (True, False)]


def test_a_contrary_verdict_corrects_once_and_a_repeat_says_nothing() -> None:
    labels = [
        label("confirmed_fraud", 10, "f"),
        label("confirmed_legitimate", 20, "h"),
        label("confirmed_fraud", 10, "f"),
        label("confirmed_legitimate", 20, "h"),
        label("confirmed_legitimate", 25, "again"),
    ]
    told = play(labels, [10, 20, 21, 22, 25])
    assert [(each.example_id, each.fraud, each.corrects) for each in told] == [
        ("A-1:f", True, None),
        ("A-1:h", False, True),
    ]


def test_an_older_verdict_that_comes_late_changes_nothing() -> None:
    told = play([label("confirmed_legitimate", 20), label("confirmed_fraud", 10)], [20, 30])
    assert [each.fraud for each in told] == [False]


def test_of_two_verdicts_of_the_same_time_fraud_stands() -> None:
    for labels in ([label("confirmed_fraud", 9), label("confirmed_legitimate", 9)],):
        for ordered in (labels, labels[::-1]):
            case = with_labels(None, ordered, MEANING)
            assert case is not None
            said = verdict(case.known, MEANING, day_ms(9))
            assert said is not None
            assert said.fraud


def test_a_superseding_decision_takes_the_place_of_the_degraded_one_whatever_comes_first() -> None:
    degraded, whole = frozen(degraded=True, decision_id="d-0"), frozen()
    assert newer_of(degraded, whole) == whole
    assert newer_of(whole, degraded) == whole
    assert newer_of(None, degraded) == degraded


def test_labels_are_about_the_newest_event_of_an_application() -> None:
    old, new = frozen(), frozen(event_id="e-2", occurred_ms=MADE_MS + 1)
    assert newer_of(old, new) == new
    assert newer_of(new, old) == new


def test_random_control_weighs_by_the_inverse_of_its_probability() -> None:
    case = with_decision(with_labels(None, [label("repaid", 1)], MEANING), frozen(control_probability=0.01))
    example = settle("A-1", case, MEANING, day_ms(40)).example
    assert example is not None
    assert example.weight == pytest.approx(100.0)


def test_a_case_is_over_after_the_days_that_the_policy_keeps() -> None:
    case = with_decision(None, frozen())
    over_ms = day_ms(MEANING.keep_days)
    assert case.look_again_ms(MEANING, MADE_MS) == over_ms
    assert settle("A-1", case, MEANING, over_ms - 1).case == case
    assert settle("A-1", case, MEANING, over_ms).case is None


def test_what_has_been_told_before_is_not_told_again() -> None:
    told = with_told(None, Told("A-1:l-1", True), MADE_MS)
    case = with_decision(with_labels(told, [label("confirmed_fraud", 10)], MEANING), frozen())
    assert settle("A-1", case, MEANING, day_ms(11)) == settle("A-1", case, MEANING, day_ms(12))
    assert settle("A-1", case, MEANING, day_ms(11)).example is None


def test_neighbours_see_verdicts_at_once_and_repayments_when_mature() -> None:
    fraud, repaid = label("confirmed_fraud", 3), label("repaid", 5)
    assert flag_at(fraud, MEANING, MADE_MS) == ("fraud", fraud.occurred_ms)
    assert flag_at(repaid, MEANING, day_ms(35) - 1) is None
    assert flag_at(repaid, MEANING, day_ms(35)) == ("honest", OVERRULED_BY_ANY_MS)


KINDS: st.SearchStrategy[LabelKind] = st.sampled_from(
    ["confirmed_fraud", "confirmed_legitimate", "repaid", "overdue", "first_payment_default"]
)
LABELS = st.lists(st.tuples(KINDS, st.integers(0, 100)), max_size=8).map(
    lambda pairs: [label(kind, day) for kind, day in pairs]
)


@given(LABELS, st.data())
def test_the_same_labels_say_the_same_in_any_order_and_however_often(
    labels: list[LabelFacts], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(labels + labels[: data.draw(st.integers(0, len(labels)))]))
    known = [case.known if (case := with_labels(None, each, MEANING)) else () for each in (labels, shuffled)]
    assert known[0] == known[1]
    assert verdict(known[0], MEANING, day_ms(150)) == verdict(known[1], MEANING, day_ms(150))


@given(LABELS, st.data())
def test_each_thing_told_is_new_and_corrects_the_one_before(labels: list[LabelFacts], data: st.DataObject) -> None:
    ordered = data.draw(st.permutations(labels))
    days = sorted(data.draw(st.lists(st.integers(0, 170), min_size=len(labels), max_size=len(labels))))
    told = play(ordered, [float(day) for day in days], decided=data.draw(st.integers(0, len(labels))))
    assert [each.corrects for each in told] == [None, *(each.fraud for each in told)][: len(told)]
    assert all(first.fraud is not second.fraud for first, second in pairwise(told))
    if any(each.kind == "confirmed_fraud" for each in labels) and not any(
        each.kind == "confirmed_legitimate" for each in labels
    ):
        assert told[-1].fraud
    if all(each.kind in ("overdue", "first_payment_default") for each in labels):
        assert told == []
