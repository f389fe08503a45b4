"""Publishing in batches on a real Kafka: every record once, where any other client would put it, in order."""

from __future__ import annotations

import asyncio
from collections import defaultdict

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaTimeoutError

from config.settings import Settings
from streams.publisher import BATCH_BYTES, Outgoing, Publisher
from streams.topics import create_or_check

Placed = dict[int, list[tuple[bytes, bytes]]]
"""Partition -> keys and values, in order."""


async def publish(settings: Settings, records: list[Outgoing]) -> None:
    publisher = Publisher(settings)
    await publisher.start()
    try:
        await publisher.publish(records)
    finally:
        await publisher.stop()


async def placed(settings: Settings, topic: str, count: int) -> Placed:
    found: Placed = defaultdict(list)
    consumer = AIOKafkaConsumer(
        settings.topic(topic), bootstrap_servers=settings.bootstrap, auto_offset_reset="earliest"
    )
    async with consumer, asyncio.timeout(120):
        for _ in range(count):
            record = await consumer.getone()
            found[record.partition].append((record.key, record.value))
        more = await consumer.getmany(timeout_ms=300)
    assert not more
    return found


async def test_records_stand_in_order_in_the_partitions_of_their_keys(settings: Settings) -> None:
    await create_or_check(settings, create=True)
    records = [(b"application-%d" % (number % 60), b"%d" % number) for number in range(200)]
    async with AIOKafkaProducer(bootstrap_servers=settings.bootstrap) as producer:
        for key, value in records:
            await producer.send_and_wait(settings.topic("applications"), value, key)

    await publish(settings, [Outgoing(settings.topic("decisions"), key, value) for key, value in records])

    assert await placed(settings, "decisions", 200) == await placed(settings, "applications", 200)


async def test_more_than_a_batch_and_a_record_larger_than_one_go_out_in_order(settings: Settings) -> None:
    await create_or_check(settings, create=True)
    values = [b"%d" % number * (BATCH_BYTES // 3) for number in range(10)]
    values.insert(5, b"x" * (3 * BATCH_BYTES))

    await publish(settings, [Outgoing(settings.topic("decision-audit"), b"key", value) for value in values])

    (partition,) = (await placed(settings, "decision-audit", len(values))).values()
    assert partition == [(b"key", value) for value in values]


async def test_what_kafka_did_not_acknowledge_in_time_is_published_again(settings: Settings) -> None:
    await create_or_check(settings, create=True)
    publisher = Publisher(settings)
    await publisher.start()
    producer = publisher._producer
    assert producer is not None
    send_batch, refused = producer.send_batch, list[int]()

    async def refuse_once(batch: object, topic: str, *, partition: int) -> asyncio.Future[object]:
        if not refused:
            refused.append(partition)
            raise KafkaTimeoutError
        future: asyncio.Future[object] = await send_batch(batch, topic, partition=partition)
        return future

    producer.send_batch = refuse_once
    try:
        await publisher.publish([Outgoing(settings.topic("decisions"), b"%d" % n, b"") for n in range(40)])
    finally:
        await publisher.stop()

    found = await placed(settings, "decisions", 40)
    assert refused[0] in found
    assert sorted(int(key) for partition in found.values() for key, _ in partition) == list(range(40))
