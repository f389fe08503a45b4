"""A backtest from its options to its results."""

from __future__ import annotations

import gc
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter, perf_counter_ns
from typing import Literal, Protocol

import numpy as np

from config.errors import OperatorError
from models.facts import epoch_ms
from models.learning.catalogue import default_models
from models.learning.tournament import SCORECARD, Tournament
from models.pipeline import Models
from models.policy.policy import Policy
from scripts.backtest.checkpoint import (
    CHECKPOINT_FILE,
    Checkpoint,
    claim,
    read_checkpoint,
    refuse_others,
    write_checkpoint,
)
from scripts.backtest.columns import NEVER_MS
from scripts.backtest.engine import Engine
from scripts.backtest.facts import FactsOfRows
from scripts.backtest.history import SORTED, SortedHistory, opened, sort_history
from scripts.backtest.label_reader import LabelReader
from scripts.backtest.labels import PendingLabels
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
COLLECT_AFTER = 200_000
"""Objects that come before Python looks for unreachable ones: nearly all that come here stay or go at once."""
SETTLED_AFTER = 64
"""Batches of rows after which what is there is looked through no more: the index alone is millions of objects."""


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
    refuse_others(options.out, settings)
    work = options.out / WORK
    work.mkdir(parents=True, exist_ok=True)
    checkpoint = read_checkpoint(work)
    if checkpoint is None:
        screen.sorting()
        history = sort_history(options.history, mapping, options.mapping, work)
        claim(options.out, settings)
    else:
        history = opened(work / SORTED)
    async with _index(options.index, work, checkpoint) as index:
        run = await _Run(options, mapping, policy, history, index, checkpoint).finish(settings, screen, stop, work)
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
        learners = default_models(options.seed)
        self._tournament = Tournament(
            learners,
            policy.document.learning,
            scorecard=policy.scorecard,
            champion=SCORECARD if mapping.event.product is not None else next(iter(learners)),
            seed=options.seed,
            clock=perf_counter_ns,
        )
        models = Models.for_policy(policy)
        state = State(pending=PendingLabels(), recorder=Recorder(list(mapping.kinds())))
        self._done, self._seconds = 0, 0.0
        if checkpoint is not None:
            self._tournament.restore(checkpoint.tournament)
            models.anomaly.restore(checkpoint.anomaly)
            models = Models(champion=checkpoint.served or models.champion, anomaly=models.anomaly)
            state, self._done, self._seconds = checkpoint.state, checkpoint.done, checkpoint.seconds
        self._engine = Engine(
            policy,
            index,
            FactsOfRows(mapping, history.columns, options.seed),
            LabelReader(mapping, history.columns, options.label_delay),
            learners,
            self._tournament,
            models,
            state,
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
            for number, batch in enumerate(self._history.batches(self._done), 1):
                rows = batch[: self._total - self._done]
                await self._engine.run(rows)
                self._done += len(rows)
                screen.at(self._done)
                if number % SETTLED_AFTER == 0:
                    gc.freeze()
                if self._done == self._total:
                    break
                if stop():
                    self._seconds += perf_counter() - started
                    write_checkpoint(self._checkpoint(), work)
                    raise StoppedError(
                        f"stopped after {self._done:,} of {self._total:,} rows; the same command goes on"
                    )
        self._seconds += perf_counter() - started
        return self._result(settings)

    def _checkpoint(self) -> Checkpoint:
        engine = self._engine
        return Checkpoint(
            done=self._done,
            state=engine.state,
            served=None if engine.state.serving == SCORECARD else engine.models.champion,
            anomaly=engine.models.anomaly.snapshot(),
            tournament=self._tournament.snapshot(),
            index=self._index if isinstance(self._index, MemoryIndex) else None,
            seconds=self._seconds,
        )

    def _result(self, settings: BacktestSettings) -> BacktestRun:
        state, rows = self._engine.state, self._engine.state.recorder.rows()
        last_ms = int(rows.occurred_ms[-1]) if len(rows.occurred_ms) else 0
        self._engine.note_standings(last_ms)
        first = int(np.searchsorted(rows.occurred_ms, self._from_ms))
        standings = state.weeks[-1].standings
        names = sorted(standings, key=lambda standing: not standing.champion)
        return BacktestRun(
            settings=settings,
            rows=rows,
            scored=slice(first, len(rows.row)),
            weeks=state.weeks,
            promotions=state.promotions,
            drifts=state.drifts,
            usefulness=state.recorder.usefulness(),
            examples=self._tournament.examples,
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
    """Python looks for unreachable objects seldom: millions live here, and nearly all others go by themselves."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


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
