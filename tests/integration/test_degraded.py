"""Without Valkey applications go on being decided, flagged, and are decided again when it is back."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from config.settings import Settings
from scripts.embedded import EmbeddedValkey
from tests.integration.harness import PATIENCE_S, Client, MakeApplication, StartWorker, WorkerProcess


@pytest.fixture
def own_valkey(tmp_path: Path) -> Iterator[EmbeddedValkey]:
    """A Valkey that the test may kill."""
    with EmbeddedValkey(tmp_path / "valkey") as server:
        yield server


def partitions(worker: WorkerProcess) -> int:
    return int(json.loads(worker.get("/readyz")[1] or "{}").get("partitions", 0))


async def until(holds: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        await asyncio.sleep(0.1)


async def test_a_decision_without_valkey_is_superseded_when_it_is_back(
    start_worker: StartWorker,
    client: Client,
    make_application: MakeApplication,
    topics: Settings,
    own_valkey: EmbeddedValkey,
) -> None:
    worker = start_worker(settings=topics.model_copy(update={"redis_url": SecretStr(own_valkey.url)}))
    await client.apply(make_application(1))
    await client.wait_for("decisions", 1)

    own_valkey.kill()
    await client.apply(make_application(2))
    degraded = (await client.wait_for("decisions", 2))[1]
    assert degraded["application_id"] == "A-2"
    assert degraded["degraded"] == ["links", "blacklist"]
    assert degraded["decision"] != "approve"
    assert degraded["links"] is None
    assert "DEGRADED_DEPENDENCY" in {reason["code"] for reason in degraded["reasons"]}
    assert degraded["latency_ms"] < 1000 * worker.times_slower
    await until(lambda: worker.get("/readyz")[0] == 503, PATIENCE_S)
    assert 'tidegate_index_breaker{tidegate_index_breaker="closed"} 0.0' in worker.get("/metrics")[1]
    await client.wait_for_alert("DEGRADED")

    own_valkey.start()
    again = (await client.wait_for("decisions", 3))[2]
    await client.settle(0.5)
    assert again["application_id"] == "A-2"
    assert again["degraded"] == []
    assert again["supersedes"] == degraded["decision_id"]
    assert again["decision_id"] != degraded["decision_id"]
    assert again["links"] is not None
    assert len(client.seen["decisions"]) == 3
    assert [alert["kind"] for alert in client.seen["alerts"]].count("DEGRADED") == 1


async def test_an_outage_raises_one_alert_over_all_workers_and_holds_nobody_up(
    start_worker: StartWorker,
    client: Client,
    make_application: MakeApplication,
    topics: Settings,
    own_valkey: EmbeddedValkey,
) -> None:
    settings = topics.model_copy(update={"redis_url": SecretStr(own_valkey.url)})
    workers = [start_worker(settings=settings, wait=False) for _ in range(2)]
    for worker in workers:
        worker.wait_until_ready()
    await until(lambda: 0 < partitions(workers[0]) == partitions(workers[1]), PATIENCE_S)

    own_valkey.kill()
    await until(lambda: all(worker.get("/readyz")[0] == 503 for worker in workers), PATIENCE_S)
    count = 60
    for number in range(count):
        await client.apply(make_application(number))
    degraded = await client.wait_for("decisions", count)
    assert all(each["degraded"] for each in degraded)

    own_valkey.start()
    within_s = 10.0 * max(worker.times_slower for worker in workers)
    again = (await client.wait_for("decisions", 2 * count, within_s))[count:]
    assert {each["supersedes"] for each in again} == {each["decision_id"] for each in degraded[:count]}
    await client.settle(1.0)
    assert [alert["kind"] for alert in client.seen["alerts"] if alert["kind"] == "DEGRADED"] == ["DEGRADED"]
    assert all(worker.get("/readyz")[0] == 200 for worker in workers)


async def test_events_that_only_write_to_valkey_wait_for_it(
    start_worker: StartWorker,
    client: Client,
    make_application: MakeApplication,
    topics: Settings,
    own_valkey: EmbeddedValkey,
) -> None:
    worker = start_worker(settings=topics.model_copy(update={"redis_url": SecretStr(own_valkey.url)}))
    own_valkey.kill()
    application = make_application(1)
    await client.send(
        "blacklist-entries",
        {
            "event_id": "b-1", "occurred_at": "2026-01-01T00:00:00Z", "action": "add", "list": "own",
            "kind": "phone", "value": application["applicant"]["phone"], "severity": "high",
        },
    )  # fmt: skip
    await client.settle(1.0)
    own_valkey.start()
    await client.wait_until_taken("blacklist-entries")
    await until(lambda: worker.get("/readyz")[0] == 200, PATIENCE_S)
    await client.apply(application)
    decision = (await client.wait_for("decisions", 1))[0]
    assert "BLACKLIST_HIT" in {reason["code"] for reason in decision["reasons"]}


async def test_a_worker_that_starts_without_valkey_decides_all_the_same(
    start_worker: StartWorker,
    client: Client,
    make_application: MakeApplication,
    topics: Settings,
    own_valkey: EmbeddedValkey,
) -> None:
    own_valkey.kill()
    start_worker(settings=topics.model_copy(update={"redis_url": SecretStr(own_valkey.url)}), wait=False)
    await client.apply(make_application(1))
    decision = (await client.wait_for("decisions", 1))[0]
    assert decision["degraded"] == ["links", "blacklist"]
    own_valkey.start()
    assert (await client.wait_for("decisions", 2))[1]["supersedes"] == decision["decision_id"]
