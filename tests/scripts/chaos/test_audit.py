"""The auditor finds each thing that can be wrong, and nothing when all is right."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from scripts.chaos.audit import DecisionHead, Evidence, judge, repeats


def decision(event: str, name: str = "", **changes: object) -> DecisionHead:
    head = DecisionHead(
        decision_id=name or f"d-{event}",
        event_id=event,
        application_id=f"A-{event}",
        decision="review",
        fraud_score=0.5,
        degraded=[],
    )
    return replace(head, **changes)


def evidence(*decisions: DecisionHead, **changes: object) -> Evidence:
    found = Evidence(
        applications={each.event_id: 0 for each in decisions},
        decisions=[(0, each) for each in decisions],
        audited={each.decision_id for each in decisions},
        dead_letters=[],
        waiting={"applications": 0},
    )
    return replace(found, **changes)


RIGHT = evidence(decision("e-1"), decision("e-2"))


def test_nothing_is_wrong_when_each_event_has_its_decision() -> None:
    assert judge(RIGHT, ["e-1", "e-2"]).wrong == {}


def test_the_same_decision_twice_is_a_repeat_and_nothing_wrong() -> None:
    twice = evidence(decision("e-1"), decision("e-1"))
    assert judge(twice, ["e-1"]).wrong == {}
    assert (repeats(twice), repeats(RIGHT)) == (1, 0)


def test_a_degraded_decision_and_the_one_that_supersedes_it_are_right_in_any_order() -> None:
    first = decision("e-1", "d", degraded=["links"])
    second = decision("e-1", "s", supersedes="d", decision="approve")
    for order in ((first, second), (second, first)):
        assert judge(evidence(*order), ["e-1"]).wrong == {}


@pytest.mark.parametrize(
    ("found", "wrong"),
    [
        (RIGHT, {"unpublished": 1, "undecided": 1}),
        (replace(RIGHT, applications={"e-1": 0, "e-2": 0, "e-3": 0}), {"undecided": 1}),
        (evidence(decision("e-1"), decision("e-2"), decision("e-3"), decision("e-3", "other")), {"unexplained": 1}),
        (
            evidence(decision("e-1"), decision("e-2"), decision("e-3"), decision("e-3", decision="reject")),
            {"contradicted": 1},
        ),
        (
            evidence(decision("e-1"), decision("e-2"), decision("e-3"), decision("e-3", fraud_score=0.6)),
            {"contradicted": 1},
        ),
        (
            evidence(decision("e-1"), decision("e-2"), decision("e-3"), audited={"d-e-1", "d-e-2"}),
            {"unaudited": 1},
        ),
        (
            evidence(decision("e-1"), decision("e-2"), decision("e-3", degraded=["links"])),
            {"left_degraded": 1},
        ),
        (
            evidence(decision("e-1"), decision("e-2"), decision("e-3"), waiting={"labels": 2}),
            {"waiting in labels": 2},
        ),
    ],
)
def test_what_is_wrong_is_found(found: Evidence, wrong: dict[str, int]) -> None:
    assert judge(found, ["e-1", "e-2", "e-3"]).wrong == wrong


def test_a_poisonous_record_needs_a_dead_letter() -> None:
    assert judge(RIGHT, ["e-1", "e-2"], ["poison-0"]).wrong == {"unlettered": 1}
