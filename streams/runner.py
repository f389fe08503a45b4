"""The loop of every agent: take what is there, decode, handle, publish, acknowledge. In that order, so nothing is lost.

An agent may handle a batch while the one before it is still at work (`overlapping`): mostly each waits for a server.
Published and acknowledged is one after the other, in the order of offsets.

A record that cannot be decoded or handled becomes a dead letter and the stream goes on. Whatever else goes wrong ends
the process with exit code 70, unacknowledged, and a supervisor starts it again: an exception that left the loop would
make Faust acknowledge what was not done.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

import structlog
from msgspec import Struct

from models.dead_letter import DeadLetter, DeadLetterError
from models.facts import epoch_ms
from streams.batches import Batch, Received, batches
from streams.codec import InvalidRecord, encode
from streams.dependencies import Dependencies
from streams.edge import Take
from streams.index.protocol import IndexUnavailableError
from streams.logs import stack_of
from streams.publisher import Outgoing
from streams.topics import MAX_INPUT_BYTES
from streams.waiting import NotReadyError

logger = structlog.get_logger(__name__)

EXIT_SOFTWARE = 70
"""sysexits.h: internal software error."""
PAUSE_S = 0.25
MAX_KEPT_BYTES = MAX_INPUT_BYTES
"""Of a dead letter's payload: what may go back to its topic."""
MAX_KEPT_KEY_BYTES = 64 * 1024
APPLICATIONS = "applications"
"""The topic whose records somebody waits for."""
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


class _InHand(NamedTuple):
    """A batch that is being worked on."""

    batch: Batch
    done: asyncio.Task[list[str] | None]
    """The event ids that were settled; None when it was left to the next assignment."""


async def run(
    app: Any,
    stream: Any,
    topic: str,
    take: Take[F],
    handle: Handler[F],
    deps: Dependencies,
    *,
    overlapping: bool = False,
) -> None:
    """An agent's life over one topic of the contract. `overlapping`: `handle` may be called with the next batch before
    it has returned from the last one, and before what that returned is published."""
    in_hand: deque[_InHand] = deque()
    try:
        async for batch in batches(app, stream, deps.settings.batch_max):
            before = in_hand[-1] if in_hand else None
            work = _process_or_exit(batch, before, topic, take, handle, deps)
            in_hand.append(_InHand(batch, asyncio.create_task(work)))
            while len(in_hand) > overlapping:
                await in_hand.popleft().done
    finally:
        for each in in_hand:
            each.done.cancel()
        await asyncio.gather(*(each.done for each in in_hand), return_exceptions=True)


async def _process_or_exit(
    batch: Batch, before: _InHand | None, topic: str, take: Take[F], handle: Handler[F], deps: Dependencies
) -> list[str] | None:
    try:
        return await _process(batch, before, topic, take, handle, deps)
    except asyncio.CancelledError:
        raise
    except BaseException as error:  # noqa: BLE001 - it must not reach Faust
        try:
            logger.critical("worker_failed", topic=topic, error=type(error).__name__, stack=stack_of(error))
        finally:
            os._exit(EXIT_SOFTWARE)


async def _process(
    batch: Batch, before: _InHand | None, topic: str, take: Take[F], handle: Handler[F], deps: Dependencies
) -> list[str] | None:
    """Return the event ids that were settled, or None when the batch is left to the next assignment."""
    records = batch.records
    deps.metrics.records_in.labels(topic).inc(len(records))
    deps.metrics.batch_size.observe(len(records))
    accepted, dead = _intake(records, topic, take, deps)
    handled = await _handle_in_time(batch, accepted, topic, handle, deps)
    if before is not None:
        earlier = await before.done
        if earlier is None and batch.of_assignment(before.batch):
            handled = None  # acknowledged, it would take the one before it along
        elif earlier and handled and not {*earlier}.isdisjoint(handled.settle):
            # An event of the batch before has come again: by now its results are published, once is enough.
            handled = await _handle_in_time(batch, accepted, topic, handle, deps)
    if handled is None:
        batch.abandon()
        return None
    await deps.publisher.publish([*dead, *handled.publish])
    batch.acknowledge()
    if topic == APPLICATIONS:
        _count_seconds(accepted, deps)
    if handled.settle:
        await _settle(handled.settle, deps)
    return handled.settle


async def _handle_in_time(
    batch: Batch, accepted: Sequence[Accepted[F]], topic: str, handle: Handler[F], deps: Dependencies
) -> Handled | None:
    """Handle the batch, again and again while something has to be waited for; None once the batch is stale."""
    while True:
        try:
            return await _handle(accepted, topic, handle, deps)
        except WAIT_FOR:
            if batch.stale:
                return None
            await asyncio.sleep(PAUSE_S)


def _count_seconds(answered: Sequence[Accepted[Any]], deps: Dependencies) -> None:
    """How long applications have waited for the decisions that are published now, Kafka's part with it."""
    now_ms, observe = epoch_ms(deps.clock()), deps.metrics.end_to_end_seconds.observe
    for each in answered:
        observe(max(0, now_ms - each.received.published_ms) / 1000)


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
        stack=stack_of(error),
    )
    return _dead_letter(received, topic, "internal", "$", f"{type(error).__name__} while processing", deps)


def _dead_letter(received: Received, topic: str, code: Any, path: str, message: str, deps: Dependencies) -> Outgoing:
    """The record's dead letter. What is so large that the letter could not be published is left out of it: the limits
    of Kafka's topics are for what was sent, and a compressed record may be any size when it is read."""
    key, payload = (received.key or b"")[:MAX_KEPT_KEY_BYTES], received.value
    if payload is not None and len(payload) > MAX_KEPT_BYTES:
        payload, message = None, f"{message}. Too large to be kept here"
    deps.metrics.dead_letters.labels(topic, code).inc()
    logger.warning(
        "dead_letter", topic=topic, partition=received.partition, offset=received.offset, code=code, path=path
    )
    letter = DeadLetter.of(
        topic=received.topic,
        partition=received.partition,
        offset=received.offset,
        key=None if received.key is None else key,
        failed_at=deps.clock(),
        error=DeadLetterError(code=code, path=path, message=message),
        payload=payload,
    )
    return Outgoing(deps.settings.topic("dead-letters"), key, encode(letter))
