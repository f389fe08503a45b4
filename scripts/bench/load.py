"""Load on processes that read `applications` and write `decisions`: how many a second, and how late.

What they answer is looked at from outside: records go in through Kafka, and what counts is what comes out of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from time import monotonic

import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from msgspec import Struct

from config.errors import OperatorError
from config.settings import Settings
from scripts.bench.arithmetic import due_s, late_ms, rate_per_s, warmed_up
from scripts.bench.machine import cpu_s
from scripts.bench.place import Record
from scripts.bench.processes import Measured, running
from scripts.bench.progress import OnDone
from streams.kafka import admin_client, client_options
from streams.topics import TOPICS, create_or_check

WORKER = "streams.worker"
IDLE_S = 60.0
"""No answer for so long means that the process has failed."""
POLL_MS = 200
PREFILL_LINGER_MS = 5
TAIL_LINES = 15

Pids = Mapping[str, Sequence[int]]
"""What a process is -> ids of the processes that are it."""


class BenchFailedError(OperatorError):
    """Something that was to be measured failed; the message ends with what it said last."""

    def __init__(self, what: str, log_file: Path | None = None) -> None:
        said = log_file.read_text(errors="replace").splitlines()[-TAIL_LINES:] if log_file is not None else []
        super().__init__("\n".join([what, *said]))


class Throughput(Struct, frozen=True, kw_only=True):
    """How quickly a topic full of records was answered."""

    per_s: float
    cpu_us: dict[str, float]
    """What a process is -> its processor time a record, in microseconds."""
    degraded: int
    """Decisions that were made without the link index."""


class Latencies(Struct, frozen=True, kw_only=True):
    """How late answers were."""

    ms: list[float]
    """From when each record was due to the arrival of its answer, rising."""
    cpu_us: float
    """The process's processor time a record, in microseconds."""
    degraded: int


async def throughput(
    module: str, settings: Settings, records: Sequence[Record], log_file: Path, on_done: OnDone
) -> Throughput:
    """Of one process, run as `python -m module`."""
    async with topics(settings):
        return await throughput_in_topics(module, settings, records, log_file, on_done)


async def throughput_in_topics(
    module: str, settings: Settings, records: Sequence[Record], log_file: Path, on_done: OnDone
) -> Throughput:
    """The same in topics that exist, and stay. All records stand there before the process starts."""
    async with _consumer(settings) as consumer:
        await _fill(settings, records)
        with running(module, settings, log_file) as process:
            answers = Answers(consumer, [process], log_file, on_done)
            return await _rate_of(answers, len(records), {module: [process.pid]})


async def _rate_of(answers: Answers, wanted: int, pids: Pids) -> Throughput:
    """Take the answers to `wanted` records. Kafka's timestamps of the answers give the time; the first are left out."""
    await answers.take(warmed_up(wanted))
    before, first = {name: cpu_s(ids) for name, ids in pids.items()}, len(answers.arrived)
    await answers.take(wanted)
    after, last = {name: cpu_s(ids) for name, ids in pids.items()}, len(answers.arrived)
    return Throughput(
        per_s=rate_per_s(answers.stamps_ms),
        cpu_us={name: (after[name] - before[name]) / max(1, last - first) * 1e6 for name in pids},
        degraded=answers.degraded,
    )


async def latencies(
    module: str,
    settings: Settings,
    records: Sequence[Record],
    rate: float,
    log_file: Path,
    on_done: OnDone,
    *,
    left_out: int,
) -> Latencies:
    """Of one process, under `rate` records a second, open loop, without the first `left_out` of them."""
    due: dict[bytes, float] = {}
    topic = settings.topic("applications")
    producer = AIOKafkaProducer(**client_options(settings))
    async with topics(settings), _consumer(settings) as consumer, producer:
        with running(module, settings, log_file) as process:
            answers = Answers(consumer, [process], log_file, on_done)
            first, rest = records[0], records[1:]
            await producer.send_and_wait(topic, first.value, first.key)
            await answers.take(1)
            taking = asyncio.create_task(answers.take(len(records)))
            started, used_s = monotonic(), cpu_s([process.pid])
            for number, each in enumerate(rest):
                due[each.key] = started + due_s(number, rate)
                early_s = due[each.key] - monotonic()
                if early_s > 0:
                    await asyncio.sleep(early_s)
                await producer.send(topic, each.value, each.key)
            await taking
            used_s = cpu_s([process.pid]) - used_s
    counted = [each.key for each in records[left_out:]]
    return Latencies(
        ms=sorted(late_ms(due[key], answers.arrived[key]) for key in counted),
        cpu_us=used_s / len(rest) * 1e6,
        degraded=answers.degraded,
    )


