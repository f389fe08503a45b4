"""The loop of every agent: take what is there, decode, handle, publish, acknowledge. In that order, so nothing is lost.

A record that cannot be decoded or handled becomes a dead letter and the stream goes on. Whatever else goes wrong ends
the process with exit code 70, unacknowledged, and a supervisor starts it again: an exception that left the loop would
make Faust acknowledge what was not done.
"""

from __future__ import annotations

import asyncio
import os
import traceback
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, TypeVar

import structlog
from msgspec import Struct

from models.dead_letter import DeadLetter, DeadLetterError
from streams.batches import Batch, Received, batches
from streams.codec import InvalidRecord, encode
from streams.dependencies import Dependencies
from streams.edge import Take
from streams.index.protocol import IndexUnavailableError
from streams.publisher import Outgoing
from streams.waiting import NotReadyError

logger = structlog.get_logger(__name__)

EXIT_SOFTWARE = 70
"""sysexits.h: internal software error."""
PAUSE_S = 0.25
WAIT_FOR = (IndexUnavailableError, NotReadyError)
"""What passes: the batch is tried again as long as it takes."""

F = TypeVar("F")


class Accepted(Struct, Generic[F], frozen=True):
    """An event past the edge, with where it came from."""

    received: Received
    facts: F


class Handled(Struct, frozen=True, kw_only=True):
    """What a handler wants done, in this order: publish all, acknowledge, settle."""

    publish: list[Outgoing] = []
    settle: list[str] = []
    """Event ids whose results are complete once `publish` is done."""


Handler = Callable[[Sequence[Accepted[F]]], Awaitable[Handled]]
"""Handles a batch. Idempotent, since a batch may come again. `WAIT_FOR` means: wait and try again."""


async def run(app: Any, stream: Any, topic: str, take: Take[F], handle: Handler[F], deps: Dependencies) -> None:
    """An agent's life over one topic of the contract."""
    async for batch in batches(app, stream, deps.settings.batch_max):
        try:
            await _process(batch, topic, take, handle, deps)
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001 - it must not reach Faust
            try:
                logger.critical("worker_failed", topic=topic, error=type(error).__name__, stack=_stack(error))
            finally:
                os._exit(EXIT_SOFTWARE)


async def _process(batch: Batch, topic: str, take: Take[F], handle: Handler[F], deps: Dependencies) -> None:
    records = batch.records
    deps.metrics.records_in.labels(topic).inc(len(records))
    deps.metrics.batch_size.observe(len(records))
    accepted, dead = _intake(records, topic, take, deps)
    while True:
        try:
            handled = await _handle(accepted, topic, handle, deps)
            break
        except WAIT_FOR:
            if batch.stale:
                batch.abandon()
                return
            await asyncio.sleep(PAUSE_S)
    await deps.publisher.publish([*dead, *handled.publish])
    batch.acknowledge()
    if handled.settle:
        await _settle(handled.settle, deps)


async def _settle(event_ids: Sequence[str], deps: Dependencies) -> None:
    """All is published and acknowledged. What cannot be settled ends by its time to live: no reason to end a worker."""
    try:
        await deps.index.settle(event_ids)
    except Exception as error:  # noqa: BLE001 - as said
        logger.warning("settle_skipped", events=len(event_ids), error=type(error).__name__)


def _intake(
    records: Sequence[Received], topic: str, take: Take[F], deps: Dependencies
) -> tuple[list[Accepted[F]], list[Outgoing]]:
    """Decode and tokenise; what cannot be becomes a dead letter."""
    now = deps.clock()
    accepted: list[Accepted[F]] = []
    dead: list[Outgoing] = []
    for received in records:
        try:
            decoded = take(received.value, now)
        except InvalidRecord as error:
            dead.append(_dead_letter(received, topic, error.code, error.path, error.message, deps))
            continue
        except Exception as error:  # noqa: BLE001 - one record's fault, whatever it is
            dead.append(_internal_dead_letter(received, topic, error, deps))
            continue
        for path in decoded.unknown:
            deps.metrics.count_unknown_field(topic, path)
        accepted.append(Accepted(received, decoded.record))
    return accepted, dead


async def _handle(accepted: Sequence[Accepted[F]], topic: str, handle: Handler[F], deps: Dependencies) -> Handled:
    """Handle the batch; when that fails unexpectedly, each record by itself, so that one bad record stands alone."""
    if not accepted:
        return Handled()
    try:
        return await handle(accepted)
    except WAIT_FOR:
        raise
    except Exception as error:  # noqa: BLE001 - as above
        if len(accepted) == 1:
            return Handled(publish=[_internal_dead_letter(accepted[0].received, topic, error, deps)])
    parts = [await _handle([one], topic, handle, deps) for one in accepted]
    return Handled(
        publish=[record for part in parts for record in part.publish],
        settle=[event_id for part in parts for event_id in part.settle],
    )


def _internal_dead_letter(received: Received, topic: str, error: Exception, deps: Dependencies) -> Outgoing:
    """The message of an unexpected exception may hold personal data, so only its type is told, and the stack logged."""
    logger.error(
        "record_failed",
        topic=topic,
        partition=received.partition,
        offset=received.offset,
        error=type(error).__name__,
        stack=_stack(error),
    )
    return _dead_letter(received, topic, "internal", "$", f"{type(error).__name__} while processing", deps)


def _dead_letter(received: Received, topic: str, code: Any, path: str, message: str, deps: Dependencies) -> Outgoing:
    deps.metrics.dead_letters.labels(topic, code).inc()
    logger.warning(
        "dead_letter", topic=topic, partition=received.partition, offset=received.offset, code=code, path=path
    )
    letter = DeadLetter.of(
        topic=received.topic,
        partition=received.partition,
        offset=received.offset,
        key=received.key,
        failed_at=deps.clock(),
        error=DeadLetterError(code=code, path=path, message=message),
        payload=received.value,
    )
    return Outgoing(deps.settings.topic("dead-letters"), received.key or b"", encode(letter))


def _stack(error: BaseException) -> str:
    """The frames without the message."""
    return "".join(traceback.format_tb(error.__traceback__, limit=-8))
