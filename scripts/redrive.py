"""`tidegate redrive`: sends dead letters back to the topics that they came from."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, get_args

import msgspec
import typer
from aiokafka import AIOKafkaProducer, ConsumerRecord
from msgspec import Struct
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from config.settings import Settings
from models.dead_letter import DeadLetter, ErrorCode
from models.events import Time
from streams.codec import encode
from streams.kafka import client_options, read_to_end, running
from streams.topics import MAX_RECORD_BYTES, TOPICS, require_topics

INTERNAL_SOURCES = frozenset({"deferred", "recalls", "strayed-labels"})
"""What agents read besides topics in."""
SOURCES = frozenset(topic.name for topic in TOPICS if topic.direction == "in") | INTERNAL_SOURCES
"""Topics that dead letters come from, and may go back to."""
BATCH_LETTERS = 200
"""Sent, acknowledged and noted together. What a broken-off run had sent but not noted, the next one sends again."""


class Redriven(Struct, frozen=True, kw_only=True):
    """That a dead letter was sent again (internal topic `redriven`)."""

    partition: int
    offset: int
    """Of the dead letter, on `dead-letters`."""
    published_ms: int
    """Kafka's timestamp of the dead letter, which tells it from another one after the topic was made anew."""
    redriven_at: Time


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which dead letters to send."""

    topics: frozenset[str] = frozenset()
    """Names of the contract, without prefix; empty is every topic."""
    codes: frozenset[str] = frozenset()
    """Empty is every code."""
    since: datetime | None = None
    """Failed at this time or later."""
    limit: int | None = None
    again: bool = False
    """Those, too, that were sent before."""


@dataclass
class Report:
    """What became of the dead letters that were looked at: counts by (topic without prefix, code)."""

    sent: Counter[tuple[str, str]] = field(default_factory=Counter)
    sent_before: int = 0
    not_ours: int = 0
    """From a topic that is none of ours, or no dead letter at all: left alone."""


def redrive(
    *,
    topic: Annotated[list[str] | None, typer.Option(help="Only from this topic; may be given again.")] = None,
    code: Annotated[list[str] | None, typer.Option(help="Only with this error code; may be given again.")] = None,
    since: Annotated[str | None, typer.Option(help="Only failed since: 2026-11-24T10:00:00+08:00.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Also those that were sent before.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Send nothing, only count.")] = False,
) -> None:
    """Send dead letters back to their topics, with their own key and payload. A letter is sent once, unless --again."""
    settings = Settings()
    selection = Selection(
        topics=frozenset(_topic_name(each, settings) for each in topic or ()),
        codes=frozenset(_code(each) for each in code or ()),
        since=None if since is None else _time(since),
        limit=limit,
        again=again,
    )
    console = Console()
    columns = (SpinnerColumn(), TextColumn("{task.completed} dead letters"), TimeElapsedColumn())
    errors = Console(stderr=True)
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as progress:
        task = progress.add_task("", total=None)
        report = asyncio.run(send_again(settings, selection, dry_run, on_letter=lambda: progress.advance(task)))
    _show(report, dry_run, console)


async def send_again(
    settings: Settings, selection: Selection, dry_run: bool = False, on_letter: Callable[[], None] = lambda: None
) -> Report:
    """Send the selected dead letters that stand on the topic now; those that fail again make new ones.

    Raises BrokerUnreachableError, TopicsNotReadyError, and aiokafka's KafkaError when Kafka refuses a record.
    """
    await require_topics(settings)
    report = Report()
    producer = AIOKafkaProducer(**client_options(settings), acks="all", max_request_size=MAX_RECORD_BYTES)
    async with running(producer, settings), aclosing(_selected(settings, selection, report)) as letters:
        batch: list[tuple[ConsumerRecord, DeadLetter]] = []
        async for each in letters:
            on_letter()
            batch.append(each)
            if len(batch) == BATCH_LETTERS:
                await _send(batch, producer, settings, dry_run)
                batch = []
        await _send(batch, producer, settings, dry_run)
    return report


async def _selected(
    settings: Settings, selection: Selection, report: Report
) -> AsyncGenerator[tuple[ConsumerRecord, DeadLetter], None]:
    """The dead letters to send, counted in `report`."""
    sent_before = set() if selection.again else await _sent_before(settings)
    async with aclosing(read_to_end(settings, settings.topic("dead-letters"))) as records:
        async for record in records:
            if sum(report.sent.values()) == selection.limit:
                return
            letter = _letter(record, settings)
            if letter is None:
                report.not_ours += 1
                continue
            name, code = letter.topic.removeprefix(settings.topic_prefix), letter.error.code
            if (
                (selection.topics and name not in selection.topics)
                or (selection.codes and code not in selection.codes)
                or (selection.since is not None and letter.failed_at < selection.since)
            ):
                continue
            if (record.partition, record.offset, record.timestamp) in sent_before:
                report.sent_before += 1
                continue
            report.sent[name, code] += 1
            yield record, letter


async def _sent_before(settings: Settings) -> set[tuple[int, int, int]]:
    """Partition, offset and timestamp of the dead letters that were sent."""
    decoder = msgspec.json.Decoder(Redriven)
    async with aclosing(read_to_end(settings, settings.topic("redriven"))) as records:
        notes = [decoder.decode(record.value) async for record in records]
    return {(note.partition, note.offset, note.published_ms) for note in notes}


def _letter(record: ConsumerRecord, settings: Settings) -> DeadLetter | None:
    """The dead letter in a record, if it is one of ours."""
    try:
        letter = msgspec.json.decode(record.value or b"", type=DeadLetter)
        _ = letter.payload
    except (msgspec.DecodeError, ValueError):
        return None
    prefix, name = letter.topic[: len(settings.topic_prefix)], letter.topic[len(settings.topic_prefix) :]
    return letter if prefix == settings.topic_prefix and name in SOURCES else None


async def _send(
    batch: list[tuple[ConsumerRecord, DeadLetter]], producer: AIOKafkaProducer, settings: Settings, dry_run: bool
) -> None:
    """Send a batch, and note it once all of it is acknowledged."""
    if dry_run:
        return
    sending = [
        await producer.send(letter.topic, letter.payload, None if letter.key is None else record.key)
        for record, letter in batch
    ]
    await asyncio.gather(*sending)
    now = datetime.now(UTC)
    noting = [await producer.send(settings.topic("redriven"), encode(_note(record, now))) for record, _ in batch]
    await asyncio.gather(*noting)


def _note(record: ConsumerRecord, now: datetime) -> Redriven:
    return Redriven(partition=record.partition, offset=record.offset, published_ms=record.timestamp, redriven_at=now)


def _topic_name(text: str, settings: Settings) -> str:
    name = text.removeprefix(settings.topic_prefix)
    if name not in SOURCES:
        raise typer.BadParameter(f"{text!r} is none of {', '.join(sorted(SOURCES))}", param_hint="--topic")
    return name


def _code(text: str) -> str:
    if text not in get_args(ErrorCode):
        raise typer.BadParameter(f"{text!r} is none of {', '.join(get_args(ErrorCode))}", param_hint="--code")
    return text


def _time(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise typer.BadParameter(
            f"{text!r} is no time with an offset, such as 2026-11-24T10:00:00+08:00", param_hint="--since"
        )
    return moment


def _show(report: Report, dry_run: bool, console: Console) -> None:
    if report.sent:
        table = Table("topic", "error code", "would be sent" if dry_run else "sent")
        for (topic, code), count in sorted(report.sent.items()):
            table.add_row(topic, code, str(count))
        console.print(table)
    total = sum(report.sent.values())
    console.print(f"{total} dead letters {'would be' if dry_run else 'were'} sent back to their topics.")
    if report.sent_before:
        console.print(f"{report.sent_before} had been sent before (--again sends them too).")
    if report.not_ours:
        console.print(f"{report.not_ours} records are no dead letters of this deployment's topics: left alone.")