async def _fill(settings: Settings, records: Sequence[Record]) -> None:
    """Publish all as fast as Kafka takes them."""
    async with AIOKafkaProducer(**client_options(settings), linger_ms=PREFILL_LINGER_MS) as producer:
        topic = settings.topic("applications")
        await asyncio.gather(*[await producer.send(topic, each.value, each.key) for each in records])


class _Head(Struct):
    """What of an answer is looked at; an echo has none of it."""

    degraded: list[str] = []
    supersedes: str | None = None


_head = msgspec.json.Decoder(_Head)


class Answers:
    """The first answer to each record, as they come. A decision that supersedes another is no first answer."""

    def __init__(
        self, consumer: AIOKafkaConsumer, processes: Sequence[Measured], log_file: Path, on_done: OnDone
    ) -> None:
        self.arrived: dict[bytes, float] = {}
        """Key -> monotonic time of arrival."""
        self.stamps_ms: list[int] = []
        """Kafka's timestamps of them."""
        self.degraded = 0
        self._consumer = consumer
        self._processes = processes
        self._log_file = log_file
        self._on_done = on_done

    async def take(self, wanted: int) -> None:
        """Return when `wanted` records or more have been answered, from the beginning on. Raises BenchFailedError."""
        last = monotonic()
        while len(self.arrived) < wanted:
            for records in (await self._consumer.getmany(timeout_ms=POLL_MS)).values():
                last = monotonic()
                for record in records:
                    self._note(record.key, record.timestamp, record.value, last)
                self._on_done(len(self.arrived))
            if any(process.poll() is not None for process in self._processes) or monotonic() - last > IDLE_S:
                raise BenchFailedError(f"{len(self.arrived)} of {wanted} answers came", self._log_file)

    def _note(self, key: bytes, stamp_ms: int, value: bytes, now: float) -> None:
        head = _head.decode(value)
        if head.supersedes is None and key not in self.arrived:
            self.arrived[key] = now
            self.stamps_ms.append(stamp_ms)
            self.degraded += bool(head.degraded)


@asynccontextmanager
async def topics(settings: Settings) -> AsyncIterator[None]:
    """The topics under the settings' prefix, as long as they are needed: idle ones cost Kafka time, too."""
    await create_or_check(settings, create=True)
    try:
        yield
    finally:
        async with admin_client(settings) as client:
            await client.delete_topics([settings.topic(each.name) for each in TOPICS])


def _consumer(settings: Settings) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(
        settings.topic("decisions"), **client_options(settings), auto_offset_reset="earliest", fetch_max_wait_ms=20
    )


async def throughput_of_several(
    workers: Sequence[Settings],
    records: Sequence[Record],
    log_file: Path,
    on_done: OnDone,
    *,
    ready: Callable[[], bool],
    others: Pids,
) -> Throughput:
    """Of workers that share the load: once `ready` says that they have, all records are published at once.

    `others` are the processes beside the workers whose processor time is of interest.
    """
    async with topics(workers[0]), _consumer(workers[0]) as consumer:
        with ExitStack() as stack:
            processes = [stack.enter_context(running(WORKER, each, log_file)) for each in workers]
            answers = Answers(consumer, processes, log_file, on_done)
            deadline = monotonic() + IDLE_S
            while not await asyncio.to_thread(ready):
                if any(process.poll() is not None for process in processes) or monotonic() > deadline:
                    raise BenchFailedError("the workers did not become ready", log_file)
                await asyncio.sleep(POLL_MS / 1000)
            await _fill(workers[0], records)
            pids = {"workers": [process.pid for process in processes], **others}
            return await _rate_of(answers, len(records), pids)
