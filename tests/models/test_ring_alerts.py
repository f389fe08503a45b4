"""What becomes known of rings: decisions with their suspicion, alerts for each change, pictures."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest
from msgspec.structs import replace

from models.alerts import Alert
from models.decision import DecisionAudit
from models.enrichment import Enrichment, Observation
from models.facts import DeviceFacts
from models.pipeline import Decided, Models, decide
from models.policy.policy import load_policy_file
from models.ring_alerts import KIND, PICTURE, with_picture
from models.rings.state import RingOf, RingState
from models.rings.suspicion import PRIOR_WEIGHTS, SuspicionWeights
from tests.builders import DAY_MS, HOUR_MS, NOON_MS, application, moment
from tests.builders_network import SELF, link, neighbour, observation

POLICY = load_policy_file()
CERTAIN = SuspicionWeights((5.0, *(0.0 for _ in PRIOR_WEIGHTS.values[1:])), examples=100, frauds=60)
"""Every ring is fraud."""


def state(ring_id: str, size: int, **fields: Any) -> RingState:
    defaults: dict[str, Any] = {
        "founded_ms": NOON_MS - 9 * DAY_MS,
        "first_ms": NOON_MS - 9 * DAY_MS,
        "last_ms": NOON_MS - HOUR_MS,
        "size": size,
        "size_24h": 1,
        "size_7d": 3,
        "applicants": size,
        "amount_cny": 1000.0 * size,
        "approved": 2,
        "approved_cny": 2000.0,
        "refused": 0,
        "frauds": 0,
        "honest": 0,
        "listed": 0,
        "merchants": 2,
        "sales_reps": 0,
        "same_sales_rep": 0,
        "same_amount": 1,
        "shared": {"bank_card": 1},
        "merged": [],
        "members": [f"{ring_id}-{number}" for number in range(size)],
    }
    return RingState(**(defaults | {"ring_id": ring_id} | fields))


def decided(seen: Observation, *, held: bool = True, models: Models | None = None, **options: Any) -> Decided:
    """The decision on an application that an emulator gives away, unless it is not `held`."""
    return decide(
        application("A-1", bank_card="b", device=DeviceFacts(emulator=held)),
        Enrichment(observation=seen),
        POLICY,
        models or Models.for_policy(POLICY),
        decided_at=moment(NOON_MS),
        latency_ms=1.0,
        **options,
    )


def ring_alerts(seen: Observation, *, held: bool = True) -> dict[str, Alert]:
    """The ring's alerts by what has changed."""
    return {str(each.evidence["change"]): each for each in decided(seen, held=held).alerts if each.kind == KIND}


def with_rings(*states: RingState, kind: str = "email") -> Observation:
    """A neighbour of each ring, who shares something with this application."""
    neighbours = [neighbour(f"{each.ring_id}-0") for each in states]
    links = [link(kind, SELF, number, token=each.ring_id) for number, each in enumerate(states)]
    return observation(neighbours, links, rings=[RingOf(each, [number]) for number, each in enumerate(states)])


def test_a_decision_tells_of_the_whole_living_ring() -> None:
    case = decided(with_rings(state("ring-a", 6)))
    links = case.decision.links
    assert links is not None
    assert (links.ring_id, links.ring_size, links.ring_size_24h) == ("ring-a", 7, 2)
    assert links.ring_suspicion == case.features["ring_suspicion"] == case.audit.model_outputs.ring_suspicion
    assert case.features["ring_size"] == 7
    assert case.audit.ring is not None
    assert case.audit.ring.members == ["A-1", "ring-a-0"]


def test_the_weights_that_come_with_the_champion_say_how_suspicious_a_ring_is() -> None:
    models = Models.for_policy(POLICY)
    learned = replace(models, champion=replace(models.champion, suspicion=CERTAIN))
    beside = replace(models, challenger=replace(models.champion, suspicion=CERTAIN))
    seen = with_rings(state("ring-a", 2))
    assert decided(seen, models=models).features["ring_suspicion"] != 0.993307
    for each in (learned, beside):
        assert decided(seen, models=each).features["ring_suspicion"] == 0.993307


