"""Taking and acknowledging in a real Faust app on a real Kafka: what `streams/batches.py` leans on inside Faust."""

from __future__ import annotations

import asyncio
from importlib.metadata import version
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import RecordsToDelete

from config.settings import Settings
from streams.batches import Batch, partition_offsets
from streams.kafka import admin_client
from streams.topics import create_or_check
from tests.streams.running_app import MOST, publish, running_app, until


def test_faust_is_the_version_whose_inside_is_known() -> None:
    assert version("faust-streaming") == "0.15.3"


async def committed(settings: Settings) -> int | None:
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.bootstrap, group_id=settings.consumer_group)
    await consumer.start()
    try:
        offset: int | None = await consumer.committed(TopicPartition(settings.topic("applications"), 0))
        return offset
    finally:
        await consumer.stop()


def offsets(app: Any, settings: Settings) -> tuple[int, int] | None:
    """How far the partition is done, and its end."""
    return partition_offsets(app).get((settings.topic("applications"), 0))


async def test_what_waits_is_taken_at_once_in_order_and_no_more_than_asked(settings: Settings) -> None:
    await create_or_check(settings, create=True)
    sent = [b"%d" % number for number in range(35)]
    await publish(settings, sent)
    taken: list[list[bytes | None]] = []

    async def take(batch: Batch) -> None:
        taken.append([record.value for record in batch.records])
        assert batch.acknowledge()
        await asyncio.sleep(0.05)  # time for the rest to arrive in the queue

    async with running_app(settings, take) as app:
        await until(lambda: sum(map(len, taken)) == len(sent))
        assert [value for batch in taken for value in batch] == sent
        assert max(map(len, taken)) == MOST
        await until(lambda: partition_offsets(app)[settings.topic("applications"), 0] == (35, 35))
    assert await committed(settings) == 35


async def test_a_lone_event_does_not_wait_for_company(settings: Settings) -> None:
    await create_or_check(settings, create=True)
    taken: asyncio.Queue[int] = asyncio.Queue()

    async def take(batch: Batch) -> None:
        batch.acknowledge()
        taken.put_nowait(len(batch.records))

    async with running_app(settings, take):
        await publish(settings, [b"first"])
        await asyncio.wait_for(taken.get(), 60)
        await publish(settings, [b"alone"])
        assert await asyncio.wait_for(taken.get(), 20) == 1


async def test_what_is_not_acknowledged_is_not_committed_and_comes_again(settings: Settings) -> None:
    await create_or_check(settings, create=True)
    await publish(settings, [b"0", b"1", b"2"])
    seen: list[bytes | None] = []
    kept: list[Batch] = []

    async def take_and_keep(batch: Batch) -> None:
        seen.extend(record.value for record in batch.records)
        kept.append(batch)

    async with running_app(settings, take_and_keep):
        await until(lambda: len(seen) == 3)
        await asyncio.sleep(0.6)  # three commit intervals
        for batch in kept:
            batch.abandon()  # or Faust would wait for it before it stops
    assert await committed(settings) in (None, 0)
    seen.clear()

    async def take(batch: Batch) -> None:
        seen.extend(record.value for record in batch.records)
        batch.acknowledge()

    async with running_app(settings, take):
        await until(lambda: len(seen) == 3)
    assert seen == [b"0", b"1", b"2"]
    assert await committed(settings) == 3


