"""Loads a table into `blacklist-entries`: one process reads, several make records of the rows and publish them."""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from datetime import UTC, datetime
from itertools import islice

from msgspec import Struct

from config.errors import OperatorError
from config.settings import Settings
from models.identifiers import Tokeniser
from scripts.blacklist.records import BadRow, ListRecord, Plan, RecordMaker
from scripts.blacklist.resuming import Progress
from scripts.blacklist.tables import Cells, Row, Table
from streams.publisher import Outgoing, Publisher

ROWS_PER_CHUNK = 4_000
CHUNKS_AHEAD = 2
"""A process has so many to do, so that it need not wait for the one that reads."""


class LoadFailedError(OperatorError):
    """Kafka refused records, or a process died."""


class Chunk(Struct, frozen=True):
    """What became of rows that were handed over together."""

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
    rows = table.rows(progress.rows)
    under_way: deque[tuple[Row, Future[Chunk]]] = deque()

    def take() -> None:
        last, future = under_way.popleft()
        chunk = future.result()
        progress.note(last.number, chunk.bad)
        loaded.rows, loaded.position = last.number, last.position
        loaded.entries, loaded.bad_rows = loaded.entries + chunk.entries, progress.bad_rows
        on_progress(loaded)

    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, _start, (settings, plan)) as pool:
        try:
            for chunk in _chunks(rows):
                under_way.append((chunk[-1], pool.submit(_load, [(row.number, row.cells) for row in chunk])))
                while len(under_way) > processes * CHUNKS_AHEAD:
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


def _chunks(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while chunk := list(islice(rows, ROWS_PER_CHUNK)):
        yield chunk


class _Process:
    """One process: makes records of rows and publishes them."""

    def __init__(self, settings: Settings, plan: Plan) -> None:
        self._maker = RecordMaker(plan, Tokeniser(settings.pii_key_bytes))
        self._topic = settings.topic("blacklist-entries")
        self._loop = asyncio.new_event_loop()
        self._publisher = Publisher(settings)
        self._loop.run_until_complete(self._publisher.start())

    def load(self, rows: list[tuple[int, Cells]]) -> Chunk:
        now = datetime.now(UTC)
        records: list[Outgoing] = []
        bad: list[BadRow] = []
        for number, cells in rows:
            for made in self._maker.records(number, cells, now):
                if isinstance(made, ListRecord):
                    records.append(Outgoing(self._topic, made.key, made.value))
                else:
                    bad.append(made)
        self._loop.run_until_complete(self._publisher.publish(records))
        return Chunk(len(records), bad)


_process: _Process


def _start(settings: Settings, plan: Plan) -> None:
    """Ctrl-C is for the process that reads; this one finishes what it has."""
    global _process  # noqa: PLW0603 - how a pool's processes keep something
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    _process = _Process(settings, plan)


def _load(rows: list[tuple[int, Cells]]) -> Chunk:
    return _process.load(rows)
