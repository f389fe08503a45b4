"""An application published by any client becomes a decision, through a real worker, Kafka and Valkey."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from tests.integration.harness import Client, MakeApplication, StartWorker


async def test_an_application_gets_one_decision_and_one_audit_record_within_250_ms(
    start_worker: StartWorker, client: Client, make_application: MakeApplication
) -> None:
    worker = start_worker()
    await client.apply(make_application(1))
    await client.wait_for("decisions", 1)  # connections and caches are warm now

    fastest_s = 1e9
    for number in range(2, 7):
        started = time.monotonic()
        await client.apply(make_application(number))
        await client.wait_for("decisions", number)
        await client.wait_for("decision-audit", number)
        fastest_s = min(fastest_s, time.monotonic() - started)
    await client.settle(0.5)

    decisions, audits = client.seen["decisions"], client.seen["decision-audit"]
    assert [each["application_id"] for each in decisions] == [f"A-{number}" for number in range(1, 7)]
    assert [each["decision_id"] for each in audits] == [each["decision_id"] for each in decisions]
    assert fastest_s < 0.25 * worker.times_slower
    assert decisions[0]["degraded"] == []


async def test_the_same_event_again_gives_the_same_decision_and_no_second_alert_or_audit_record(
    start_worker: StartWorker, client: Client, make_application: MakeApplication
) -> None:
    start_worker()
    await client.send(
        "blacklist-entries",
        {
            "event_id": "b-1",
            "occurred_at": "2026-01-01T00:00:00Z",
            "action": "add",
            "list": "own",
            "kind": "phone",
            "value": "138 0000 0001",
            "reason": "confirmed fraud",
            "severity": "high",
        },
        "phone:13800000001",
    )
    await client.wait_until_taken("blacklist-entries")
    application = make_application(1)
    await client.apply(application)
    await client.wait_for("decisions", 1)
    await client.apply(make_application(2, applicant__id_number="110101199003070011"))  # the world moves on
    await client.wait_for("decisions", 2)
    await client.apply(application)
    await client.wait_for("decisions", 3)
    await client.settle(0.5)

    first, _, again = client.seen["decisions"]
    assert again == first
    assert first["decision"] == "reject"
    assert "BLACKLIST_HIT" in {reason["code"] for reason in first["reasons"]}
    assert len(client.seen["decision-audit"]) == 2
    assert len(client.seen["alerts"]) == len({alert["alert_id"] for alert in client.seen["alerts"]})


async def test_the_same_event_twice_at_once_gives_the_same_decision(
    start_worker: StartWorker, client: Client, make_application: MakeApplication
) -> None:
    application = make_application(1)
    await client.apply(application)
    await client.apply(application)
    start_worker()
    first, again = (await client.wait_for("decisions", 2))[:2]
    await client.settle(0.5)
    assert first == again
    assert len(client.seen["decision-audit"]) == 1


async def test_a_restarted_worker_remembers_what_it_decided(
    start_worker: StartWorker, client: Client, make_application: MakeApplication
) -> None:
    application = make_application(1)
    worker = start_worker()
    await client.apply(application)
    await client.wait_for("decisions", 1)
    assert worker.stop() == 0
    start_worker()
    await client.apply(application)
    first, again = await client.wait_for("decisions", 2)
    assert again == first


async def test_a_device_event_and_a_label_reach_the_decisions_that_follow(
    start_worker: StartWorker, client: Client, make_application: MakeApplication
) -> None:
    start_worker()
    first = make_application(1)
    now = datetime.now(UTC)
    await client.send(
        "device-events",
        {
            "event_id": "d-1",
            "device_id": first["device"]["device_id"],
            "occurred_at": (now - timedelta(minutes=5)).isoformat(),
            "kind": "login",
            "hooked": True,
        },
        first["device"]["device_id"],
    )
    await client.wait_until_taken("device-events")
    await client.apply(first)
    await client.wait_for("decisions", 1)
    await client.send(
        "labels",
        {
            "event_id": "l-1",
            "application_id": "A-1",
            "occurred_at": now.isoformat(),
            "kind": "confirmed_fraud",
            "source": "analyst",
        },
        "A-1",
    )
    await client.wait_until_taken("labels")
    await client.apply(make_application(2, applicant__id_number="110101199003070011"))
    decisions = await client.wait_for("decisions", 2)

    assert "DEVICE_HOOKED" in {reason["code"] for reason in decisions[0]["reasons"]}
    assert "LINKED_TO_FRAUD" in {reason["code"] for reason in decisions[1]["reasons"]}
    assert decisions[1]["links"]["fraud_distance"] == 1
