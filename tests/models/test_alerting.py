"""Alerts: when they are raised, that the same situation has the same id, and that a person can read them."""

from __future__ import annotations

from datetime import timedelta, timezone
from typing import Any

import pytest

from models.alerting import degraded_alert, silent_list_alert
from models.alerts import Alert
from models.enrichment import Enrichment, Link, ListHit, Observation, Velocity
from models.facts import ApplicationFacts, DeviceFacts
from models.pipeline import Models, decide
from models.policy.policy import load_policy_file
from tests.builders import DAY_MS, HOUR_MS, MINUTE_MS, NOON_MS, application, moment
from tests.builders_network import SELF, link, neighbour, observation, sighting

POLICY = load_policy_file()
QINGDAO = "8931aa50c17ffff"
FAR_CELL = "8928308280fffff"
"""In San Francisco."""


def alerts(facts: ApplicationFacts, seen: Observation, kind: str) -> list[Alert]:
    case = decide(
        facts,
        Enrichment(observation=seen),
        POLICY,
        Models.for_policy(POLICY),
        decided_at=moment(NOON_MS),
        latency_ms=1.0,
    )
    return [alert for alert in case.alerts if alert.kind == kind]


def hit(kind: str, list_name: str = "own", severity: str = "medium") -> ListHit:
    return ListHit(kind, "token-of-it", list_name, severity, "sold phones", None, None, NOON_MS - 1, None)


# --- Blacklist --------------------------------------------------------------------------------------------------------


def test_each_listed_identifier_of_the_applicant_is_one_alert() -> None:
    seen = observation(hits=[hit("phone"), hit("phone", list_name="external:x", severity="high"), hit("device_id")])
    phone, device = alerts(application("A-1"), seen, "BLACKLIST_HIT")
    assert (phone.severity, device.severity) == ("high", "medium")
    assert phone.evidence["lists"] == ["external:x", "own"]
    assert (phone.subject.type, phone.subject.id, phone.applications) == ("application", "A-1", ["A-1"])
    assert (
        phone.summary == "The phone of application A-1 is on the list external:x and the own list with severity high."
    )
    assert phone.alert_id != device.alert_id


def test_a_listed_contact_is_no_alert() -> None:
    assert alerts(application(), observation(hits=[hit("contact_phone")]), "BLACKLIST_HIT") == []


def test_the_same_hit_of_the_same_application_has_the_same_id_and_another_applications_does_not() -> None:
    seen = observation(hits=[hit("phone")])
    ids = [alerts(application(who), seen, "BLACKLIST_HIT")[0].alert_id for who in ("A-1", "A-1", "A-2")]
    assert ids[0] == ids[1] != ids[2]


# --- Rings ------------------------------------------------------------------------------------------------------------


def ring(size: int, *, decision_reason: bool = True, newest: str = "A-1", every_ms: int = MINUTE_MS) -> list[Alert]:
    """Alerts of the newest of `size` people with one bank card; of an emulator, so that it is not approved."""
    others = [neighbour(f"R-{n}", occurred_ms=NOON_MS - (size - n) * every_ms) for n in range(1, size)]
    facts = application(newest, bank_card="b", device=DeviceFacts(emulator=decision_reason))
    seen = observation(others, [link("bank_card", SELF, *range(size - 1))])
    return alerts(facts, seen, "FRAUD_RING")


def test_a_ring_is_reported_at_its_first_size_and_not_under_it() -> None:
    assert ring(2) == []
    [alert] = ring(3)
    assert alert.severity == "medium"
    assert alert.applications == ["R-1", "R-2", "A-1"]
    assert alert.subject.type == "ring"
    assert alert.evidence["ring_size"] == 3
    assert "3 applications by 3 people" in alert.summary
    assert "bank card with 2" in alert.summary


def test_a_ring_is_reported_once_for_each_size_step() -> None:
    ids = {size: ring(size, newest=f"N-{size}")[0].alert_id for size in range(3, 14)}
    assert ids[3] == ids[4]
    assert ids[4] != ids[5]
    assert ids[5] == ids[6] == ids[7]
    assert len(set(ids.values())) == 4


@pytest.mark.parametrize(
    ("size", "severity"), [(4, "medium"), (5, "high"), (12, "high"), (13, "critical"), (20, "critical")]
)
def test_larger_rings_are_more_severe_from_each_size_on(size: int, severity: str) -> None:
    assert ring(size)[0].severity == severity


def test_a_small_ring_of_approved_applications_is_no_news() -> None:
    assert ring(3, decision_reason=False, every_ms=9 * DAY_MS) == []


# --- Velocity ---------------------------------------------------------------------------------------------------------


def burst(
    facts: ApplicationFacts, counts: list[int], *, kind: str = "device_id", store: int = 0, **fields: Any
) -> list[Alert]:
    token = facts.token("device_id") if kind == "device_id" else facts.token("id_number")
    seen = observation(
        [neighbour("N-1", occurred_ms=NOON_MS - HOUR_MS), neighbour("N-2", occurred_ms=NOON_MS - 2 * DAY_MS)],
        [Link(kind, token or "", 5, {"app": 5 - store, "store": store}, [SELF, 0, 1])],
        velocity=[Velocity(kind, token or "", counts, [3] * 5, 5, [])],
        **fields,
    )
    return alerts(facts, seen, "VELOCITY_BURST")


