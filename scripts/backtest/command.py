"""`tidegate backtest`: a history through the real core, with labels that come late."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from types import FrameType
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from config.settings import Settings
from models.policy.policy import load_policy_file
from scripts.backtest.backtest import Options, run_backtest
from scripts.backtest.mapping import duration, load_mapping, moment
from scripts.backtest.report import write_report
from scripts.backtest.screen import ConsoleScreen, summary


class Index(StrEnum):
    """Where links and counts are kept."""

    MEMORY = "memory"
    VALKEY = "valkey"


def backtest(
    history: Annotated[Path, typer.Argument(help="A table of the past: .csv, .tsv, .jsonl (also .gz) or .parquet.")],
    *,
    mapping: Annotated[Path, typer.Option(help="The mapping file: which column is what.")],
    out: Annotated[Path, typer.Option(help="Directory for scores, metrics and report; made when missing.")],
    index: Annotated[Index, typer.Option(help="The link index: in memory, or in a Valkey of its own.")] = Index.MEMORY,
    label_delay: Annotated[
        str | None,
        typer.Option(help="When labels are known: 7d, 12h, 30m, 0s after the event. Overrides the mapping."),
    ] = None,
    learn_until: Annotated[
        str | None, typer.Option(help="Date or time: labels known from then on are not used at all.")
    ] = None,
    score_from: Annotated[
        str | None, typer.Option(help="Date or time: rows before it are learned from, but not written or measured.")
    ] = None,
    score_until: Annotated[str | None, typer.Option(help="Date or time: the run ends before it.")] = None,
    seed: Annotated[int, typer.Option(help="Of all chance: the same seed gives the same scores.")] = 0,
) -> None:
    """Score a table of the past as it would have been scored live, and measure it.

    Rows go through the core in event-time order; each is scored before its own label was known. Ctrl-C writes a
    checkpoint, and the same command goes on from there. See docs/backtest.md.
    """
    zone = ZoneInfo(load_mapping(mapping).event.timezone)
    options = Options(
        history=history,
        mapping=mapping,
        out=out,
        index=index.value,
        label_delay=_delay(label_delay),
        learn_until=_moment(learn_until, zone, "--learn-until"),
        score_from=_moment(score_from, zone, "--score-from"),
        score_until=_moment(score_until, zone, "--score-until"),
        seed=seed,
    )
    policy = load_policy_file(Settings().policy)
    console = Console(highlight=False)
    with _stop_asked() as stop, ConsoleScreen(console) as screen:
        run, metrics = asyncio.run(run_backtest(options, policy, screen, stop))
    console.print(summary(run, metrics))
    write_report(out, run, metrics)
    console.print(f"{out}: scores.parquet, metrics.json, report.html")


@contextmanager
def _stop_asked() -> Iterator[Callable[[], bool]]:
    """Whether Ctrl-C or SIGTERM came; the run stops at the next good place. A second one ends it at once."""
    asked = False

    def ask(number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        asked = True
        signal.signal(number, before[signal.Signals(number)])

    before = {each: signal.signal(each, ask) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: asked
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _delay(text: str | None) -> timedelta | None:
    try:
        return None if text is None else duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--label-delay") from None


def _moment(text: str | None, zone: ZoneInfo, option: str) -> datetime | None:
    """A date or time; where it states no offset, in the history's time zone."""
    if text is None:
        return None
    try:
        found = moment(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None
    return found if found.tzinfo is not None else found.replace(tzinfo=zone)
