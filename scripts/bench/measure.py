"""Throughput of a process that reads `applications` and writes `decisions`, and its latency under a steady load."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from msgspec import Struct

from config.settings import Settings
from scripts.bench.processes import running
from streams.kafka import client_options
from streams.topics import create_or_check

IDLE_S = 60.0
"""No answer for so long means that the process has failed."""
WARM_UP_SHARE = 0.1
"""Answers left out at the start: connections, caches, first rebalance."""

OnAnswer = Callable[[int], None]
"""Called with the number of answers so far."""


class Record(Struct, frozen=True):
    """An application as bytes."""

    key: bytes
    value: bytes


class BenchFailedError(Exception):
    """The measured process ended or stopped answering; the message names its log."""


async def throughput(
    module: str, settings: Settings, records: Sequence[Record], log_file: Path, on_answer: OnAnswer
) -> float:
    """Answers a second: all records stand in the topic before the process starts, and Kafka's timestamps of the
    answers, the first tenth left out, give the time."""
    await create_or_check(settings, create=True)
    async with AIOKafkaProducer(**client_options(settings), linger_ms=5) as producer:
        await asyncio.gather(
            *[await producer.send(settings.topic("applications"), each.value, each.key) for each in records]
        )
    async with _answers(settings) as consumer:
        with running(module, settings, log_file) as process:
            stamps = [stamp for _, stamp, _ in await _collect(consumer, len(records), process, log_file, on_answer)]
    stamps.sort()
    skipped = int(len(stamps) * WARM_UP_SHARE)
    return (len(stamps) - skipped - 1) / max(0.001, (stamps[-1] - stamps[skipped]) / 1000)


async def latencies_ms(
    module: str,
    settings: Settings,
    records: Sequence[Record],
    rate: float,
    log_file: Path,
    on_answer: OnAnswer,
) -> list[float]:
    """Milliseconds from the moment when each record was due to the arrival of its answer, at `rate` records a second.

    Open loop: a record that goes out late, because anything was slow, counts from when it was due, so that a stall is
    not left out of the figures (coordinated omission). The first tenth is left out.
    """
    await create_or_check(settings, create=True)
    due: dict[bytes, float] = {}
    async with _answers(settings) as consumer, AIOKafkaProducer(**client_options(settings)) as producer:
        with running(module, settings, log_file) as process:
            first, rest = records[0], records[1:]
            await producer.send_and_wait(settings.topic("applications"), first.value, first.key)
            await _collect(consumer, 1, process, log_file, on_answer)
            collecting = asyncio.create_task(_collect(consumer, len(rest), process, log_file, on_answer))
            started = monotonic()
            for number, each in enumerate(rest):
                due[each.key] = started + number / rate
                early_s = due[each.key] - monotonic()
                if early_s > 0:
                    await asyncio.sleep(early_s)
                await producer.send(settings.topic("applications"), each.value, each.key)
            answers = await collecting
    skipped = int(len(rest) * WARM_UP_SHARE)
    counted = {each.key for each in rest[skipped:]}
    return sorted((arrived - due[key]) * 1000 for key, _, arrived in answers if key in counted)


def _answers(settings: Settings) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(
        settings.topic("decisions"), **client_options(settings), auto_offset_reset="earliest", fetch_max_wait_ms=20
    )


async def _collect(
    consumer: AIOKafkaConsumer, wanted: int, process: subprocess.Popen[bytes], log_file: Path, on_answer: OnAnswer
) -> list[tuple[bytes, int, float]]:
    """(key, Kafka's timestamp in ms, monotonic time of arrival) of the next `wanted` answers."""
    answers: list[tuple[bytes, int, float]] = []
    last = monotonic()
    while len(answers) < wanted:
        for records in (await consumer.getmany(timeout_ms=200)).values():
            last = monotonic()
            answers += [(record.key, record.timestamp, last) for record in records]
            on_answer(len(answers))
        if process.poll() is not None or monotonic() - last > IDLE_S:
            raise BenchFailedError(f"{len(answers)} of {wanted} answers came; see {log_file}")
    return answers
