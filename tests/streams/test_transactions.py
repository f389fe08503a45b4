"""Records that others publish in transactions: those of one that was aborted were never said."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from config.settings import Settings
from streams.batches import Batch, partition_offsets
from streams.kafka import read_to_end
from streams.topics import create_or_check
from tests.streams.running_app import publish, running_app, until


async def publish_in_transaction(settings: Settings, values: list[bytes], commit: bool) -> None:
    options = {"bootstrap_servers": settings.bootstrap, "transactional_id": f"{settings.topic_prefix}upstream"}
    async with AIOKafkaProducer(**options) as producer:
        await producer.begin_transaction()
        for value in values:
            await producer.send_and_wait(settings.topic("applications"), value, partition=0)
        await (producer.commit_transaction() if commit else producer.abort_transaction())


async def test_what_a_transaction_took_back_is_not_taken_and_nothing_is_left_to_commit(settings: Settings) -> None:
    await create_or_check(settings, create=True)
    place = TopicPartition(settings.topic("applications"), 0)
    taken: list[bytes | None] = []

    async def take(batch: Batch) -> None:
        taken.extend(record.value for record in batch.records)
        batch.acknowledge()

    async with running_app(settings, take) as app:
        await publish(settings, [b"first"])
        await until(lambda: taken == [b"first"])
        await publish_in_transaction(settings, [b"taken back 1", b"taken back 2"], commit=False)  # to offset 3
        await publish(settings, [b"between"])
        await publish_in_transaction(settings, [b"said"], commit=True)  # to offset 6
        await until(lambda: partition_offsets(app)[place] == (7, 7))
        await publish_in_transaction(settings, [b"taken back 3"], commit=False)  # to offset 8
        await until(lambda: partition_offsets(app)[place] == (9, 9))
    assert taken == [b"first", b"between", b"said"]
    async with AIOKafkaConsumer(bootstrap_servers=settings.bootstrap, group_id=settings.consumer_group) as consumer:
        assert await consumer.committed(place) == 6
    async with running_app(settings, take) as app:  # nothing waits after a restart either
        await until(lambda: partition_offsets(app).get(place) == (9, 9))
    assert taken == [b"first", b"between", b"said"]


async def test_an_open_transaction_is_waited_for_without_being_lag(settings: Settings) -> None:
    await create_or_check(settings, create=True)
    place = (settings.topic("applications"), 0)
    taken: list[bytes | None] = []

    async def take(batch: Batch) -> None:
        taken.extend(record.value for record in batch.records)
        batch.acknowledge()

    options = {"bootstrap_servers": settings.bootstrap, "transactional_id": f"{settings.topic_prefix}open"}
    async with running_app(settings, take) as app, AIOKafkaProducer(**options) as producer:
        await publish(settings, [b"before"])
        await producer.begin_transaction()
        await producer.send_and_wait(settings.topic("applications"), b"open", partition=0)
        await publish(settings, [b"behind"])
        await until(lambda: partition_offsets(app).get(place) == (1, 1))
        await asyncio.sleep(1.0)
        assert taken == [b"before"]
        await producer.commit_transaction()
        await until(lambda: taken == [b"before", b"open", b"behind"])


async def test_a_reader_to_the_end_leaves_out_what_was_taken_back(settings: Settings) -> None:
    await create_or_check(settings, create=True)
    await publish_in_transaction(settings, [b"taken back"], commit=False)
    await publish_in_transaction(settings, [b"said"], commit=True)
    async with aclosing(read_to_end(settings, settings.topic("applications"))) as records:
        assert [record.value async for record in records] == [b"said"]