def test_a_past_decision_keeps_its_suspicion_whatever_has_been_learned_since() -> None:
    before = decided(with_rings(state("ring-a", 6)))
    audit = msgspec.json.decode(msgspec.json.encode(before.audit), type=DecisionAudit)
    models = Models.for_policy(POLICY)
    since = replace(models, champion=replace(models.champion, suspicion=CERTAIN))
    again = decide(
        audit.event,
        audit.enrichment,
        POLICY,
        since,
        decided_at=audit.decided_at,
        latency_ms=1.0,
        model_outputs=audit.model_outputs,
    )
    assert (again.decision, again.audit, again.alerts) == (before.decision, before.audit, before.alerts)


def test_each_change_of_a_ring_is_an_alert_of_its_own_with_its_history() -> None:
    older = state("ring-b", 5, founded_ms=NOON_MS - 20 * DAY_MS, frauds=1)
    found = ring_alerts(with_rings(state("ring-a", 6), older))
    assert set(found) == {"8", "merged ring-a", "fraud"}
    assert len({each.alert_id for each in found.values()}) == 3
    merged = found["merged ring-a"]
    assert (merged.subject.id, merged.evidence["merged"], merged.evidence["ring_size"]) == ("ring-b", ["ring-a"], 12)
    assert merged.evidence["at_risk_cny"] == 4000.0
    assert merged.summary.startswith("2 rings are one now, of 12 applications by 12 people")
    assert len(merged.applications) == 12
    assert {each.application_id for each in with_rings(older).neighbours} <= set(merged.applications)


def test_that_a_ring_grows_is_no_news_while_its_applications_pass_but_a_confirmed_fraud_always_is() -> None:
    assert ring_alerts(with_rings(state("ring-a", 2)), held=False) == {}
    assert set(ring_alerts(with_rings(state("ring-a", 2, frauds=1), kind="phone"), held=False)) == {"fraud"}


@pytest.mark.parametrize(("size", "alerts"), [(1, 0), (2, 1)])
def test_a_ring_is_news_from_the_first_size_of_the_policy_on(size: int, alerts: int) -> None:
    assert len(ring_alerts(with_rings(state("ring-a", size)))) == alerts


def test_an_alerts_picture_takes_the_place_of_what_it_is_drawn_from() -> None:
    seen = with_rings(state("ring-a", 6))
    [alert] = ring_alerts(seen).values()
    pictured = with_picture(alert)
    assert pictured.evidence.keys() ^ alert.evidence.keys() == {"marks", "shares", PICTURE}
    tree = ElementTree.fromstring(str(pictured.evidence[PICTURE]))  # noqa: S314 - made here
    names = [title.text for title in tree.iter("{http://www.w3.org/2000/svg}title")]
    assert names == alert.applications
    assert with_picture(pictured) == pictured
    tokens = {each.token for each in application("A-1", bank_card="b").identifiers}
    text = json.dumps(msgspec.to_builtins(pictured))
    assert not any(token in text for token in tokens)


def test_the_largest_ring_of_the_longest_ids_makes_a_record_of_less_than_64_kb() -> None:
    members = [f"{number:064d}" for number in range(64)]
    neighbours = [neighbour(f"{number:a>64}") for number in range(256)]
    links = [link("device_id", SELF, *range(number, number + 30), token=str(number)) for number in range(220)]
    seen = observation(neighbours, links, rings=[RingOf(state("ring-a", 300, members=members), [0])])
    for alert in ring_alerts(seen).values():
        assert len(msgspec.json.encode(with_picture(alert))) < 64 * 1024
        assert len(msgspec.json.encode(alert)) < 64 * 1024
