"""Loads a table into `blacklist-entries`: one process reads, several make records of the rows and publish them."""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from datetime import UTC, datetime

from msgspec import Struct

from config.errors import OperatorError
from config.settings import Settings
from models.identifiers import Tokeniser
from scripts.blacklist.records import BadRow, ListRecord, Plan, RecordMaker
from scripts.blacklist.resuming import Progress
from scripts.blacklist.tables import Block, Table
from streams.publisher import Outgoing, Publisher

BLOCKS_AHEAD = 2
"""A process has so many to do, so that it need not wait for the one that reads."""


class LoadFailedError(OperatorError):
    """Kafka refused records, or a process died."""


class Published(Struct, frozen=True):
    """What became of a block of rows."""

    entries: int
    bad: list[BadRow]


class Loaded(Struct):
    """What has been loaded so far; the first `rows` rows are done."""

    rows: int = 0
    position: float = 0
    """Of `Table.size`."""
    entries: int = 0
    """Records that Kafka acknowledged."""
    bad_rows: int = 0


OnProgress = Callable[[Loaded], None]


def load_table(
    table: Table, plan: Plan, settings: Settings, progress: Progress, processes: int, on_progress: OnProgress
) -> Loaded:
    """Load the rows that are not done yet. KeyboardInterrupt (Ctrl-C) ends it when all that was handed over is done and
    noted. Raises TableError and LoadFailedError."""
    loaded = Loaded(rows=progress.rows, bad_rows=progress.bad_rows)
    under_way: deque[tuple[int, int, Future[Published]]] = deque()

    def take() -> None:
        last, position, future = under_way.popleft()
        published = future.result()
        progress.note(last, published.bad)
        loaded.rows, loaded.position = last, position
        loaded.entries, loaded.bad_rows = loaded.entries + published.entries, progress.bad_rows
        on_progress(loaded)

    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, _start, (settings, table, plan)) as pool:
        try:
            for block in table.blocks(progress.rows):
                under_way.append((block.last, block.position, pool.submit(_load, block)))
                while len(under_way) > processes * BLOCKS_AHEAD:
                    take()
            while under_way:
                take()
        except KeyboardInterrupt:
            while under_way:
                take()
            raise
        except BrokenProcessPool as error:
            raise LoadFailedError("A process of the load died. What is loaded is noted: run it again") from error
    progress.finished()
    return loaded


class _Process:
    """One process: makes records of rows and publishes them."""

    def __init__(self, settings: Settings, table: Table, plan: Plan) -> None:
        self._table = table
        self._maker = RecordMaker(plan, Tokeniser(settings.pii_key_bytes))
        self._topic = settings.topic("blacklist-entries")
        self._loop = asyncio.new_event_loop()
        self._publisher = Publisher(settings)
        self._loop.run_until_complete(self._publisher.start())

    def load(self, block: Block) -> Published:
        now = datetime.now(UTC)
        records: list[Outgoing] = []
        bad: list[BadRow] = []
        for number, cells in self._table.rows(block):
            for made in self._maker.records(number, cells, now):
                if isinstance(made, ListRecord):
                    records.append(Outgoing(self._topic, made.key, made.value))
                else:
                    bad.append(made)
        self._loop.run_until_complete(self._publisher.publish(records))
        return Published(len(records), bad)


_process: _Process


def _start(settings: Settings, table: Table, plan: Plan) -> None:
    """Ctrl-C is for the process that reads; this one finishes what it has."""
    global _process  # noqa: PLW0603 - how a pool's processes keep something
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    _process = _Process(settings, table, plan)


def _load(block: Block) -> Published:
    return _process.load(block)
