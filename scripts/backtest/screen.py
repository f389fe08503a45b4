"""What a backtest shows: how far it is, and at the end what it was worth."""

from __future__ import annotations

from time import monotonic
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from scripts.backtest.contents import Contents
from scripts.backtest.metrics import Metrics
from scripts.backtest.report import NOTHING
from scripts.backtest.run import BacktestRun

SECONDS_BETWEEN_LINES = 10.0
"""Without a terminal, a line of progress comes so often."""


class ConsoleScreen:
    """A bar with the time that remains on a terminal, elsewhere a line now and then."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
            TextColumn("remaining"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task: TaskID | None = None
        self._began = self._last_line_at = monotonic()
        self._done_before = self._total = 0

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def sorting(self) -> None:
        """The history is being checked and sorted."""
        self._console.print("Checking the history and putting it into event-time order")
        self._task = self._bar.add_task("sorting", total=None, rate="")

    def holds(self, found: Contents) -> None:
        """What the history was found to hold."""
        self._console.print(f"{found}", soft_wrap=True)

    def begins(self, rows: int, done: int) -> None:
        """So many rows there are, of which some were done before."""
        if done:
            self._console.print(f"Going on after {done:,} of {rows:,} rows")
        self._began = self._last_line_at = monotonic()
        self._total, self._done_before = rows, done
        if self._task is not None:
            self._bar.remove_task(self._task)
        self._task = self._bar.add_task("rows", total=rows, completed=done, rate="")

    def at(self, done: int) -> None:
        """So many are done."""
        now = monotonic()
        a_second = (done - self._done_before) / max(now - self._began, 1e-9)
        if self._task is not None:
            self._bar.update(self._task, completed=done, rate=f"{a_second:,.0f} rows/s")
        if not self._console.is_terminal and now - self._last_line_at >= SECONDS_BETWEEN_LINES:
            self._last_line_at = now
            remaining = (self._total - done) / max(a_second, 1e-9)
            self._console.print(
                f"{done:,} of {self._total:,} rows, {a_second:,.0f} rows/s, {_clock(remaining)} remaining"
            )


def summary(run: BacktestRun, metrics: Metrics) -> Table:
    """The figures that one looks at first."""
    table = Table("measure", "value", show_header=False)
    scored = metrics.rows
    table.add_row("rows scored", f"{scored:,} (of {len(run.rows.row):,}; {metrics.frauds:,} frauds known by now)")
    for name, value in (
        ("ROC AUC", metrics.roc_auc),
        ("average precision", metrics.average_precision),
        ("Brier score", metrics.brier),
    ):
        table.add_row(name, NOTHING if value is None else f"{value:.4f}")
    table.add_row("labels learned", f"{run.examples:,}")
    table.add_row("model at the end", run.models[0])
    table.add_row("rows a second", f"{len(run.rows.row) / max(run.seconds, 1e-9):,.0f}")
    return table


def _clock(seconds: float) -> str:
    minutes, left = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{left:02}"
