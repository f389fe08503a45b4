"""How an agent takes what is there. The one place that leans on the internals of Faust 0.15.3; `tests/streams/
test_batches.py` fails when those change.

Faust acknowledges an event when the agent's loop moves on, whatever became of it, and when an exception leaves the
loop; it also waits for nothing that was merely enqueued. So here: acknowledgement is manual, a batch is whatever waits
already (a lone event never waits for company), and only a batch whose results are published is acknowledged, in offset
order. A batch may not be left out while later ones are acknowledged: Faust would commit past it. And an event of an
earlier assignment of partitions is never acknowledged: its partition may be another worker's now.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Coroutine, Generator
from functools import partial
from time import perf_counter
from typing import Any, NamedTuple

from faust.exceptions import ConsumerNotStarted
from msgspec import Struct


class Received(Struct, frozen=True, kw_only=True):
    """A record as Kafka gave it."""

    topic: str
    """Full name, with prefix."""
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    published_ms: int
    """Kafka's timestamp of the record."""
    taken_at: float
    """When its batch was taken, in seconds of `time.perf_counter`."""


class Batch:
    """Events taken at once from one agent's stream."""

    def __init__(self, app: Any, events: list[Any]) -> None:
        self._app = app
        self._events = events
        self._generation = app.consumer_generation_id
        self._taken_at = perf_counter()

    @property
    def records(self) -> list[Received]:
        return [_received(event.message, self._taken_at) for event in self._events]

    @property
    def stale(self) -> bool:
        """The partitions have been, or are being, assigned anew: what is not yet acknowledged will come again."""
        return bool(self._app.consumer_generation_id != self._generation or not self._app.flow_control.is_active())

    def of_assignment(self, other: Batch) -> bool:
        """Whether both were taken in the same assignment of partitions."""
        return bool(self._generation == other._generation)

    def acknowledge(self) -> bool:
        """Let the offsets of the whole batch be committed. Returns False, acknowledging nothing, when the assignment
        has changed since. There is no await in here, so a commit sees all of a batch or nothing."""
        if self._app.consumer_generation_id != self._generation:
            return False
        for event in self._events:
            self._app.consumer.ack(event.message)
        return True

    def abandon(self) -> None:
        """Leave a stale batch to the next assignment, where it comes again. Faust would wait for it before it lets the
        partitions go, or stops."""
        for event in self._events:
            self._app.consumer.unacked.discard(event.message)


def hand_on_at_once(consumer: Any) -> None:
    """Spare Faust's consumer four tasks a record.

    It hands each record on to its agent in a task, and waits for that beside three others: for a stop, a crash, and
    flow being suspended. Nearly always nothing has to be waited for, because there is room in the agent's queue: then
    the record is handed on here and now, and else as before.
    """
    wait_first = consumer.wait_first

    async def hand_on(*waits: Any, **options: Any) -> Any:
        if len(waits) != 2 or consumer.suspend_flow.is_set() or consumer.should_stop:
            return await wait_first(*waits, **options)
        record, suspended = waits
        suspended.close()
        try:
            awaited = record.send(None)
        except StopIteration:
            return None
        return await wait_first(_Started(record, awaited), consumer.suspend_flow, **options)

    consumer.wait_first = hand_on


async def batches(app: Any, stream: Any, most: int) -> AsyncIterator[Batch]:
    """Batches of 1 to `most` events of an agent's stream, without end. The caller acknowledges each."""
    async for event in stream.noack().events():
        yield Batch(app, [event, *_waiting(app, stream.channel.queue, most - 1)])


def partition_offsets(app: Any) -> dict[tuple[str, int], tuple[int, int]]:
    """(topic, partition) -> (offset up to which all is done, end offset), of the partitions assigned to this worker. A
    partition of which nothing has been fetched yet is left out."""
    consumer = app.consumer
    offsets: dict[tuple[str, int], tuple[int, int]] = {}
    try:
        assignment = consumer.assignment()
    except ConsumerNotStarted:
        return offsets
    for partition in assignment:
        end = consumer.highwater(partition)
        if end is not None:
            offsets[partition.topic, partition.partition] = (consumer.done_to(partition), end)
    return offsets


def is_assigned(app: Any, topic: str, partition: int) -> bool:
    """Whether that partition is this worker's now. `topic` is the full name."""
    try:
        assignment = app.consumer.assignment()
    except ConsumerNotStarted:
        return False
    return (topic, partition) in assignment


class Assignment(NamedTuple):
    """Partitions of one topic that are this worker's, and the generation of the group in which they are."""

    generation: int
    partitions: frozenset[int]


def assignment_of(app: Any, topic: str) -> Assignment:
    """What is this worker's now of a topic (full name)."""
    try:
        assignment = app.consumer.assignment()
    except ConsumerNotStarted:
        return Assignment(app.consumer_generation_id, frozenset())
    mine = frozenset(partition.partition for partition in assignment if partition.topic == topic)
    return Assignment(app.consumer_generation_id, mine)


class _Started:
    """The rest of a coroutine that was started by hand, and now awaits something."""

    def __init__(self, coroutine: Coroutine[Any, Any, Any], awaited: Any) -> None:
        self._coroutine = coroutine
        self._awaited = awaited

    def __await__(self) -> Generator[Any, Any, Any]:
        while True:
            try:
                result = yield self._awaited
            except BaseException as error:  # noqa: BLE001 - it is for the coroutine, whatever it is
                proceed = partial(self._coroutine.throw, error)
            else:
                proceed = partial(self._coroutine.send, result)
            try:
                self._awaited = proceed()
            except StopIteration as end:
                return end.value


def _waiting(app: Any, queue: Any, most: int) -> list[Any]:
    """Take up to `most` events that wait in the queue already, tracked as Faust tracks the ones that it yields; its
    sensors, which nobody reads, are not told."""
    taken: list[Any] = []
    consumer = app.consumer
    while len(taken) < most and not queue.empty():
        event = queue.get_nowait()
        message = event.message
        if not app.flow_control.is_active() or message.generation_id != app.consumer_generation_id:
            continue
        if not message.tracked:
            message.tracked = True
            consumer.unacked.add(message)
        taken.append(event)
    return taken


def _received(message: Any, taken_at: float) -> Received:
    return Received(
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        key=message.key,
        value=message.value,
        published_ms=int((message.timestamp or 0) * 1000),
        taken_at=taken_at,
    )