def test_a_burst_is_reported_at_its_threshold_and_not_under_it() -> None:
    facts = application(device_id="d")
    assert burst(facts, [4, 4, 9, 9, 9]) == []
    [alert] = burst(facts, [4, 5, 9, 9, 9])
    assert alert.severity == "high"
    assert (alert.subject.type, alert.subject.id) == ("device_id", facts.token("device_id"))
    assert alert.evidence["threshold"] == 5


def test_a_burst_lists_the_applications_of_its_window() -> None:
    [alert] = burst(application(device_id="d"), [5, 5, 5, 5, 5])
    assert alert.applications == ["N-1", "A-1"]


def test_a_burst_is_told_without_the_whole_token() -> None:
    facts = application(device_id="d")
    [alert] = burst(facts, [5, 5, 5, 5, 5])
    token = facts.token("device_id") or ""
    assert token not in alert.summary
    assert alert.summary == (
        f"5 applications by 3 people came with the same device id ({token[:8]}…) within 24h; 5 are reported."
    )


def test_a_shops_kiosk_is_no_burst() -> None:
    facts = application(device_id="d", channel="store")
    assert burst(facts, [9, 50, 50, 50, 50], store=4) == []
    assert burst(facts, [9, 50, 50, 50, 50], store=3) != []


def test_a_burst_is_reported_once_a_day() -> None:
    days = [NOON_MS - NOON_MS % DAY_MS + DAY_MS * n for n in (0, 1)]
    times = [days[0], days[0] + DAY_MS - 1, days[1]]
    found = [burst(application(f"A-{n}", device_id="d", at_ms=at), [5] * 5) for n, at in enumerate(times)]
    ids = [one.alert_id for [one] in found]
    assert ids[0] == ids[1] != ids[2]


def test_bursts_of_two_identifiers_are_two_alerts() -> None:
    facts = application(device_id="d")
    [device] = burst(facts, [5] * 5)
    [person] = burst(facts, [5] * 5, kind="id_number")
    assert device.alert_id != person.alert_id


# --- Travel -----------------------------------------------------------------------------------------------------------


def journey(facts: ApplicationFacts, cell: str) -> list[Alert]:
    return alerts(facts, observation(sightings=[sighting(cell=cell)]), "IMPOSSIBLE_TRAVEL")


def test_an_impossible_journey_is_reported_in_figures() -> None:
    facts = application(gps_cell=QINGDAO)
    [alert] = journey(facts, FAR_CELL)
    assert alert.severity == "high"
    assert (alert.subject.type, alert.subject.id) == ("applicant", facts.applicant_token)
    assert facts.applicant_token not in alert.summary
    km = alert.evidence["distance_km"]
    assert isinstance(km, float)
    assert f"{km:,.0f} km away" in alert.summary


def test_staying_where_one_was_is_not_reported() -> None:
    assert journey(application(gps_cell=QINGDAO), QINGDAO) == []


def test_an_applicants_journeys_of_one_day_are_one_alert() -> None:
    def alert_id(who: str, id_number: str) -> str:
        return journey(application(who, id_number=id_number, gps_cell=QINGDAO), FAR_CELL)[0].alert_id

    assert alert_id("A-1", "x") == alert_id("A-2", "x") != alert_id("A-3", "y")


# --- Degraded ---------------------------------------------------------------------------------------------------------


def test_one_outage_is_one_alert_in_whatever_time_zone() -> None:
    since = moment(NOON_MS)
    first = degraded_alert("links", since, raised_at=since, applications=["A-1"])
    shanghai = since.astimezone(timezone(timedelta(hours=8)))
    again = degraded_alert("links", shanghai, raised_at=since + timedelta(minutes=5), applications=["A-2"])
    assert first.alert_id == again.alert_id
    assert first.summary == again.summary
    assert first.applications == ["A-1"]
    assert (first.kind, first.subject.type, first.subject.id) == ("DEGRADED", "dependency", "links")


def test_another_outage_or_dependency_is_another_alert() -> None:
    since = moment(NOON_MS)
    ids = {
        degraded_alert("links", since, raised_at=since, applications=[]).alert_id,
        degraded_alert("links", since + timedelta(seconds=1), raised_at=since, applications=[]).alert_id,
        degraded_alert("model", since, raised_at=since, applications=[]).alert_id,
    }
    assert len(ids) == 3


def test_an_outage_of_a_list_service_is_named_as_decisions_name_it() -> None:
    since = moment(NOON_MS)
    first, again = (silent_list_alert("bureau", since, since + timedelta(minutes=late)) for late in (0, 5))
    assert (first.kind, first.subject.type, first.subject.id) == ("DEGRADED", "dependency", "lists.external:bureau")
    assert first.alert_id == again.alert_id != silent_list_alert("police", since, since).alert_id
