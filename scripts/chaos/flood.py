"""Applications that are made and encoded beforehand, to be published faster than they could be made."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice

import msgspec
from aiokafka import AIOKafkaProducer
from msgspec import Struct

from config.settings import Settings
from models.events import Application
from scripts.chaos.load import DAYS, PATIENCE_MS
from scripts.simulator.stream import SimulationConfig, simulated_stream
from streams.kafka import client_options, running

TICK_S = 0.02
BATCH_BYTES = 128 * 1024


class Drop(Struct, frozen=True):
    """An application as bytes, and the id of its event."""

    event_id: str
    key: bytes
    value: bytes


def prepared(applications: int, run_id: str) -> list[Drop]:
    """So many simulated applications, in the order of their time."""
    end = datetime.now(UTC)
    config = SimulationConfig(start=end - timedelta(days=DAYS), end=end, applications=applications, run_id=run_id)
    return list(islice(_drops(config), applications))


async def flood(settings: Settings, drops: Sequence[Drop], rate: float) -> None:
    """Publish them at `rate` a second, 0 as fast as Kafka takes them; returns when all are acknowledged. Raises
    aiokafka's KafkaError."""
    producer = AIOKafkaProducer(
        **client_options(settings), acks="all", request_timeout_ms=PATIENCE_MS, max_batch_size=BATCH_BYTES
    )
    loop = asyncio.get_running_loop()
    topic = settings.topic("applications")
    acknowledged: list[asyncio.Future[object]] = []
    async with running(producer, settings):
        started = loop.time()
        for number, drop in enumerate(drops):
            if rate and started + number / rate > loop.time():
                await asyncio.sleep(TICK_S)
            acknowledged.append(await producer.send(topic, drop.value, drop.key))
        await asyncio.gather(*acknowledged)


def _drops(config: SimulationConfig) -> Iterator[Drop]:
    for record in simulated_stream(config):
        if isinstance(record.value, Application):
            yield Drop(record.value.event_id, record.key.encode(), msgspec.json.encode(record.value))
