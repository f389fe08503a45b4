"""`tidegate rebuild`: the link index and lists in Valkey again, from Kafka."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from config.errors import OperatorError
from config.settings import Settings
from models.policy.policy import load_policy_file
from streams.index.protocol import IndexUnavailableError
from streams.index.refill import RefillIndex
from streams.kafka import record_counts
from streams.rebuilding import PARTS, PartReport, parts, rebuild_part
from streams.topics import require_topics

SECONDS_BETWEEN_LINES = 2.0
"""Without a terminal, a line of progress comes so often."""

OnRecords = Callable[[str, int], None]
"""Called with a part and how many more of its records are done."""


class RebuildBrokenOffError(OperatorError):
    """Valkey does not answer, or no longer."""


def rebuild(
    *,
    only: Annotated[
        list[str] | None, typer.Option(help=f"Only this part ({', '.join(PARTS)}); may be given again.")
    ] = None,
) -> None:
    """Build what Valkey held again, from the topics in Kafka, while workers go on. It may be repeated or broken off."""
    wanted = [_checked(name) for name in only or PARTS]
    settings, console = Settings(), Console(highlight=False)
    reports = asyncio.run(_rebuild(settings, wanted, console))
    console.print(_table(reports))


async def _rebuild(settings: Settings, wanted: Sequence[str], console: Console) -> list[PartReport]:
    await require_topics(settings)
    index = RefillIndex.from_settings(settings)
    found = parts(settings, index, load_policy_file(settings.policy), datetime.now(UTC))
    totals = await record_counts(settings, [settings.topic(topic) for topic in PARTS.values()])
    try:
        await index.ping()
        with _progress(console, {name: totals[settings.topic(PARTS[name])] for name in wanted}) as on_records:
            return [await rebuild_part(found[name], settings, partial(on_records, name)) for name in wanted]
    except IndexUnavailableError as error:
        raise RebuildBrokenOffError(
            f"Valkey does not answer (TIDEGATE_REDIS_URL): {error}. What is written stands; run the command again "
            "when it is back"
        ) from error
    finally:
        await index.close()


@contextmanager
def _progress(console: Console, totals: dict[str, int]) -> Iterator[OnRecords]:
    """A bar for each part on a terminal, else a line now and then."""
    if console.is_terminal:
        columns = (TextColumn("{task.description:12}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console, transient=True) as bars:
            tasks = {name: bars.add_task(name, total=total) for name, total in totals.items()}
            yield lambda name, done: bars.advance(tasks[name], done)
    else:
        yield _lines(console, totals)


def _lines(console: Console, totals: dict[str, int]) -> OnRecords:
    done_of = dict.fromkeys(totals, 0)
    last_line_at = time.monotonic()

    def on_records(name: str, done: int) -> None:
        nonlocal last_line_at
        done_of[name] += done
        if time.monotonic() - last_line_at >= SECONDS_BETWEEN_LINES:
            last_line_at = time.monotonic()
            console.print(f"{name}: {done_of[name]} of {totals[name]} records")

    return on_records


def _table(reports: Sequence[PartReport]) -> Table:
    table = Table("part", "from topic", "records", "written", "left out", "unreadable", "seconds", "records a second")
    for each in reports:
        figures = (each.records, each.written, each.left_out, each.unreadable)
        rate = f"{each.records / each.seconds:,.0f}" if each.records else ""
        table.add_row(each.part, PARTS[each.part], *(f"{n:,}" for n in figures), f"{each.seconds:.1f}", rate)
    for column in table.columns[2:]:
        column.justify = "right"
    return table


def _checked(name: str) -> str:
    if name not in PARTS:
        raise typer.BadParameter(f"{name!r} is none of {', '.join(PARTS)}", param_hint="--only")
    return name
