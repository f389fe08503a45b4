"""A backtest from its options to its results."""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any, Literal, Protocol

import numpy as np

from config.errors import OperatorError
from models.facts import epoch_ms
from models.learning.tournament import SCORECARD
from models.pipeline import Models
from models.policy.policy import Policy
from scripts.backtest.apart import LearningApart
from scripts.backtest.checkpoint import (
    CHECKPOINT_FILE,
    Checkpoint,
    claim,
    read_checkpoint,
    refuse_others,
    write_checkpoint,
)
from scripts.backtest.columns import NEVER_MS
from scripts.backtest.contents import Contents, check_window, contents
from scripts.backtest.engine import Engine
from scripts.backtest.facts import FactsOfRows
from scripts.backtest.history import SORTED, SortedHistory, opened, sort_history
from scripts.backtest.label_reader import LabelReader, check_known
from scripts.backtest.labels import PendingLabels
from scripts.backtest.learning import Learning, learning_here
from scripts.backtest.mapping import HistoryMapping, duration, load_mapping
from scripts.backtest.metrics import Metrics, measure
from scripts.backtest.outputs import write_metrics, write_scores
from scripts.backtest.recorder import Recorder
from scripts.backtest.run import BacktestRun, BacktestSettings
from scripts.backtest.state import State
from scripts.embedded.valkey import EmbeddedValkey
from streams.index.memory import MemoryIndex
from streams.index.protocol import LinkIndex
from streams.index.valkey import ValkeyIndex

IndexName = Literal["memory", "valkey"]
WORK = "work"
"""Below the output directory: what a run needs while it lasts."""
VALKEY_MEMORY_MB = 16_384
VALKEY_DEADLINE_MS = 10_000
"""Nobody waits for an answer."""
APART_ROWS = 50_000
"""Of more rows, models learn in a process of their own, where there is another core."""
BATCHES_AHEAD = 16
"""So many batches of rows are read ahead of the one that is decided. The models may learn for them meanwhile."""
COLLECT_AFTER = 200_000
"""Objects that come before Python looks for unreachable ones: those of several batches of rows. After each batch it is
told to look through what is there no more, for nearly all that comes stays long or goes by itself."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What is asked for. Times are aware."""

    history: Path
    mapping: Path
    out: Path
    index: IndexName = "memory"
    label_delay: timedelta | None = None
    """Instead of the mapping's."""
    learn_until: datetime | None = None
    score_from: datetime | None = None
    score_until: datetime | None = None
    seed: int = 0


class StoppedError(OperatorError):
    """The run was stopped and can go on."""

    exit_code = 130


class Screen(Protocol):
    """Who shows how far it is."""

    def sorting(self) -> None:
        """The history is being checked and sorted."""

    def holds(self, found: Contents) -> None:
        """What the history was found to hold."""

    def begins(self, rows: int, done: int) -> None:
        """So many rows there are, of which some were done before."""

    def at(self, done: int) -> None:
        """So many are done."""


async def run_backtest(
    options: Options, policy: Policy, screen: Screen, stop: Callable[[], bool] = lambda: False
) -> tuple[BacktestRun, Metrics]:
    """Run a backtest, or go on with one that was stopped, and write scores and metrics into `options.out`.

    `stop` is asked now and then; when it says yes a checkpoint is written and StoppedError raised. Raises
    MappingError, HistoryError and OtherRunError for what the operator has to put right.
    """
    mapping = load_mapping(options.mapping)
    settings = _settings(options, mapping, policy)
    check_known(mapping, options.label_delay, options.mapping)
    refuse_others(options.out, settings)
    work = options.out / WORK
    work.mkdir(parents=True, exist_ok=True)
    checkpoint = read_checkpoint(work)
    if checkpoint is None:
        screen.sorting()
        history = sort_history(options.history, mapping, options.mapping, work)
        labels = LabelReader(mapping, history.columns, options.label_delay)
        screen.holds(contents(history, labels, options.mapping))
        from_ms, until_ms = _epoch_ms(options.score_from, 0), _epoch_ms(options.score_until, NEVER_MS)
        check_window(history, from_ms, until_ms, options.history)
        claim(options.out, settings)
    else:
        history = opened(work / SORTED)
    async with _index(options.index, work, checkpoint) as index:
        running = _Run(options, mapping, policy, history, index, checkpoint)
        try:
            run = await running.finish(settings, screen, stop, work)
        finally:
            running.close()
    metrics = measure(run.rows, run.scored)
    write_scores(run, history, options.out)
    write_metrics(metrics, options.out)
    shutil.rmtree(work)
    return run, metrics


