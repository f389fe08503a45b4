"""An empty Valkey is filled again from Kafka, and is what it was; also beside a worker that goes on deciding."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest
import redis
from aiokafka import AIOKafkaProducer
from pydantic import SecretStr

from config.settings import Settings
from scripts.embedded import EmbeddedValkey
from scripts.simulator.publishing import publish
from scripts.simulator.stream import SimulationConfig, simulated_stream
from streams.index.layout import PREFIX_CHARACTERS
from streams.index.list_storage import read_bucket
from tests.integration.harness import Client, MakeApplication, StartWorker

APPLICATIONS = 250
LISTED = {
    "occurred_at": "2026-01-01T00:00:00Z", "action": "add", "list": "own", "kind": "phone", "severity": "high",
}  # fmt: skip


@pytest.fixture
def own(topics: Settings, tmp_path: Path) -> Iterator[Settings]:
    """Settings with a Valkey that the test may empty."""
    with EmbeddedValkey(tmp_path / "valkey") as server:
        yield topics.model_copy(update={"redis_url": SecretStr(server.url), "index_deadline_ms": 5_000})


@pytest.fixture
def store(own: Settings) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(own.redis_url.get_secret_value()) as client:
        yield client


def contents(store: redis.Redis) -> dict[str, object]:
    """Key without prefix -> value, apart from what is not settled yet and what recalls found. Who claimed an alert is
    not published, and the entries of a bucket have no order."""
    keys = sorted(store.scan_iter(count=1_000))
    found: dict[str, object] = {}
    values = cast("list[bytes | None]", store.mget(keys))
    for key, value in zip(keys, values, strict=True):
        name = key.decode()[PREFIX_CHARACTERS:]
        if name[0] == "L":
            found[name] = sorted(each.record for each in read_bucket(name[2:], value))
        elif name[0] not in "UK":
            found[name] = store.hgetall(key) if name[0] in "HTX" else b"" if name[0] == "C" else value
    return found


def simulation(number: int, run: str) -> SimulationConfig:
    end = datetime.now(UTC)
    return SimulationConfig(
        start=end - timedelta(days=3), end=end, applications=number, fraud_share=0.2, label_delay_days=0.5, run_id=run
    )


async def traffic(settings: Settings, client: Client, number: int, run: str) -> None:
    """Publish simulated traffic and wait for its decisions."""
    producer = AIOKafkaProducer(bootstrap_servers=settings.bootstrap)
    await producer.start()
    before = len(client.seen["decisions"])
    await publish(simulated_stream(simulation(number, run)), producer, settings, rate=0)
    await producer.stop()
    await client.wait_for("decisions", before + number)


async def until_nothing_waits(client: Client) -> None:
    """All that was published, and then what that led to."""
    await client.wait_until_taken("applications", "blacklist-entries", "device-events", "labels")
    await client.wait_until_taken("deferred", "recalls", "strayed-labels")


async def rebuild(settings: Settings, *options: str) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "from scripts.cli import main; main()", "rebuild", *options,
        env=settings.environment(os.environ) | {"COLUMNS": "160"},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output = (await process.communicate())[0].decode()
    assert process.returncode == 0, output
    return output


async def test_a_rebuilt_index_is_what_it_was(
    start_worker: StartWorker, client: Client, own: Settings, store: redis.Redis, make_application: MakeApplication
) -> None:
    worker = start_worker(settings=own)
    listed = make_application(1)
    await client.send("blacklist-entries", LISTED | {"event_id": "b-1", "value": listed["applicant"]["phone"]})
    words = LISTED | {"kind": "device_id", "value": "d", "evidence": "case 7", "expires_at": "2099-01-01T00:00:00.001Z"}
    await client.send("blacklist-entries", words | {"event_id": "b-2"})
    await client.send("blacklist-entries", b"unreadable")
    await until_nothing_waits(client)
    await client.apply(listed)
    await client.apply(listed | {"event_id": "e-again"})
    await client.wait_for("decisions", 2)
    await traffic(own, client, APPLICATIONS, "one")
    await until_nothing_waits(client)
    worker.stop()
    before = contents(store)
    assert {key[0] for key in before} >= {
        "A",
        "C",
        "D",
        "E",
        "G",
        "H",
        "L",
        "P",
        "R",
        "S",
        "T",
        "X",
        "i",
        "p",
        "c",
        "d",
    }

    store.flushall()
    output = await rebuild(own)
    assert re.search(r"lists .* 1 +", output), output
    assert contents(store) == before
    await rebuild(own)
    assert contents(store) == before


async def test_a_rebuild_beside_a_worker_that_goes_on_ends_in_the_same_index(
    start_worker: StartWorker, client: Client, own: Settings, store: redis.Redis
) -> None:
    worker = start_worker(settings=own)
    await traffic(own, client, APPLICATIONS, "one")
    await until_nothing_waits(client)
    store.flushall()
    await asyncio.gather(traffic(own, client, APPLICATIONS, "two"), rebuild(own))
    await until_nothing_waits(client)
    decisions = client.seen["decisions"]
    assert len({each["decision_id"] for each in decisions}) == len({each["event_id"] for each in decisions})
    beside = contents(store)

    worker.stop()
    store.flushall()
    await rebuild(own)
    assert contents(store) == beside


async def test_one_part_alone_can_be_rebuilt(
    start_worker: StartWorker, client: Client, own: Settings, store: redis.Redis, make_application: MakeApplication
) -> None:
    start_worker(settings=own)
    await client.send("blacklist-entries", LISTED | {"event_id": "b-1", "value": "13800000001"})
    await client.apply(make_application(1))
    await client.wait_for("decisions", 1)
    await until_nothing_waits(client)
    store.flushall()
    await rebuild(own, "--only", "lists")
    assert {key[0] for key in contents(store)} == {"L", "P", "T"}
    await client.apply(make_application(2, applicant__phone="13800000001"))
    decision = (await client.wait_for("decisions", 2))[-1]
    assert "BLACKLIST_HIT" in {reason["code"] for reason in decision["reasons"]}
