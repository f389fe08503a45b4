"""The consumer without a thread, in a real Faust app on a real Kafka: what `streams/consumer.py` leans on."""

from __future__ import annotations

import asyncio
import threading
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import NewPartitions

from config.settings import Settings
from streams import consumer as module
from streams.batches import Batch
from streams.consumer import pace_fetches
from streams.kafka import admin_client
from streams.topics import create_or_check
from tests.streams.running_app import MOST, publish, running_app, until

LONG_S = 60.0


async def publish_to_all(settings: Settings, values: list[bytes]) -> None:
    async with AIOKafkaProducer(bootstrap_servers=settings.bootstrap) as producer:
        for number, value in enumerate(values):
            partition = number % settings.partitions
            await producer.send_and_wait(settings.topic("applications"), value, partition=partition)


async def test_the_consumer_starts_no_thread_and_stops(settings: Settings) -> None:
    await create_or_check(settings, create=True)
    taken: list[bytes | None] = []

    async def take(batch: Batch) -> None:
        taken.extend(record.value for record in batch.records)
        batch.acknowledge()

    before = set(threading.enumerate())
    async with running_app(settings, take) as app:
        consumer: Any = app.consumer
        await publish(settings, [b"0"])
        await until(lambda: taken == [b"0"])
        assert not [thread for thread in set(threading.enumerate()) - before if "mode" in type(thread).__module__]
    assert consumer._thread._consumer._closed


async def test_partitions_are_shared_and_taken_over_without_loss(settings: Settings) -> None:
    await create_or_check(settings, create=True)
    taken: list[bytes | None] = []

    async def take(batch: Batch) -> None:
        taken.extend(record.value for record in batch.records)
        batch.acknowledge()

    def values(first: int) -> list[bytes]:
        return [b"%d" % number for number in range(first, first + 2 * settings.partitions)]

    async with running_app(settings, take) as one:
        await until(lambda: len(one.consumer.assignment()) == settings.partitions)
        all_of_them = one.consumer.assignment()
        assert one.consumer.assignment() is all_of_them
        assert all_of_them == {(settings.topic("applications"), number) for number in range(settings.partitions)}
        async with running_app(settings, take) as other:
            await until(lambda: 0 < len(other.consumer.assignment()) < settings.partitions)
            await until(
                lambda: len(one.consumer.assignment()) + len(other.consumer.assignment()) == settings.partitions
            )
            await publish_to_all(settings, values(0))
            await until(lambda: set(values(0)) <= set(taken))
        await until(lambda: len(one.consumer.assignment()) == settings.partitions)
        await publish_to_all(settings, values(1_000))
        await until(lambda: set(values(1_000)) <= set(taken))


async def test_partitions_that_are_added_are_taken_from_their_beginning(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.app.METADATA_AGE_S", 1.0)
    await create_or_check(settings, create=True)
    taken: list[tuple[int, bytes | None]] = []

    async def take(batch: Batch) -> None:
        taken.extend((record.partition, record.value) for record in batch.records)
        batch.acknowledge()

    topic, added = settings.topic("applications"), settings.partitions
    async with running_app(settings, take) as app:
        await until(lambda: len(app.consumer.assignment()) == settings.partitions)
        async with admin_client(settings) as admin:
            await admin.create_partitions({topic: NewPartitions(added + 1)})
        producer = AIOKafkaProducer(bootstrap_servers=settings.bootstrap, metadata_max_age_ms=100)
        async with asyncio.timeout(LONG_S), producer:
            while added not in await producer.partitions_for(topic):  # noqa: ASYNC110 - nobody is told
                await asyncio.sleep(0.1)
            await producer.send_and_wait(topic, b"new", partition=added)
        await until(lambda: taken == [(added, b"new")])


async def test_what_arrives_in_the_pause_is_taken_together(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FETCH_PAUSE_S", 3.0)
    await create_or_check(settings, create=True)
    taken: list[int] = []

    async def take(batch: Batch) -> None:
        taken.append(len(batch.records))
        batch.acknowledge()

    async with running_app(settings, take):
        await publish(settings, [b"first"])
        await until(lambda: taken == [1])
        await publish(settings, [b"%d" % number for number in range(MOST)])
        await until(lambda: sum(taken) == 1 + MOST)
    assert taken == [1, MOST]


async def test_only_a_broker_that_gave_records_is_let_be(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    async def fetch(assignment: Any, broker: int, request: Any) -> bool:
        asked.append(broker)
        return broker == 1

    monkeypatch.setattr(module, "FETCH_PAUSE_S", LONG_S)
    fetcher = SimpleNamespace(_proc_fetch_request=fetch)
    pace_fetches(fetcher)
    async with asyncio.timeout(LONG_S / 2):
        assert not await fetcher._proc_fetch_request(None, 2, None)
        assert not await fetcher._proc_fetch_request(None, 2, None)
        assert await fetcher._proc_fetch_request(None, 1, None)
    paused = asyncio.create_task(fetcher._proc_fetch_request(None, 1, None))
    await asyncio.sleep(0.05)
    assert asked == [2, 2, 1]
    paused.cancel()
    assert not await paused
    assert asked == [2, 2, 1]