async def test_the_end_of_a_transaction_is_nothing_that_waits(settings: Settings) -> None:
    await create_or_check(settings, create=True)
    producer = AIOKafkaProducer(bootstrap_servers=settings.bootstrap, transactional_id=settings.topic("upstream"))
    async with producer:
        for value in (b"0", b"2"):
            async with producer.transaction():
                await producer.send_and_wait(settings.topic("applications"), value, partition=0)
    held: list[Batch] = []

    async def hold(batch: Batch) -> None:
        held.append(batch)

    async with running_app(settings, hold) as app:
        await until(lambda: sum(len(batch.records) for batch in held) == 2)
        await asyncio.sleep(0.6)  # three commit intervals
        assert offsets(app, settings) == (0, 4)
        for batch in held:
            batch.acknowledge()
        await until(lambda: offsets(app, settings) == (4, 4))
    assert await committed(settings) == 3

    async with running_app(settings, hold) as app:
        await until(lambda: offsets(app, settings) == (4, 4))
        await publish(settings, [b"4"])
        await until(lambda: held[-1].records[0].value == b"4")
        assert offsets(app, settings) == (3, 5)
        held[-1].acknowledge()
        await until(lambda: offsets(app, settings) == (5, 5))


async def test_what_kafka_has_deleted_is_nothing_that_waits(settings: Settings) -> None:
    await create_or_check(settings, create=True)
    await publish(settings, [b"0", b"1", b"2"])
    async with admin_client(settings) as client:
        await client.delete_records({TopicPartition(settings.topic("applications"), 0): RecordsToDelete(3)})

    async def take(batch: Batch) -> None:
        batch.acknowledge()

    async with running_app(settings, take) as app:
        await until(lambda: offsets(app, settings) == (3, 3))


async def test_a_batch_of_an_earlier_assignment_is_stale_and_not_acknowledged(settings: Settings) -> None:
    await create_or_check(settings, create=True)
    await publish(settings, [b"0"])
    held: list[Batch] = []

    async def hold(batch: Batch) -> None:
        held.append(batch)
        if len(held) > 1:
            batch.acknowledge()

    async with running_app(settings, hold) as app:
        await until(lambda: len(held) == 1)
        assert not held[0].stale
        app.consumer_generation_id += 1
        assert bool(held[0].stale)
        assert not held[0].acknowledge()
        assert not held[0]._events[0].message.acked
        app.consumer_generation_id -= 1
        held[0].acknowledge()


async def test_handing_on_a_record_takes_no_tasks_while_there_is_room(settings: Settings) -> None:
    await create_or_check(settings, create=True)
    sent = [b"%d" % number for number in range(200)]
    taken: list[bytes | None] = []
    tasks = 0

    def counted(loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> asyncio.Task[Any]:
        nonlocal tasks
        if "on_message" in str(coroutine):
            tasks += 1
        return asyncio.Task(coroutine, loop=loop, **options)

    async def take(batch: Batch) -> None:
        taken.extend(record.value for record in batch.records)
        batch.acknowledge()

    await publish(settings, sent)
    asyncio.get_running_loop().set_task_factory(counted)
    async with running_app(settings, take):
        await until(lambda: len(taken) == len(sent))
    assert taken == sent
    assert tasks == 0


async def test_a_full_queue_is_waited_for_and_nothing_is_lost_or_out_of_order(settings: Settings) -> None:
    await create_or_check(settings, create=True)
    sent = [b"%d" % number for number in range(60)]
    taken: list[bytes | None] = []

    async def take(batch: Batch) -> None:
        taken.extend(record.value for record in batch.records)
        batch.acknowledge()
        await asyncio.sleep(0.01)

    await publish(settings, sent)
    async with running_app(settings, take, stream_buffer_maxsize=3):
        await until(lambda: len(taken) == len(sent))
    assert taken == sent


async def test_an_app_stops_while_a_record_waits_for_room(settings: Settings) -> None:
    await create_or_check(settings, create=True)
    held: list[Batch] = []
    let_go = asyncio.Event()

    async def hold(batch: Batch) -> None:
        held.append(batch)
        await let_go.wait()
        batch.abandon()

    await publish(settings, [b"%d" % number for number in range(20)])
    async with asyncio.timeout(120):
        async with running_app(settings, hold, stream_buffer_maxsize=3):
            await until(lambda: bool(held))
            await asyncio.sleep(0.3)
            let_go.set()