class _Run:
    """A run in memory."""

    def __init__(
        self,
        options: Options,
        mapping: HistoryMapping,
        policy: Policy,
        history: SortedHistory,
        index: LinkIndex,
        checkpoint: Checkpoint | None,
    ) -> None:
        self._history, self._index = history, index
        self._total = history.before(_epoch_ms(options.score_until, NEVER_MS))
        self._from_ms = _epoch_ms(options.score_from, 0)
        models = Models.for_policy(policy)
        state = State(pending=PendingLabels(), recorder=Recorder(list(mapping.kinds())))
        self._done, self._seconds = 0, 0.0
        apart = self._total > APART_ROWS and _cores() > 1
        self._learning: Learning = (LearningApart if apart else learning_here)(
            policy.document,
            SCORECARD if mapping.event.product is not None else None,
            options.seed,
            None if checkpoint is None else checkpoint.learning,
        )
        if checkpoint is not None:
            models.anomaly.restore(checkpoint.anomaly)
            models = Models(champion=checkpoint.served or models.champion, anomaly=models.anomaly)
            state, self._done, self._seconds = checkpoint.state, checkpoint.done, checkpoint.seconds
        self._engine = Engine(
            policy,
            index,
            FactsOfRows(mapping, history.columns, options.seed),
            LabelReader(mapping, history.columns, options.label_delay),
            self._learning,
            models,
            state,
            () if checkpoint is None else checkpoint.planned,
            learn_until_ms=_epoch_ms(options.learn_until, NEVER_MS),
            score_from_ms=self._from_ms,
        )

    async def finish(
        self, settings: BacktestSettings, screen: Screen, stop: Callable[[], bool], work: Path
    ) -> BacktestRun:
        """All rows to the end."""
        screen.begins(self._total, self._done)
        started = perf_counter()
        with _few_collections():
            batches = self._batches()
            while True:
                for batch in islice(batches, BATCHES_AHEAD + 1 - self._engine.waiting):
                    self._engine.read(batch)
                if not self._engine.waiting:
                    break
                self._done += await self._engine.decide_next()
                screen.at(self._done)
                gc.freeze()
                if self._done < self._total and stop():
                    self._seconds += perf_counter() - started
                    write_checkpoint(self._checkpoint(), work)
                    raise StoppedError(
                        f"stopped after {self._done:,} of {self._total:,} rows; the same command goes on"
                    )
        self._seconds += perf_counter() - started
        return self._result(settings)

    def _batches(self) -> Iterator[list[tuple[Any, ...]]]:
        """The rows that are left."""
        left = self._total - self._done
        for batch in self._history.batches(self._done):
            if left <= 0:
                return
            yield batch[:left]
            left -= len(batch)

    def close(self) -> None:
        """End what was begun."""
        self._learning.close()

    def _checkpoint(self) -> Checkpoint:
        engine = self._engine
        planned = engine.planned()  # first: until then it need not have been learned
        return Checkpoint(
            done=self._done,
            state=engine.state,
            served=None if engine.state.serving == SCORECARD else engine.models.champion,
            anomaly=engine.models.anomaly.snapshot(),
            learning=self._learning.state(),
            planned=planned,
            index=self._index if isinstance(self._index, MemoryIndex) else None,
            seconds=self._seconds,
        )

    def _result(self, settings: BacktestSettings) -> BacktestRun:
        state, rows = self._engine.state, self._engine.state.recorder.rows()
        last_ms = int(rows.occurred_ms[-1]) if len(rows.occurred_ms) else 0
        learned = self._learning.result(last_ms)
        first = int(np.searchsorted(rows.occurred_ms, self._from_ms))
        standings = learned.weeks[-1].standings
        names = sorted(standings, key=lambda standing: not standing.champion)
        return BacktestRun(
            settings=settings,
            rows=rows,
            scored=slice(first, len(rows.row)),
            weeks=learned.weeks,
            promotions=learned.promotions,
            drifts=learned.drifts,
            usefulness=state.recorder.usefulness(),
            examples=learned.examples,
            models=[standing.name for standing in names],
            seconds=self._seconds,
        )


@asynccontextmanager
async def _index(name: IndexName, work: Path, checkpoint: Checkpoint | None) -> AsyncIterator[LinkIndex]:
    if name == "memory":
        yield MemoryIndex() if checkpoint is None or checkpoint.index is None else checkpoint.index
        return
    if checkpoint is None:
        shutil.rmtree(work / "valkey", ignore_errors=True)
    with EmbeddedValkey(work / "valkey", maxmemory_mb=VALKEY_MEMORY_MB) as server:
        (work / CHECKPOINT_FILE).unlink(missing_ok=True)  # the server's state, which it goes with, is used up
        index = ValkeyIndex(server.url, "backtest", VALKEY_DEADLINE_MS)
        try:
            yield index
        finally:
            await index.close()


@contextmanager
def _few_collections() -> Iterator[None]:
    """Python hardly looks for unreachable objects: millions live here, and nearly all others go by themselves."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def _cores() -> int:
    """On which this process may run, where the system says so."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _settings(options: Options, mapping: HistoryMapping, policy: Policy) -> BacktestSettings:
    delay = options.label_delay
    if delay is None and mapping.label.delay is not None:
        delay = duration(mapping.label.delay)
    file = options.history.stat() if options.history.exists() else None
    return BacktestSettings(
        history=options.history.name,
        history_bytes=file.st_size if file else 0,
        history_changed=datetime.fromtimestamp(int(file.st_mtime) if file else 0, UTC),
        mapping=options.mapping.read_text(encoding="utf-8"),
        policy=policy.version,
        index=options.index,
        label_delay_s=None if delay is None else delay.total_seconds(),
        learn_until=options.learn_until,
        score_from=options.score_from,
        score_until=options.score_until,
        seed=options.seed,
    )


def _epoch_ms(moment: datetime | None, otherwise: int) -> int:
    return otherwise if moment is None else epoch_ms(moment)
