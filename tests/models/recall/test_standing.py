"""Which decision stands, and what a recall makes of it."""

from __future__ import annotations

from itertools import permutations

import msgspec
import pytest

from models.decision import DecisionAudit
from models.enrichment import DEGRADED_INDEX, Enrichment
from models.facts import ApplicationFacts
from models.pipeline import Models, decide
from models.policy.policy import load_policy_file
from models.reasons import explain
from models.recall.cause import CauseKind, Recall, RecallOrder
from models.recall.standing import is_meant, original_of, standing
from tests.builders import NOON_MS, application, moment
from tests.builders_network import observation

POLICY = load_policy_file()
RECALL = Recall(cause="fraud", source="A-9", event_id="l-1", distance=1, path=["A-9", "face_id", "A-1"], alert_id="a")


def audit(
    facts: ApplicationFacts | None = None,
    *,
    degraded: bool = False,
    supersedes: str | None = None,
    recall: Recall | None = None,
) -> DecisionAudit:
    return decide(
        facts or application("A-1"),
        DEGRADED_INDEX if degraded else Enrichment(observation=observation()),
        POLICY,
        Models.for_policy(POLICY),
        decided_at=moment(NOON_MS),
        latency_ms=0.0,
        supersedes=supersedes,
        recall=recall,
    ).audit


def test_nothing_stands_where_nothing_was_decided() -> None:
    assert standing([]) is None


def test_the_decision_on_the_newest_event_stands_in_any_order() -> None:
    newer = audit(application("A-1", event_id="e-2", at_ms=NOON_MS + 1))
    for audits in permutations([audit(), newer]):
        stands = standing(audits)
        assert stands is not None
        assert stands.event_id == "e-2"


def test_what_supersedes_stands_and_a_degraded_decision_told_late_does_not() -> None:
    degraded = audit(degraded=True)
    again = audit(supersedes=degraded.decision_id)
    assert standing([degraded, again]) == again
    assert standing([again, degraded]) == again
    assert standing([degraded]) == degraded
    assert original_of(again, [degraded, again]) == degraded
    assert original_of(again, [again]) is None


def test_an_order_means_the_decision_on_the_event_that_it_saw_or_on_a_newer_one() -> None:
    for later_ms, meant in ((-1, True), (0, True), (1, False)):
        order = RecallOrder(application_id="A-1", occurred_ms=NOON_MS + later_ms, recall=RECALL)
        assert is_meant(order, audit()) is meant
        assert not is_meant(order, audit(degraded=True))


def test_a_recalled_approval_goes_to_review_under_an_id_of_its_own_always_the_same() -> None:
    approved = audit()
    assert approved.decision == "approve"
    recalled = audit(supersedes=approved.decision_id, recall=RECALL)
    assert (recalled.decision, recalled.recall, recalled.supersedes) == ("review", RECALL, approved.decision_id)
    assert recalled.decision_id == audit(supersedes=approved.decision_id, recall=RECALL).decision_id
    assert recalled.decision_id != approved.decision_id
    assert msgspec.json.decode(msgspec.json.encode(recalled), type=DecisionAudit) == recalled


@pytest.mark.parametrize(
    ("cause", "source", "path", "distance", "code", "detail"),
    [
        ("fraud", "A-9", ["A-9", "phone", "A-1"], 1, "LINKED_TO_FRAUD", {"frauds": 1}),
        ("list", "own", ["device_id", "A-1"], 0, "BLACKLIST_HIT", {"own": 1, "external": 0, "kinds": ["device_id"]}),
        (
            "list",
            "external:x",
            ["phone", "A-1"],
            0,
            "BLACKLIST_HIT",
            {"own": 0, "external": 1, "lists": ["external:x"]},
        ),
        ("list", "own", ["contact_phone", "A-1"], 1, "BLACKLIST_NEAR", {"contacts": 1, "linked": 0}),
        ("list", "own", ["phone", "A-2", "face_id", "A-1"], 1, "BLACKLIST_NEAR", {"contacts": 0, "linked": 1}),
    ],
)
def test_the_reason_says_how_near_and_by_which_way(
    cause: CauseKind, source: str, path: list[str], distance: int, code: str, detail: dict[str, object]
) -> None:
    recall = Recall(cause=cause, source=source, event_id="x", distance=distance, path=path, alert_id="a")
    (reason,) = [each for each in audit(recall=recall).reasons if each.effect == "review"]
    assert (reason.code, reason.detail["distance"], reason.detail["path"]) == (code, distance, path)
    assert detail.items() <= reason.detail.items()
    assert "unknown" not in explain(reason)
