"""Who is reported, who is held back, and that the same situation has the same alert."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from models.alerts import Alert
from models.recall import report as report_module
from models.recall.cause import BY_HAND, Cause, EntryListed, FraudConfirmed
from models.recall.report import CRITICAL_FROM, Found, is_at_risk, is_to_review, report
from models.recall.search import Search
from models.recall.seen import SeenApplication
from tests.builders import NOON_MS, moment
from tests.models.recall.people import seen, walk

FRAUD = FraudConfirmed(application_id="A-0", event_id="l-1")
LISTED = EntryListed(event_id="le-1", list="own", kind="device_id", token="0123456789abcdef", severity="medium")
NOW = moment(NOON_MS)


def found(*others: SeenApplication, cause: Cause = FRAUD) -> Found:
    """What is reported of a fraud `A-0`, or of a listed device, that these share a card, or the device, with."""
    fraud = seen("A-0", {"bank_card": [each.name for each in others]}, label="fraud")
    starts: dict[str, tuple[int, list[str]]] = {"A-0": (0, [])}
    if isinstance(cause, EntryListed):
        starts = {each.name: (0, ["device_id"]) for each in others}
    search = walk([fraud, *others], Search(starts, 1))
    return report(cause, search.reached, search.cut, NOW)


def only(result: Found) -> Alert:
    (alert,) = result.alerts
    return alert


@pytest.mark.parametrize(
    ("decision", "loan", "label", "at_risk", "to_review"),
    [
        ("approve", "", "", True, True),
        ("approve", "disbursed", "", True, False),
        ("approve", "repaid", "", False, False),
        ("approve", "", "honest", True, False),
        ("approve", "", "fraud", False, False),
        ("approve", "disbursed", "fraud", False, False),
        ("review", "", "", False, False),
        ("review", "disbursed", "", True, False),
        ("reject", "", "", False, False),
        ("", "", "", False, True),
    ],
)
def test_what_is_at_risk_and_what_can_be_held_back(
    decision: str, loan: str, label: str, at_risk: bool, to_review: bool
) -> None:
    application = seen("A-1", decision=decision, loan=loan, label=label)
    assert (is_at_risk(application), is_to_review(application)) == (at_risk, to_review)


def test_a_recall_names_what_was_approved_with_amounts_distances_and_paths() -> None:
    result = found(
        seen("A-1", loan="disbursed", amount_cny=6999.5),
        seen("A-2", amount_cny=3000.0),
        seen("A-3", decision="review"),
        seen("A-4", loan="repaid"),
        seen("A-5", label="fraud"),
    )
    alert = only(result)
    assert (alert.kind, alert.severity, alert.subject.id) == ("RING_RECALL", "high", "A-0")
    assert alert.applications == ["A-1", "A-2", "A-3"]
    assert alert.summary == (
        "Application A-0 is fraud: 2 connected applications for 10,000 CNY were approved or paid out and are not"
        " repaid; 1 of these are not paid out yet and go to review."
    )
    assert alert.evidence == {
        "cause": "fraud",
        "event_id": "l-1",
        "connected": 3,
        "at_risk": 2,
        "amount_at_risk_cny": 9999.5,
        "to_review": ["A-2"],
        "disbursed": ["A-1"],
        "held_back": ["A-3"],
        "repaid": 1,
        "distances": {"A-1": 1, "A-2": 1, "A-3": 1},
        "amounts_cny": {"A-1": 6999.5, "A-2": 3000.0, "A-3": 1000.0},
        "paths": ["A-0 bank_card A-1", "A-0 bank_card A-2", "A-0 bank_card A-3"],
        "truncated": False,
    }
    (order,) = result.orders
    assert (order.application_id, order.occurred_ms) == ("A-2", NOON_MS)
    assert (order.recall.cause, order.recall.source, order.recall.event_id) == ("fraud", "A-0", "l-1")
    assert (order.recall.distance, order.recall.path) == (1, ["A-0", "bank_card", "A-2"])
    assert order.recall.alert_id == alert.alert_id


def test_where_nothing_can_be_lost_nothing_is_reported() -> None:
    assert found() == found(seen("A-1", loan="repaid"), seen("A-2", decision="reject")) == Found(alerts=[], orders=[])


def test_what_waits_for_a_person_is_reported_though_nothing_is_lost_yet() -> None:
    assert only(found(seen("A-1", decision="review"))).applications == ["A-1"]


@pytest.mark.parametrize(("number", "severity"), [(CRITICAL_FROM - 1, "high"), (CRITICAL_FROM, "critical")])
def test_many_at_risk_are_critical(number: int, severity: str) -> None:
    assert only(found(*(seen(f"A-{i + 1}") for i in range(number)))).severity == severity


def test_the_same_fraud_gives_the_same_alert_whenever_it_is_told_and_by_whichever_label() -> None:
    other_label = FraudConfirmed(application_id="A-0", event_id="l-2")
    once, again = only(found(seen("A-1"))), only(found(seen("A-1"), seen("A-2"), cause=other_label))
    assert once.alert_id == again.alert_id
    by_hand = only(found(seen("A-1"), cause=FraudConfirmed(application_id="A-0", event_id=BY_HAND)))
    assert by_hand.alert_id != once.alert_id


def test_an_entry_that_joins_a_list_reports_who_has_the_identifier() -> None:
    result = found(seen("A-1"), seen("A-2", loan="disbursed"), cause=LISTED)
    alert = only(result)
    assert (alert.kind, alert.severity, alert.subject.type) == ("BLACKLIST_RETRO_HIT", "medium", "device_id")
    assert alert.summary.startswith("The device id 01234567… joined the own list: 2 connected applications")
    assert alert.applications == ["A-1", "A-2"]
    assert alert.evidence["paths"] == ["device_id A-1", "device_id A-2"]
    assert [(order.recall.source, order.recall.distance) for order in result.orders] == [("own", 0)]


def test_an_entry_that_is_loaded_again_is_news_only_when_it_meets_others() -> None:
    again = msgspec.structs.replace(LISTED, event_id="le-2")
    first = only(found(seen("A-1"), cause=LISTED))
    assert only(found(seen("A-1"), cause=again)).alert_id == first.alert_id
    assert only(found(seen("A-1"), seen("A-2"), cause=again)).alert_id != first.alert_id


def test_more_than_one_alert_holds_are_several_alerts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_module, "REPORTED_AT_ONCE", 2)
    result = found(*(seen(f"A-{i + 1}") for i in range(5)))
    assert [alert.applications for alert in result.alerts] == [["A-1", "A-2"], ["A-3", "A-4"], ["A-5"]]
    assert len({alert.alert_id for alert in result.alerts}) == 3
    assert [order.recall.alert_id for order in result.orders] == [result.alerts[at].alert_id for at in (0, 0, 1, 1, 2)]


def test_an_alert_of_the_largest_size_is_no_larger_than_a_record_may_be() -> None:
    name = "x" * 36
    result = found(*(seen(f"{name}{i:04d}") for i in range(report_module.REPORTED_AT_ONCE)), cause=LISTED)
    assert len(msgspec.json.encode(only(result))) <= 64 * 1024


def test_what_was_found_comes_back_from_where_it_is_kept() -> None:
    result = found(seen("A-1"), seen("A-2", loan="disbursed"))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(result), type=Found) == result
    assert only(result).raised_at == NOW != NOW + timedelta(seconds=1)
