"""The loop of an agent, in a real Faust app on a real Kafka: nothing lost, whatever a handler does."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Any

import faust
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from config.settings import Settings
from streams.app import build_dependencies, faust_options
from streams.codec import Decoded, InvalidRecord
from streams.dependencies import Dependencies
from streams.index.protocol import IndexUnavailableError
from streams.publisher import Outgoing
from streams.runner import EXIT_SOFTWARE, Accepted, Handled, run
from streams.topics import create_or_check

A_WHILE_S = 1.0
"""Five commit intervals: what is not committed by then is not going to be."""

Handle = Callable[[Sequence[Accepted[bytes]]], Awaitable[Handled]]


def take(raw: bytes | None, _: datetime) -> Decoded[bytes]:
    if raw == b"undecodable":
        raise InvalidRecord("invalid_field", "a.b", "is bad")
    return Decoded(raw or b"")


@asynccontextmanager
async def running(settings: Settings, handle: Handle, overlapping: bool = False) -> AsyncIterator[Dependencies]:
    deps = build_dependencies(settings)
    app = faust.App(settings.consumer_group, **faust_options(settings))

    async def agent(stream: Any) -> None:
        await run(app, stream, "applications", take, handle, deps, overlapping=overlapping)

    source = app.topic(settings.topic("applications"), key_type=bytes, value_type=bytes)
    app.agent(source, name="test", concurrency=1)(agent)
    app.finalize()
    await deps.start()
    await app.start()
    try:
        yield deps
    finally:
        await app.stop()
        await deps.stop()


async def publish(settings: Settings, *values: bytes) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=settings.bootstrap)
    await producer.start()
    for value in values:
        await producer.send_and_wait(settings.topic("applications"), value, key=value[:8], partition=0)
    await producer.stop()


async def read(settings: Settings, topic: str, count: int) -> list[bytes]:
    consumer = AIOKafkaConsumer(
        settings.topic(topic), bootstrap_servers=settings.bootstrap, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        async with asyncio.timeout(120):
            return [(await consumer.getone()).value for _ in range(count)]
    finally:
        await consumer.stop()


async def committed(settings: Settings, wanted: int, patience_s: float = 60.0) -> int:
    """The committed offset, waited for until it is `wanted`, or what it is after so long."""
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.bootstrap, group_id=settings.consumer_group)
    await consumer.start()
    try:
        deadline = monotonic() + patience_s
        while True:
            offset = await consumer.committed(TopicPartition(settings.topic("applications"), 0)) or 0
            if offset == wanted or monotonic() >= deadline:
                return int(offset)
            await asyncio.sleep(0.1)
    finally:
        await consumer.stop()


def echo_to_decisions(settings: Settings, accepted: Sequence[Accepted[bytes]]) -> Handled:
    return Handled(publish=[Outgoing(settings.topic("decisions"), b"k", each.facts) for each in accepted])


async def test_one_record_that_fails_stands_alone_as_a_dead_letter(settings: Settings) -> None:
    await create_or_check(settings, create=True)

    async def handle(accepted: Sequence[Accepted[bytes]]) -> Handled:
        if any(each.facts == b"poison" for each in accepted):
            raise RuntimeError("13800000001 is in this message")
        return echo_to_decisions(settings, accepted)

    await publish(settings, b"one", b"poison", b"two", b"undecodable", b"three")
    async with running(settings, handle):
        assert sorted(await read(settings, "decisions", 3)) == [b"one", b"three", b"two"]
        letters = [json.loads(letter) for letter in await read(settings, "dead-letters", 2)]
        assert await committed(settings, 5) == 5
    by_payload = {base64.b64decode(letter["payload_base64"]): letter for letter in letters}
    assert by_payload[b"poison"]["error"] == {
        "code": "internal",
        "path": "$",
        "message": "RuntimeError while processing",
    }
    assert by_payload[b"poison"]["offset"] == 1
    assert by_payload[b"undecodable"]["error"] == {"code": "invalid_field", "path": "a.b", "message": "is bad"}


async def test_a_batch_waits_for_the_index_and_is_not_acknowledged_before(settings: Settings) -> None:
    await create_or_check(settings, create=True)
    failures = 4

    async def handle(accepted: Sequence[Accepted[bytes]]) -> Handled:
        nonlocal failures
        if failures:
            failures -= 1
            assert await committed(settings, 1, A_WHILE_S) == 0
            raise IndexUnavailableError("away")
        return echo_to_decisions(settings, accepted)

    await publish(settings, b"one")
    async with running(settings, handle):
        assert await read(settings, "decisions", 1) == [b"one"]
        assert await committed(settings, 1) == 1
    assert failures == 0


async def test_a_batch_that_waits_lets_the_worker_stop_and_comes_again(settings: Settings) -> None:
    await create_or_check(settings, create=True)
    waiting = asyncio.Event()

    async def wait(accepted: Sequence[Accepted[bytes]]) -> Handled:
        waiting.set()
        raise IndexUnavailableError("away")

    async def handle(accepted: Sequence[Accepted[bytes]]) -> Handled:
        return echo_to_decisions(settings, accepted)

    await publish(settings, b"one")
    async with asyncio.timeout(120):
        async with running(settings, wait):
            await waiting.wait()
    assert await committed(settings, 0) == 0
    async with running(settings, handle):
        assert await read(settings, "decisions", 1) == [b"one"]


async def test_what_cannot_be_settled_is_published_and_acknowledged_all_the_same(settings: Settings) -> None:
    await create_or_check(settings, create=True)

    async def handle(accepted: Sequence[Accepted[bytes]]) -> Handled:
        echo = echo_to_decisions(settings, accepted)
        return Handled(publish=echo.publish, settle=["\ud800, which has no bytes"])

    await publish(settings, b"one", b"two")
    async with running(settings, handle) as deps:
        assert await read(settings, "decisions", 2) == [b"one", b"two"]
        assert await committed(settings, 2) == 2
    assert deps.metrics.registry.get_sample_value("tidegate_end_to_end_seconds_count") == 2
    seconds = deps.metrics.registry.get_sample_value("tidegate_end_to_end_seconds_sum")
    assert seconds is not None
    assert 0 < seconds < 120


async def test_the_next_batch_is_handled_meanwhile_but_published_and_acknowledged_in_its_turn(
    settings: Settings,
) -> None:
    await create_or_check(settings, create=True)
    handled: list[bytes] = []
    first_may_end, second_has_ended = asyncio.Event(), asyncio.Event()

    async def handle(accepted: Sequence[Accepted[bytes]]) -> Handled:
        (event,) = accepted
        handled.append(event.facts)
        if len(handled) == 1:
            await publish(settings, b"two", b"three")
            await first_may_end.wait()
        elif event.facts == b"two":
            second_has_ended.set()
        return echo_to_decisions(settings, accepted)

    settings = settings.model_copy(update={"batch_max": 1})
    await publish(settings, b"one")
    async with running(settings, handle, overlapping=True):
        await asyncio.wait_for(second_has_ended.wait(), 120)
        assert await committed(settings, 1, A_WHILE_S) == 0
        assert handled == [b"one", b"two"]
        first_may_end.set()
        assert await read(settings, "decisions", 3) == [b"one", b"two", b"three"]
        assert await committed(settings, 3) == 3


async def test_an_event_that_comes_again_in_the_next_batch_is_handled_anew_when_it_has_been_settled(
    settings: Settings,
) -> None:
    await create_or_check(settings, create=True)
    calls = 0
    second_has_ended = asyncio.Event()

    async def handle(accepted: Sequence[Accepted[bytes]]) -> Handled:
        nonlocal calls
        calls += 1
        if calls == 1:
            await publish(settings, b"e-1")
            await second_has_ended.wait()
            return Handled(publish=[Outgoing(settings.topic("decisions"), b"k", b"all of it")], settle=["e-1"])
        second_has_ended.set()
        again = b"too much" if calls == 2 else b"the decision again"
        return Handled(
            publish=[Outgoing(settings.topic("decisions"), b"k", again)], settle=["e-1"] if calls == 2 else []
        )

    await publish(settings, b"e-1")
    async with running(settings, handle, overlapping=True):
        assert await read(settings, "decisions", 2) == [b"all of it", b"the decision again"]
        assert await committed(settings, 2) == 2


async def test_a_batch_is_left_to_the_next_assignment_with_the_one_before_it(settings: Settings) -> None:
    await create_or_check(settings, create=True)
    second_has_ended = asyncio.Event()

    async def first_waits(accepted: Sequence[Accepted[bytes]]) -> Handled:
        if accepted[0].facts == b"one":
            if not second_has_ended.is_set():
                await publish(settings, b"two")
                await second_has_ended.wait()
            raise IndexUnavailableError("away")
        second_has_ended.set()
        return echo_to_decisions(settings, accepted)

    async def handle(accepted: Sequence[Accepted[bytes]]) -> Handled:
        return echo_to_decisions(settings, accepted)

    await publish(settings, b"one")
    async with asyncio.timeout(120):
        async with running(settings, first_waits, overlapping=True):
            await second_has_ended.wait()
    assert await committed(settings, 0) == 0
    async with running(settings, handle, overlapping=True):
        assert await read(settings, "decisions", 2) == [b"one", b"two"]


FAILS_BEYOND_A_RECORD = """
import asyncio
from config.settings import Settings
from streams.publisher import Publisher
from streams.worker import run_worker

async def refuse(self, records):
    raise ValueError("no acknowledgement will ever come")

Publisher.publish = refuse
run_worker(Settings())
"""


async def test_a_worker_that_cannot_publish_exits_with_70_and_acknowledges_nothing(
    settings: Settings,
) -> None:
    await create_or_check(settings, create=True)
    example = Path(__file__).parents[2] / "docs" / "examples" / "applications.json"
    await publish(settings, example.read_bytes())
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        FAILS_BEYOND_A_RECORD,
        env=settings.environment(os.environ),
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        assert await asyncio.wait_for(process.wait(), 180) == EXIT_SOFTWARE
    finally:
        if process.returncode is None:
            process.kill()
    assert await committed(settings, 0) == 0
