"""What was approved before a ring member turned out to be fraud is found, reported and held back, by real workers."""

from __future__ import annotations

import re
import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from config.settings import Settings
from models.policy.policy import DEFAULT_POLICY
from tests.integration.harness import Client, MakeApplication, StartWorker

MEMBERS = 40
FRAUD = 17
DISBURSED = range(0, MEMBERS, 3)
REPAID = 6


def label(number: int, kind: str) -> dict[str, Any]:
    return {
        "event_id": f"l-{number}-{kind}",
        "application_id": f"A-{number}",
        "occurred_at": datetime.now(UTC).isoformat(),
        "kind": kind,
        "source": "core",
    }


def member(number: int, make_application: MakeApplication) -> dict[str, Any]:
    """One of a ring over 30 days: four or so use one phone, and every group shares a card with the next one."""
    return make_application(
        number,
        occurred_at=(datetime.now(UTC) - timedelta(days=30) * (MEMBERS - number) / MEMBERS).isoformat(),
        applicant__id_number=f"11010119900307{number:03d}X",
        applicant__phone=f"1380000{number:04d}",
        applicant__bank_card=f"62220202000000{(number + 2) // 4:05d}",
        applicant__email=None,
        applicant__contacts=None,
        applicant__address=None,
        applicant__employer=None,
        device__device_id=f"d-{number // 4}",
        device__ip=f"10.{number}.0.1",
        device__gps=None,
        liveness__face_id=f"f-{number}",
    )


@pytest.fixture
def partitions() -> int:
    """As by default: members come together from all over."""
    return 12


@pytest.fixture
def lenient(settings: Settings, tmp_path: Path) -> Settings:
    """A policy that notes all and holds back nobody."""
    text = re.sub(r'effect = "(review|reject)"', 'effect = "note"', DEFAULT_POLICY.read_text("utf-8"))
    text = re.sub(r"(reject_at|review_at) = [0-9.]+", r"\1 = 1.0", text)
    place = tmp_path / "policy.toml"
    place.write_text(text, "utf-8")
    return settings.model_copy(update={"policy": place})


async def test_all_of_a_ring_of_forty_are_reported_within_five_seconds(
    lenient: Settings, start_worker: StartWorker, client: Client, make_application: MakeApplication
) -> None:
    workers = [start_worker(settings=lenient, wait=False) for _ in range(2)]
    for worker in workers:
        worker.wait_until_ready()
    for number in range(MEMBERS):
        await client.apply(member(number, make_application))
    decisions = {each["application_id"]: each for each in await client.wait_for("decisions", MEMBERS)}
    assert {each["decision"] for each in decisions.values()} == {"approve"}
    for number in DISBURSED:
        await client.send("labels", label(number, "disbursed"), f"A-{number}")
    await client.send("labels", label(REPAID, "repaid"), f"A-{REPAID}")
    await client.wait_until_taken("labels")

    began = time.monotonic()
    await client.send("labels", label(FRAUD, "confirmed_fraud"), f"A-{FRAUD}")
    (alert,) = await client.wait_for("alerts", 1)
    reported_s = time.monotonic() - began
    held = {f"A-{n}" for n in range(MEMBERS)} - {f"A-{n}" for n in DISBURSED} - {f"A-{FRAUD}"}
    again = (await client.wait_for("decisions", MEMBERS + len(held)))[MEMBERS:]
    decided_s = time.monotonic() - began

    assert (alert["kind"], alert["subject"], alert["severity"]) == (
        "RING_RECALL",
        {"type": "application", "id": f"A-{FRAUD}"},
        "critical",
    )
    others = {f"A-{n}" for n in range(MEMBERS)} - {f"A-{FRAUD}", f"A-{REPAID}"}
    assert set(alert["applications"]) == others
    assert alert["evidence"]["repaid"] == 1
    assert set(alert["evidence"]["to_review"]) == held
    assert set(alert["evidence"]["disbursed"]) == others - held
    assert alert["evidence"]["amount_at_risk_cny"] == 6999.0 * len(others)
    assert {each["application_id"] for each in again} == held
    for each in again:
        original = decisions[each["application_id"]]
        assert (each["decision"], each["supersedes"]) == ("review", original["decision_id"])
        (reason,) = [reason for reason in each["reasons"] if reason["code"] == "LINKED_TO_FRAUD"]
        path = reason["detail"]["path"]
        assert (path[0], path[-1], len(path)) == (
            f"A-{FRAUD}",
            each["application_id"],
            1 + 2 * reason["detail"]["distance"],
        )
        assert set(path[1::2]) <= {"device_id", "bank_card"}
    within_s = 5 * max(worker.times_slower for worker in workers)
    assert max(reported_s, decided_s) < within_s, (reported_s, decided_s)

    workers[0].stop(signal.SIGKILL)
    await client.send("labels", label(FRAUD, "confirmed_fraud"), f"A-{FRAUD}")  # the same once more
    alerts = await client.wait_for("alerts", 2)
    await client.settle(2.0)
    assert [each for each in alerts if each != alert] == []
    assert {each["decision_id"] for each in client.seen["decisions"][MEMBERS:]} == {
        each["decision_id"] for each in again
    }
