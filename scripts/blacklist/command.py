"""`tidegate blacklist`: load, export, check and remove list entries."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from config.settings import Settings
from models.events import ListedKind, Severity
from scripts.blacklist.checking import check_tokens, entries_table
from scripts.blacklist.columns import chosen_columns
from scripts.blacklist.exporting import export_lists
from scripts.blacklist.loading import Loaded, OnProgress, load_table
from scripts.blacklist.records import plan_for
from scripts.blacklist.removing import remove_entries
from scripts.blacklist.resuming import Progress as LoadProgress
from scripts.blacklist.tables import Table
from scripts.blacklist.values import tokens_to_look_for
from scripts.embedded.signals import ended_by_signals
from streams.topics import require_topics

SECONDS_BETWEEN_LINES = 2.0
"""Without a terminal, a line of progress comes so often."""
PROCESSES_MAX = 4

Action = Literal["add", "remove"]

ListOption = Annotated[str, typer.Option("--list", help="`own`, or external:NAME.")]
KindOption = Annotated[ListedKind, typer.Option(help="What the value or token is.")]
TokensOption = Annotated[
    list[str] | None, typer.Option("--token", help="A token in place of a raw value; may be given again.")
]

blacklist = typer.Typer(add_completion=False, no_args_is_help=True)


@blacklist.callback()
def _group() -> None:
    """Bulk work on the lists, own and external. Raw values become tokens here, with this deployment's key; none is
    published, stored or shown."""


@blacklist.command("load")
def load(
    file: Annotated[Path, typer.Argument(help="CSV, TSV, JSON Lines or Parquet, by its suffix.")],
    *,
    list_name: Annotated[str, typer.Option("--list", help="Of rows that name none: `own`, or external:NAME.")] = "own",
    kind: Annotated[ListedKind | None, typer.Option(help="Of rows that name none.")] = None,
    action: Annotated[Action, typer.Option(help="Of rows that name none.")] = "add",
    severity: Annotated[Severity, typer.Option(help="Likewise.")] = "medium",
    reason: Annotated[str | None, typer.Option(help="Likewise.")] = None,
    source: Annotated[str | None, typer.Option(help="Likewise.")] = None,
    expires: Annotated[str | None, typer.Option(help="Likewise: a date or a time.")] = None,
    at: Annotated[
        str | None,
        typer.Option(help="When this is said, for rows that say no time. By default, when the file was last changed."),
    ] = None,
    column: Annotated[
        list[str] | None, typer.Option(help="FIELD=COLUMN, where a column's name does not say it; may be given again.")
    ] = None,
    bad_rows: Annotated[
        Path | None, typer.Option(help="Where rows that cannot be used are told. FILE.bad.csv by default.")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Begin anew after a load that was broken off.")] = False,
    processes: Annotated[int | None, typer.Option(min=1, help="That make tokens; one a core by default.")] = None,
) -> None:
    """Publish the entries of a file of any size.

    Broken off, the same command goes on where it was; loaded twice, a file has the effect of once.

    Columns are named as the fields of `blacklist-entries` or as kinds (`phone`, `id_number`, …), or said with --column.
    The newest word on an identifier stands, by the time when it is said.
    """
    settings, console = Settings(), Console(highlight=False)
    _ = settings.pii_key_bytes
    zone = ZoneInfo(settings.timezone)
    table = Table(file)
    defaults = {
        "list": list_name,
        "kind": kind,
        "action": action,
        "severity": severity,
        "reason": reason,
        "source": source,
        "expires_at": None if expires is None else _time(expires, zone, "--expires").isoformat(),
        "occurred_at": (_changed(file) if at is None else _time(at, zone, "--at")).isoformat(),
    }
    given = {field: str(value) for field, value in defaults.items() if value is not None}
    plan = plan_for(table.columns, chosen_columns(column or ()), given, settings.timezone)
    asyncio.run(require_topics(settings))
    told = bad_rows or file.with_name(f"{file.name}.bad.csv")
    progress = LoadProgress.of_load(settings, file, plan, told, again)
    if progress.rows:
        console.print(f"Going on behind row {progress.rows:,}; --again begins anew.")
    started, loaded = time.monotonic(), Loaded(rows=progress.rows, bad_rows=progress.bad_rows)
    try:
        with ended_by_signals(), _progress(console, table.size) as on_progress:
            number = processes or min(PROCESSES_MAX, os.cpu_count() or 1)
            loaded = load_table(table, plan, settings, progress, number, on_progress)
    except KeyboardInterrupt:
        console.print(f"Broken off behind row {progress.rows:,}. The same command goes on from there.")
        raise typer.Exit(130) from None
    seconds = time.monotonic() - started
    console.print(f"{loaded.entries:,} entries in {seconds:.1f} s ({loaded.entries / seconds:,.0f} a second).")
    if loaded.bad_rows:
        console.print(f"{loaded.bad_rows:,} rows could not be used; {told} says why.")


@blacklist.command("export")
def export(
    file: Annotated[Path, typer.Argument(help="CSV, JSON Lines or Parquet, by its suffix.")],
    *,
    list_name: Annotated[str | None, typer.Option("--list", help="Only of this list.")] = None,
    current: Annotated[bool, typer.Option("--current", help="Leave out what has expired.")] = False,
) -> None:
    """Write all entries into a file, with tokens, hits and the last hit. `load` reads it again."""
    console = Console(highlight=False)
    expired_by = datetime.now(UTC) if current else None
    with _progress(console, 1) as on_progress:

        def on_share(share: float) -> None:
            on_progress(Loaded(position=share))

        entries = asyncio.run(export_lists(Settings(), file, list_name, expired_by, on_share))
    console.print(f"{entries:,} entries in {file}.")


@blacklist.command("check")
def check(*, kind: KindOption, token: TokensOption = None) -> None:
    """What lists say of a value: asked for, or read from standard input, a value a line. Or of tokens."""
    settings = Settings()
    asked = tokens_to_look_for(kind, token or (), settings)
    found = asyncio.run(check_tokens(settings, kind, asked))
    console = Console(highlight=False)
    console = console if console.is_terminal else Console(highlight=False, width=400)
    for each, entries in found:
        if entries:
            console.print(entries_table(each, entries, datetime.now(UTC), ZoneInfo(settings.timezone)))
        else:
            console.print(f"{kind} {each} is on no list.")


@blacklist.command("remove")
def remove(*, kind: KindOption, list_name: ListOption = "own", token: TokensOption = None) -> None:
    """Take values off a list: asked for, or read from standard input, a value a line. Or tokens."""
    settings = Settings()
    tokens = tokens_to_look_for(kind, token or (), settings)
    asyncio.run(remove_entries(settings, list_name, kind, tokens, datetime.now(UTC)))
    typer.echo(f"{len(tokens)} removals from {list_name} are published; workers take them up within a second.")


@contextmanager
def _progress(console: Console, size: float) -> Iterator[OnProgress]:
    """A bar on a terminal, else a line now and then."""
    if console.is_terminal:
        columns = (BarColumn(), TaskProgressColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
        with Progress(*columns, console=console, transient=True) as bars:
            task = bars.add_task("", total=size)
            yield lambda done: bars.update(task, completed=done.position, description=_said(done))
    else:
        yield _lines(console, size)


def _lines(console: Console, size: float) -> OnProgress:
    last_line_at = time.monotonic()

    def on_progress(done: Loaded) -> None:
        nonlocal last_line_at
        if time.monotonic() - last_line_at >= SECONDS_BETWEEN_LINES:
            last_line_at = time.monotonic()
            console.print(f"{100 * done.position / max(size, 1):.0f}% {_said(done)}")

    return on_progress


def _said(done: Loaded) -> str:
    bad = f", {done.bad_rows:,} bad rows" if done.bad_rows else ""
    return f"{done.entries:,} entries{bad}" if done.entries or bad else ""


def _changed(file: Path) -> datetime:
    """When the file was last changed; not in the future, whatever its clock."""
    return min(datetime.fromtimestamp(file.stat().st_mtime, UTC), datetime.now(UTC)).replace(microsecond=0)


def _time(text: str, zone: ZoneInfo, option: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no time such as 2026-11-24T10:00:00", param_hint=option) from None
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)).astimezone(UTC)
