"""Faust's Kafka consumer in the worker's own event loop, with a pause between its fetches.

Leans on the internals of Faust 0.15.3 and aiokafka 0.14; `tests/streams/test_consumer.py` fails when those change.

Faust gives the consumer a thread with a loop of its own. Both threads then want the interpreter lock: whoever has it
keeps it for up to 5 ms, and a record passes from one loop to the other and back several times before it is handed on.
In one loop there is nothing to pass on and nobody to wait for (docs/adr/0013).
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any

from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer
from mode import Service
from mode.utils.futures import maybe_async

from streams.fetch_rounds import shorten_rounds
from streams.fetch_sessions import keep_sessions
from streams.kafka import READ_COMMITTED

FETCH_PAUSE_S = 0.008
"""From the arrival of records to the next request for more. What arrives meanwhile is taken together: a batch of one
costs as much to fetch, look up and publish as a batch of ten. On an idle stream the request is out already."""


def consume_in_one_loop(app: Any) -> None:
    """Make that Faust app's consumer a `OneLoopConsumer`. Call it before anything asks for `app.consumer`."""
    app.transport.Consumer = OneLoopConsumer


class OneLoopConsumer(Consumer):
    """A consumer without a thread."""

    _thread: _NoThread

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._read_offset = _ReadOffsets(lambda: None)

    def _new_consumer_thread(self) -> AIOKafkaConsumerThread:
        return _NoThread(self, loop=self.loop, thread_loop=self.loop, beacon=self.beacon)

    def done_to(self, partition: Any) -> int:
        """The offset up to which all of a partition that is assigned is done.

        That is the committed one, but where all that was read is committed: then it is how far the partition has been
        read, past what no commit ever names, the end of a transaction or records that Kafka has deleted.
        """
        committed: int = self._committed_offset[partition] or 0
        if self._thread.last_read.get(partition, -1) >= committed:
            return committed
        assignment = self._thread._ensure_consumer()._subscription.subscription.assignment
        return max(committed, assignment.state_value(partition)._position or 0)

    async def verify_all_partitions_active(self) -> None:
        """Twice a second Faust would look for partitions that stand still, one in each turn of the loop, and take idle
        ones for stuck ones. `streams.health` watches committed offsets."""


class _NoThread(AIOKafkaConsumerThread):
    """What Faust expects of the thread, as an ordinary service: each method that a threaded service has replaced is
    the ordinary one again, and what would be called in the thread is called here."""

    wait_for_shutdown = False
    start = Service.start
    maybe_start = Service.maybe_start
    stop = Service.stop
    crash = Service.crash  # type: ignore[assignment]  # the argument has another name
    _stopped_set = Service._stopped_set
    _stop_children = Service._stop_children
    _stop_futures = Service._stop_futures
    _stop_exit_stacks = Service._stop_exit_stacks

    _assigned: tuple[object, set[Any]] = (None, set())
    """What aiokafka says, and Faust's set of it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.last_read: dict[Any, int] = {}
        """Partition -> offset of the last record that was taken from it, committed or not."""

    def _create_consumer(self, loop: asyncio.AbstractEventLoop) -> Any:
        """Faust reads what a transaction has taken back, unless it works in transactions itself."""
        consumer = super()._create_consumer(loop)
        consumer._isolation_level = READ_COMMITTED
        return consumer

    async def on_start(self) -> None:
        await super().on_start()
        fetcher = self._ensure_consumer()._fetcher
        keep_sessions(fetcher)
        shorten_rounds(fetcher)
        pace_fetches(fetcher)

    async def on_stop(self) -> None:
        await self.on_thread_stop()

    def assignment(self) -> set[Any]:
        """Faust's own makes this set of the same 84 partitions dozens of times a second, for each that it commits."""
        partitions = self._ensure_consumer().assignment()
        if partitions is not self._assigned[0]:
            self._assigned = partitions, super().assignment()
        return self._assigned[1]

    async def getmany(self, *asked: Any, **options: Any) -> Any:
        found = await super().getmany(*asked, **options)
        for partition, records in found.items():
            if records:
                self.last_read[partition] = records[-1].offset
        return found

    def highwater(self, tp: Any) -> int:
        """Where a transaction that is under way begins, nothing more can be read."""
        end: int = self._ensure_consumer().last_stable_offset(tp)
        return end

    async def call_thread(self, fun: Callable[..., Awaitable[Any]], *args: Any, **kwargs: Any) -> Any:
        return await maybe_async(fun(*args, **kwargs))


class _ReadOffsets(defaultdict[Any, int | None]):
    """Faust's record of what has been handed on, by partition, in which the first offset is not taken for none: the
    gap that a transaction leaves behind a first record would be forgotten, and nothing after it committed."""

    def __setitem__(self, partition: Any, offset: int | None) -> None:
        super().__setitem__(partition, None if offset is None else _Offset(offset))


class _Offset(int):
    """True, also when it is 0."""

    def __bool__(self) -> bool:
        return True


def pace_fetches(fetcher: Any) -> None:
    """Let aiokafka's fetcher pause after records have come from a broker before it asks that broker for more."""
    fetch = fetcher._proc_fetch_request
    due: dict[int, float] = {}
    loop = asyncio.get_running_loop()

    async def paced(assignment: Any, broker: int, request: Any) -> bool:
        early_s = due.get(broker, 0.0) - loop.time()
        if early_s > 0:
            try:
                await asyncio.sleep(early_s)
            except asyncio.CancelledError:
                return False  # as aiokafka's own does: its fetcher cancels, then takes the result
        records: bool = await fetch(assignment, broker, request)
        if records:
            due[broker] = loop.time() + FETCH_PAUSE_S
        return records

    fetcher._proc_fetch_request = paced
