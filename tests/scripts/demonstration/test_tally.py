"""What the demo counts, whatever order the records come in."""

from __future__ import annotations

import pytest

from scripts.demonstration.tally import NEWEST_SHOWN, RATE_OVER_S, Tally
from tests.scripts.demonstration.published import alert, dead_letter, decision


def tally_of(*application_ids: str) -> Tally:
    """These were published at 1,000 ms and read back."""
    tally = Tally()
    tally.sent = len(application_ids)
    for each in application_ids:
        tally.application(each, 1_000)
    return tally


def test_it_is_complete_when_every_application_has_its_decision() -> None:
    tally = tally_of("A-1", "A-2")
    tally.decision(decision("A-1"), 1_010)
    tally.decision(decision("A-2"), 1_010)
    assert tally.complete
    assert tally.missing() == []


def test_an_application_without_a_decision_is_missing() -> None:
    tally = tally_of("A-1", "A-2")
    tally.decision(decision("A-1"), 1_010)
    assert not tally.complete
    assert tally.missing() == ["A-2"]


def test_an_application_that_was_sent_and_does_not_stand_in_kafka_is_not_complete() -> None:
    tally = tally_of("A-1")
    tally.sent = 2
    tally.decision(decision("A-1"), 1_010)
    assert not tally.complete


def test_a_decision_on_something_else_does_not_make_up_for_a_missing_one() -> None:
    tally = tally_of("A-1")
    tally.decision(decision("A-other"), 1_010)
    assert not tally.complete


def test_the_latency_is_from_the_applications_timestamp_to_the_decisions_whichever_is_read_first() -> None:
    tally = Tally()
    tally.application("A-1", 1_000)
    tally.decision(decision("A-1"), 1_010)
    tally.decision(decision("A-2"), 1_030)
    tally.application("A-2", 1_000)
    assert tally.latencies_ms == [10, 30]
    latency = tally.latency()
    assert latency is not None
    assert latency.p50_ms == 20


def test_there_is_no_latency_before_there_are_two_decisions() -> None:
    tally = tally_of("A-1")
    tally.decision(decision("A-1"), 1_010)
    assert tally.latency() is None


def test_the_same_decision_again_is_a_duplicate_and_changes_nothing() -> None:
    tally = tally_of("A-1")
    for timestamp_ms in (1_010, 9_000):
        tally.decision(decision("A-1", "review"), timestamp_ms)
    assert tally.duplicates == 1
    assert tally.latencies_ms == [10]
    assert tally.view(1.0).verdicts == {"approve": 0, "review": 1, "reject": 0}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_decision_that_supersedes_another_holds_whichever_is_read_first(order: tuple[int, int]) -> None:
    degraded = decision("A-1", "review", degraded=["links"])
    again = decision("A-1", "approve", decision_id="d-again", supersedes="d-A-1")
    tally = tally_of("A-1")
    for number in order:
        tally.decision((degraded, again)[number], 1_010)
    assert tally.verdicts == {"A-1": "approve"}
    assert tally.view(1.0).verdicts == {"approve": 1, "review": 0, "reject": 0}
    assert (tally.degraded, tally.superseded, tally.duplicates) == (1, 1, 0)


def test_the_rate_is_that_of_the_last_seconds() -> None:
    tally = Tally()
    for number in range(100):
        tally.decision(decision(f"A-{number}"), 1_000)
    assert tally.view(2.0).decisions_per_s == 50
    assert tally.view(2.0 + RATE_OVER_S).decisions_per_s == 0


def test_a_view_shows_the_newest_of_alerts_and_flagged_decisions_first() -> None:
    tally = Tally()
    for number in range(NEWEST_SHOWN + 2):
        tally.alert(alert(number))
        tally.decision(decision(f"A-{number}", "reject"), 1_000)
        tally.decision(decision(f"B-{number}", "approve"), 1_000)
    view = tally.view(1.0)
    newest = list(range(NEWEST_SHOWN + 1, 1, -1))
    assert [each.alert_id for each in view.newest_alerts] == [f"alert-{number}" for number in newest]
    assert [each.application_id for each in view.newest_flagged] == [f"A-{number}" for number in newest]
    assert view.alerts == NEWEST_SHOWN + 2


def test_what_was_sent_and_not_decided_is_waiting() -> None:
    tally = tally_of("A-1", "A-2", "A-3")
    tally.decision(decision("A-1"), 1_010)
    assert tally.view(1.0).waiting == 2


def test_dead_letters_are_counted_by_code() -> None:
    tally = Tally()
    tally.dead_letter(dead_letter("not_json"))
    tally.dead_letter(dead_letter("clock_ahead"))
    tally.dead_letter(dead_letter("clock_ahead"))
    assert tally.dead_letters == {"not_json": 1, "clock_ahead": 2}
    assert tally.view(1.0).dead_letters == 3
