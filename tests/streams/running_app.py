"""A real Faust app with one agent, on a real Kafka."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import faust
from aiokafka import AIOKafkaProducer

from config.settings import Settings
from streams.app import faust_options
from streams.batches import Batch, batches, hand_on_at_once
from streams.consumer import consume_in_one_loop
from streams.raw_records import RawSchema, wait_for_no_producer

MOST = 10


@asynccontextmanager
async def running_app(settings: Settings, on_batch: Callable[[Batch], Any], **options: Any) -> AsyncIterator[faust.App]:
    """An app whose one agent hands its batches on; it stops without committing what was not acknowledged."""
    app = faust.App(settings.consumer_group, **{**faust_options(settings), **options})
    topic = app.topic(settings.topic("applications"), schema=RawSchema())

    async def agent(stream: Any) -> None:
        async for batch in batches(app, stream, MOST):
            await on_batch(batch)

    consume_in_one_loop(app)
    app.agent(topic, name="test", concurrency=1)(agent)
    app.finalize()
    hand_on_at_once(app.consumer)
    wait_for_no_producer(app)
    await app.start()
    try:
        yield app
    finally:
        await app.stop()


async def publish(settings: Settings, values: list[bytes]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=settings.bootstrap)
    await producer.start()
    for value in values:
        await producer.send_and_wait(settings.topic("applications"), value, key=b"k", partition=0)
    await producer.stop()


async def until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what it waits for is not ours to signal
            await asyncio.sleep(0.02)
