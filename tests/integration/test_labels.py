"""From labels to what the learner is told, with real workers: each example once, whatever order, repeat or kill."""

from __future__ import annotations

import asyncio
import shutil
import signal
import time
from collections import Counter
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from aiokafka import AIOKafkaProducer

from config.settings import Settings
from models.learning.protocol import Example
from streams.kafka import client_options, read_to_end, running
from streams.label_cases import TRAINING
from streams.partitioning import partition_of
from tests.integration.harness import PATIENCE_S, Client, MakeApplication, StartWorker


def label(number: int, kind: str = "confirmed_fraud", name: str = "l", days_ago: float = 0.0) -> dict[str, Any]:
    occurred_at = datetime.now(UTC) - timedelta(days=days_ago)
    return {
        "event_id": f"{name}-{number}",
        "application_id": f"A-{number}",
        "occurred_at": occurred_at.isoformat(),
        "kind": kind,
        "source": "analyst",
    }


async def send(client: Client, record: dict[str, Any]) -> None:
    await client.send("labels", record, record["application_id"])


async def told(settings: Settings) -> list[Example]:
    async with aclosing(read_to_end(settings, settings.topic(TRAINING))) as records:
        return [msgspec.json.decode(record.value, type=Example) async for record in records]


async def told_when(settings: Settings, count: int, patience_s: float = PATIENCE_S) -> list[Example]:
    """What was told when it is at least `count` examples."""
    deadline = time.monotonic() + patience_s
    while len(examples := await told(settings)) < count:
        assert time.monotonic() < deadline, f"{len(examples)} of {count} examples after {patience_s} s"
        await asyncio.sleep(0.3)
    return examples


async def test_labels_are_told_with_what_was_known_at_the_decision(
    start_worker: StartWorker, client: Client, make_application: MakeApplication, topics: Settings
) -> None:
    await send(client, label(1))  # before its application
    start_worker()
    for number in range(1, 6):
        await client.apply(make_application(number))
    audits = {each["application_id"]: each for each in await client.wait_for("decision-audit", 5)}
    await send(client, label(2, "confirmed_legitimate"))
    await send(client, label(2, "confirmed_legitimate"))
    await send(client, label(3, "repaid"))
    await send(client, label(3, "overdue", name="o"))
    await send(client, label(4, "repaid", days_ago=31))
    await send(client, label(5, "repaid", days_ago=31))
    await told_when(topics, 4)
    await send(client, label(5, "confirmed_fraud", name="v"))
    examples = {each.example_id: each for each in await told_when(topics, 5)}

    assert {each: (example.fraud, example.corrects) for each, example in examples.items()} == {
        "A-1:l-1": (True, None),
        "A-2:l-2": (False, None),
        "A-4:l-4": (False, None),
        "A-5:l-5": (False, None),
        "A-5:v-5": (True, False),
    }
    for example in examples.values():
        audit = audits[example.application_id]
        assert example.features == audit["features"]
        assert example.fraud_score == audit["fraud_score"]
        assert example.event_id == audit["event_id"]
        assert example.categories["channel"] == audit["event"]["channel"]


async def test_labels_in_another_partition_than_their_decision_are_joined_all_the_same(
    start_worker: StartWorker, client: Client, make_application: MakeApplication, topics: Settings
) -> None:
    start_worker()
    for number in range(6):
        await client.apply(make_application(number))
    numbers = tuple(range(topics.partitions))
    producer = AIOKafkaProducer(**client_options(topics))
    async with running(producer, topics):
        for number in range(6):
            record = label(number)
            home = partition_of(record["application_id"].encode(), numbers)
            partition = (home + 1) % topics.partitions
            await producer.send_and_wait(topics.topic("labels"), msgspec.json.encode(record), partition=partition)
    examples = await told_when(topics, 6)
    assert sorted(each.application_id for each in examples) == [f"A-{number}" for number in range(6)]


async def test_each_label_is_told_once_when_workers_are_killed_and_lose_their_store(
    start_worker: StartWorker, client: Client, make_application: MakeApplication, topics: Settings
) -> None:
    first = start_worker()
    number_of = 60
    for number in range(number_of):
        await client.apply(make_application(number))
        if number % 2 == 0:
            await send(client, label(number))
    await told_when(topics, number_of // 4)
    first.stop(signal.SIGKILL)
    for number in range(1, number_of, 2):
        await send(client, label(number))
    second = start_worker()
    await told_when(topics, number_of * 3 // 4)
    second.stop(signal.SIGKILL)
    shutil.rmtree(topics.data_dir / "frozen")
    start_worker()
    for number in range(number_of):
        await send(client, label(number))  # all of them once more
    await client.apply(make_application(number_of))
    await send(client, label(number_of))
    examples = await told_when(topics, number_of + 1)
    await client.settle(2.0)
    examples = await told(topics)
    assert {each: count for each, count in Counter(e.example_id for e in examples).items() if count > 1} == {}
    assert len(examples) == number_of + 1


async def test_two_workers_share_the_labels(
    start_worker: StartWorker, client: Client, make_application: MakeApplication, topics: Settings
) -> None:
    first, second = start_worker(wait=False), start_worker(wait=False)
    first.wait_until_ready()
    second.wait_until_ready()
    for number in range(30):
        await client.apply(make_application(number))
    for number in range(15):
        await send(client, label(number))
    await told_when(topics, 10)
    second.stop(signal.SIGKILL)
    for number in range(15, 30):
        await send(client, label(number))
    examples = await told_when(topics, 30)
    assert sorted(e.example_id for e in examples) == sorted(f"A-{n}:l-{n}" for n in range(30))
