"""`tidegate simulate`: publishes simulated applications, device events and later labels, with known fraud."""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from config.errors import OperatorError
from config.settings import Settings
from scripts.simulator.labels import DEFAULT_DELAY_DAYS
from scripts.simulator.publishing import OnProgress, publish
from scripts.simulator.records import TimedRecord
from scripts.simulator.stream import SimulationConfig, simulated_stream
from scripts.simulator.truth import write_truth
from streams.kafka import client_options, running

SHIFT_AT = 0.5
"""Share of the time after which `--shift` shows."""

RUN_ID_PATTERN = r"[A-Za-z0-9._:]{1,24}"
REQUEST_TIMEOUT_MS = 10_000
"""A broker that does not answer, or has no such topic, ends the command so much later."""

LINGER_MS = 5
"""Records wait so long for others to the same partition: throughput matters more here than a few milliseconds."""

SECONDS_BETWEEN_LINES = 2.0
"""Without a terminal, a line of progress comes so often; a shorter run has none."""


class PublishingError(OperatorError):
    """Kafka refused a record, or has no such topic."""


def simulate(
    *,
    applications: Annotated[int, typer.Option(min=1, help="Applications to publish.")] = 2_600,
    rate: Annotated[float, typer.Option(min=0, help="Applications a second; 0: as fast as Kafka takes them.")] = 50.0,
    fraud_share: Annotated[float, typer.Option(min=0, max=1, help="Share of fraudulent applications.")] = 0.05,
    days: Annotated[
        float, typer.Option(min=0, help="Event time spans so many days ending now; 0: event time is the wall clock.")
    ] = 7.0,
    ago: Annotated[
        float,
        typer.Option(
            min=0, help="With --days: they end so many days before now, so that labels after them are mature."
        ),
    ] = 0.0,
    label_delay: Annotated[
        float,
        typer.Option(min=0.001, help="Days until a fraud is confirmed, about; later than now: no label yet."),
    ] = DEFAULT_DELAY_DAYS,
    shift: Annotated[
        bool,
        typer.Option("--shift", help="Half-way through the time a kind of fraud appears that was not there before."),
    ] = False,
    truth: Annotated[Path | None, typer.Option(dir_okay=False, help="Write the ground truth here, JSON Lines.")] = None,
    seed: Annotated[int, typer.Option(help="Another seed, another stream.")] = 7,
    run_id: Annotated[
        str | None,
        typer.Option(help="Part of every id and of the randomness; drawn from the seed and the time when not given."),
    ] = None,
) -> None:
    """Publish simulated applications, device events and later labels with known fraud."""
    console = Console(highlight=False, soft_wrap=True)
    now = datetime.now(UTC)
    start, end = event_span(now, days, applications, rate, ago)
    config = SimulationConfig(
        start=start,
        end=end,
        applications=applications,
        fraud_share=fraud_share,
        seed=seed,
        label_delay_days=label_delay,
        shift_at=SHIFT_AT if shift else None,
        run_id=default_run_id(seed, now) if run_id is None else _checked_run_id(run_id),
    )
    stream = simulated_stream(config)
    if truth is not None:
        stream = write_truth(stream, truth)
    settings = Settings()
    try:
        with _progress(console, applications) as on_progress:
            published = asyncio.run(_publish(stream, settings, rate, on_progress))
    except KafkaError as error:
        raise PublishingError(
            f"Kafka at {settings.broker} did not take the records: {str(error) or type(error).__name__}. "
            f"Do its topics exist under {settings.topic_prefix!r}? `tidegate topics create` makes them"
        ) from error
    console.print(f"Published {_summary(published)}; run {config.run_id}.")
    if truth is not None:
        console.print(f"Ground truth: {truth}")


def event_span(
    now: datetime, days: float, applications: int, rate: float, days_ago: float = 0.0
) -> tuple[datetime, datetime]:
    """(start, end) of the applications' event time: `days` ending `days_ago`, or as long as publishing takes from now
    on.

    `rate` 0 with 0 days leaves no time at all, so the applications occur in the millisecond each before now.
    """
    if days:
        end = now - timedelta(days=days_ago)
        return end - timedelta(days=days), end
    if rate:
        return now, now + timedelta(seconds=applications / rate)
    return now - timedelta(milliseconds=applications), now


def default_run_id(seed: int, now: datetime) -> str:
    """Differs between runs that start in different milliseconds."""
    return f"{seed % 0xFFFF:x}.{int(now.timestamp() * 1_000):x}"


async def _publish(
    stream: Iterable[TimedRecord], settings: Settings, rate: float, on_progress: OnProgress
) -> Counter[str]:
    options = {"acks": "all", "linger_ms": LINGER_MS, "request_timeout_ms": REQUEST_TIMEOUT_MS}
    producer = AIOKafkaProducer(**client_options(settings), **options)
    async with running(producer, settings):
        return await publish(stream, producer, settings, rate, on_progress)


@contextmanager
def _progress(console: Console, applications: int) -> Iterator[OnProgress]:
    """A bar on a terminal, else a line every two seconds."""
    if console.is_terminal:
        columns = (TextColumn("Applications"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task("", total=applications)
            yield lambda published: bar.update(task, completed=published["applications"])
    else:
        last_line_at = time.monotonic()

        def line(published: Counter[str]) -> None:
            nonlocal last_line_at
            if time.monotonic() - last_line_at >= SECONDS_BETWEEN_LINES:
                last_line_at = time.monotonic()
                console.print(f"{published['applications']} of {applications} applications")

        yield line


def _summary(published: Counter[str]) -> str:
    parts = [f"{count} {topic}" for topic, count in published.most_common()]
    return f"{published.total()} records ({', '.join(parts)})"


def _checked_run_id(run_id: str) -> str:
    if not re.fullmatch(RUN_ID_PATTERN, run_id):
        raise typer.BadParameter("--run-id takes 1 to 24 characters of A-Z a-z 0-9 . _ :")
    return run_id
