"""How records go out: all of a batch at once, and done only when Kafka has acknowledged every one of them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError, KafkaTimeoutError, UnknownTopicOrPartitionError
from msgspec import Struct

from config.settings import Settings
from streams.kafka import client_options
from streams.topics import MAX_RECORD_BYTES

logger = structlog.get_logger(__name__)

YIELD_EVERY = 16
"""Records handed to the producer between two turns of the event loop, so that a large batch does not stall it."""
RETRY_PAUSE_S = 1.0

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
            "max_batch_size": 128 * 1024,
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
        if self._producer is None:
            raise RuntimeError("the publisher has not been started")
        acknowledgements: list[asyncio.Future[Any]] = []
        unpublished: list[Outgoing] = []
        sent: list[Outgoing] = []
        for count, record in enumerate(records, start=1):
            try:
                acknowledgements.append(await self._producer.send(record.topic, record.value, record.key))
                sent.append(record)
            except PASSING_ERRORS:
                unpublished.append(record)
            if count % YIELD_EVERY == 0:
                await asyncio.sleep(0)
        results = await asyncio.gather(*acknowledgements, return_exceptions=True)
        for record, result in zip(sent, results, strict=True):
            if isinstance(result, BaseException):
                if not (isinstance(result, PASSING_ERRORS) or getattr(result, "retriable", False)):
                    raise result
                unpublished.append(record)
        return unpublished
