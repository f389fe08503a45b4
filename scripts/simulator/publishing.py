"""Publishes a stream to Kafka at a steady rate."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from aiokafka import AIOKafkaProducer

from config.settings import Settings
from scripts.simulator.records import TimedRecord

MAX_IN_FLIGHT = 5_000
"""Records sent and not yet acknowledged; a broker that is slower than the rate makes us wait here."""

RECORDS_BETWEEN_YIELDS = 50
"""So many records go out at most before the event loop gets a turn."""

OnProgress = Callable[[Counter[str]], None]
"""Called after each record with how many went to each topic so far; the counter is the live one: do not change it."""


async def publish(
    stream: Iterable[TimedRecord],
    producer: AIOKafkaProducer,
    settings: Settings,
    rate: float,
    on_progress: OnProgress | None = None,
) -> Counter[str]:
    """Publishes every record in order, `rate` applications a second (0: as fast as Kafka takes them).

    Open loop: the k-th application goes out k / rate seconds after the start, however long Kafka takes to answer. All
    other records go with the application that follows them. Returns the number of records by topic (the contract's
    names) once Kafka has acknowledged them all; raises aiokafka's KafkaError when it refuses one.
    """
    loop = asyncio.get_running_loop()
    started = loop.time()
    published: Counter[str] = Counter()
    in_flight: deque[asyncio.Future[Any]] = deque()
    try:
        for number, record in enumerate(stream, 1):
            early_s = started + published["applications"] / rate - loop.time() if rate and record.truth else 0.0
            if early_s > 0 or number % RECORDS_BETWEEN_YIELDS == 0:
                await asyncio.sleep(max(0.0, early_s))
            value = msgspec.json.encode(record.value)
            in_flight.append(await producer.send(settings.topic(record.topic), value=value, key=record.key.encode()))
            while in_flight and (in_flight[0].done() or len(in_flight) > MAX_IN_FLIGHT):
                await in_flight.popleft()
            published[record.topic] += 1
            if on_progress:
                on_progress(published)
    finally:
        answers = await asyncio.gather(*in_flight, return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
    return published
