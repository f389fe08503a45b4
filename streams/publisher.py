"""How records go out: all of a batch at once, and done only when Kafka has acknowledged every one of them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError, KafkaTimeoutError, UnknownTopicOrPartitionError
from msgspec import Struct

from config.settings import Settings
from streams.kafka import client_options
from streams.partitioning import partitions_of
from streams.topics import MAX_RECORD_BYTES

logger = structlog.get_logger(__name__)

RETRY_PAUSE_S = 1.0
BATCH_BYTES = 128 * 1024
"""Records for one partition go out together up to this size; a larger one goes alone."""

PASSING_ERRORS = (KafkaTimeoutError, KafkaConnectionError, UnknownTopicOrPartitionError)
"""What a later attempt may get over, besides what aiokafka itself calls retriable."""


class Outgoing(Struct, frozen=True):
    """A record to be published. `topic` is the full name, with prefix."""

    topic: str
    key: bytes
    value: bytes


class Publisher:
    """Publishes with acks=all. Kafka away: it waits and tries again, for as long as it takes, because the events
    behind these records are not acknowledged before."""

    def __init__(self, settings: Settings) -> None:
        self._options: dict[str, Any] = {
            **client_options(settings),
            "acks": "all",
            "max_request_size": MAX_RECORD_BYTES,
            "max_batch_size": BATCH_BYTES,
            "request_timeout_ms": 30_000,
        }
        self._producer: AIOKafkaProducer | None = None

    async def start(self) -> None:
        """Connect. Raises aiokafka's KafkaConnectionError when no broker answers."""
        producer = AIOKafkaProducer(**self._options)
        try:
            await producer.start()
        except BaseException:
            await producer.stop()
            raise
        self._producer = producer

    async def stop(self) -> None:
        """Send what waits, then disconnect."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await producer.stop()

    async def partitions(self, topic: str) -> tuple[int, ...]:
        """The partitions of a topic (full name), in order. Waits for Kafka as long as it takes."""
        while True:
            try:
                return tuple(sorted(await self._started.partitions_for(topic)))
            except PASSING_ERRORS:
                await asyncio.sleep(RETRY_PAUSE_S)

    async def publish(self, records: Sequence[Outgoing]) -> None:
        """Return when every record is acknowledged by all in-sync replicas."""
        unpublished: Sequence[Outgoing] = records
        while unpublished:
            unpublished = await self._attempt(unpublished)
            if unpublished:
                logger.warning("publish_retry", records=len(unpublished), pause_s=RETRY_PAUSE_S)
                await asyncio.sleep(RETRY_PAUSE_S)

    async def _attempt(self, records: Sequence[Outgoing]) -> list[Outgoing]:
        """Publish once; return the records that Kafka did not acknowledge."""
        producer = self._started
        try:
            batches = await _fill_batches(producer, records)
        except PASSING_ERRORS:
            return list(records)
        sending = [_acknowledged(producer, batch) for batch in batches]
        unpublished: list[Outgoing] = []
        for batch, result in zip(batches, await asyncio.gather(*sending, return_exceptions=True), strict=True):
            if isinstance(result, BaseException):
                if not (isinstance(result, PASSING_ERRORS) or getattr(result, "retriable", False)):
                    raise result
                unpublished += batch.records
        return unpublished

    @property
    def _started(self) -> AIOKafkaProducer:
        if self._producer is None:
            raise RuntimeError("the publisher has not been started")
        return self._producer


class _Batch(Struct):
    """Records for one partition, as they go out together."""

    topic: str
    partition: int
    builder: Any
    records: list[Outgoing]


async def _fill_batches(producer: AIOKafkaProducer, records: Sequence[Outgoing]) -> list[_Batch]:
    """The records as the fewest batches: aiokafka's `send` takes five times as long over each of them."""
    full: list[_Batch] = []
    filling: dict[tuple[str, int], _Batch] = {}
    partitions: dict[str, Iterator[int]] = {}
    for topic in {record.topic for record in records}:
        keys = [record.key for record in records if record.topic == topic]
        partitions[topic] = iter(partitions_of(keys, tuple(sorted(await producer.partitions_for(topic)))))
    for record in records:
        place = record.topic, next(partitions[record.topic])
        batch = filling.get(place)
        if batch is None or batch.builder.append(key=record.key, value=record.value, timestamp=None) is None:
            if batch is not None:
                full.append(batch)
            batch = filling[place] = _Batch(*place, producer.create_batch(), [])
            batch.builder.append(key=record.key, value=record.value, timestamp=None)
        batch.records.append(record)
    return [*full, *filling.values()]


async def _acknowledged(producer: AIOKafkaProducer, batch: _Batch) -> None:
    batch.builder.close()
    await (await producer.send_batch(batch.builder, batch.topic, partition=batch.partition))
