"""`tidegate redrive`, on a real Kafka."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import typer
from aiokafka import AIOKafkaProducer
from typer.testing import CliRunner

from config.settings import Settings
from models.dead_letter import DeadLetter, DeadLetterError, ErrorCode
from scripts.redrive import SOURCES, Report, Selection, redrive, send_again
from streams.app import build_app
from streams.codec import encode
from streams.kafka import client_options, read_to_end, running
from streams.topics import TopicsNotReadyError, create_or_check

FAILED_AT = datetime(2026, 11, 24, 10, tzinfo=UTC)


class Letters:
    """Puts dead letters on the topic, and reads what came back."""

    def __init__(self, settings: Settings, producer: Any) -> None:
        self.settings = settings
        self._producer = producer
        self._offset = 0

    async def put(
        self,
        topic: str = "applications",
        code: ErrorCode = "not_json",
        *,
        key: bytes | None = b"A-1",
        payload: bytes | None = b"x",
        failed_at: datetime = FAILED_AT,
        prefix: str | None = None,
    ) -> None:
        """One dead letter, as a worker publishes it."""
        self._offset += 1
        letter = DeadLetter.of(
            topic=(self.settings.topic_prefix if prefix is None else prefix) + topic,
            partition=0,
            offset=self._offset,
            key=key,
            failed_at=failed_at,
            error=DeadLetterError(code=code, path="$", message="wrong"),
            payload=payload,
        )
        await self.put_raw(encode(letter), key or b"")

    async def put_raw(self, value: bytes, key: bytes = b"") -> None:
        await self._producer.send_and_wait(self.settings.topic("dead-letters"), value, key)

    async def send_again(self, **selection: Any) -> Report:
        return await send_again(self.settings, Selection(**selection))

    async def arrived(self, topic: str = "applications") -> Counter[tuple[bytes | None, bytes | None]]:
        """Key and value of each record that stands on a topic."""
        async with aclosing(read_to_end(self.settings, self.settings.topic(topic))) as records:
            return Counter([(record.key, record.value) async for record in records])


@pytest.fixture
async def letters(settings: Settings) -> AsyncIterator[Letters]:
    """Topics with two partitions, and a hand that puts dead letters there."""
    settings = settings.model_copy(update={"partitions": 2})
    await create_or_check(settings, create=True)
    producer = AIOKafkaProducer(**client_options(settings), max_request_size=4 * 1024 * 1024)
    async with running(producer, settings):
        yield Letters(settings, producer)


async def test_a_dead_letter_goes_back_with_its_own_key_and_payload(letters: Letters) -> None:
    await letters.put(key=b"A-1", payload=b"\xff not utf-8")
    await letters.put("labels", "missing_field", key=b"\xfe", payload=b"{}")
    report = await letters.send_again()
    assert report.sent == {("applications", "not_json"): 1, ("labels", "missing_field"): 1}
    assert await letters.arrived("applications") == {(b"A-1", b"\xff not utf-8"): 1}
    assert await letters.arrived("labels") == {(b"\xfe", b"{}"): 1}


async def test_a_record_that_had_no_key_has_none_again(letters: Letters) -> None:
    await letters.put(key=None, payload=None)
    await letters.send_again()
    assert await letters.arrived() == {(None, b""): 1}


async def test_the_largest_payload_goes_back_whole(letters: Letters) -> None:
    payload = b"x" * (1024 * 1024 - 1024)
    await letters.put(code="too_large", payload=payload)
    await letters.send_again()
    assert await letters.arrived() == {(b"A-1", payload): 1}


async def test_a_second_run_sends_nothing_that_was_sent_and_the_new_ones(letters: Letters) -> None:
    await letters.put(payload=b"old")
    await letters.send_again()
    await letters.put(payload=b"new")
    second = await letters.send_again()
    assert second.sent == {("applications", "not_json"): 1}
    assert second.sent_before == 1
    assert await letters.arrived() == {(b"A-1", b"old"): 1, (b"A-1", b"new"): 1}


async def test_what_a_filter_left_out_is_still_sent_by_a_later_run(letters: Letters) -> None:
    await letters.put("applications", "not_json")
    await letters.put("applications", "internal")
    await letters.put("labels", "internal")
    assert (await letters.send_again(codes=frozenset({"internal"}), topics=frozenset({"applications"}))).sent == {
        ("applications", "internal"): 1
    }
    assert (await letters.send_again()).sent == {("applications", "not_json"): 1, ("labels", "internal"): 1}
    assert (await letters.send_again()).sent == {}


async def test_again_sends_what_was_sent_before(letters: Letters) -> None:
    await letters.put()
    await letters.send_again()
    assert (await letters.send_again(again=True)).sent == {("applications", "not_json"): 1}
    assert await letters.arrived() == {(b"A-1", b"x"): 2}


async def test_a_dry_run_counts_and_sends_and_remembers_nothing(letters: Letters) -> None:
    await letters.put()
    report = await send_again(letters.settings, Selection(), dry_run=True)
    assert report.sent == {("applications", "not_json"): 1}
    assert await letters.arrived() == {}
    assert (await letters.send_again()).sent == {("applications", "not_json"): 1}


async def test_a_limit_stops_at_so_many_and_the_next_run_goes_on(letters: Letters) -> None:
    for number in range(5):
        await letters.put(key=str(number).encode())
    assert (await letters.send_again(limit=2)).sent == {("applications", "not_json"): 2}
    assert (await letters.send_again()).sent == {("applications", "not_json"): 3}
    assert set((await letters.arrived()).values()) == {1}


async def test_since_takes_letters_that_failed_at_that_time_or_later(letters: Letters) -> None:
    await letters.put(payload=b"before", failed_at=FAILED_AT - timedelta(microseconds=1))
    await letters.put(payload=b"at", failed_at=FAILED_AT)
    await letters.send_again(since=FAILED_AT)
    assert await letters.arrived() == {(b"A-1", b"at"): 1}


async def test_what_is_no_dead_letter_of_ours_is_left_alone(letters: Letters) -> None:
    await letters.put("applications", prefix="another.")
    await letters.put("decisions")
    await letters.put("dead-letters")
    await letters.put_raw(b"not a letter")
    await letters.put_raw(b"")
    report = await letters.send_again()
    assert report.sent == {}
    assert report.not_ours == 5
    assert await letters.arrived("decisions") == {}


def test_every_topic_that_an_agent_reads_takes_its_dead_letters_back(settings: Settings) -> None:
    agents = build_app(settings).agents.values()
    read = {topic for agent in agents for topic in agent.channel.topics}
    assert settings.topic("applications") in read
    assert read <= {settings.topic(name) for name in SOURCES}


async def test_more_letters_than_one_batch_are_all_sent_once(letters: Letters) -> None:
    for number in range(450):
        await letters.put(key=str(number).encode(), payload=str(number).encode())
    seen = Counter[str]()
    report = await send_again(letters.settings, Selection(), on_letter=lambda: seen.update(["letter"]))
    assert report.sent.total() == seen["letter"] == 450
    assert await letters.arrived() == {(str(number).encode(), str(number).encode()): 1 for number in range(450)}


def test_the_command_counts_by_topic_and_code(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings.model_copy(update={"partitions": 1})

    async def put_three() -> None:
        await create_or_check(settings, create=True)
        producer = AIOKafkaProducer(**client_options(settings))
        async with running(producer, settings):
            letters = Letters(settings, producer)
            await letters.put("labels", "internal")
            await letters.put("labels", "internal")
            await letters.put("applications", "not_json")

    asyncio.run(put_three())
    for name, value in (("BROKER", settings.broker), ("TOPIC_PREFIX", settings.topic_prefix), ("PARTITIONS", "1")):
        monkeypatch.setenv(f"TIDEGATE_{name}", value)
    app = typer.Typer()
    app.command()(redrive)
    dry = CliRunner().invoke(app, ["--dry-run"])
    assert "3 dead letters would be sent back" in dry.output
    done = CliRunner().invoke(app, ["--topic", "labels", "--code", "internal", "--limit", "5"])
    assert done.exit_code == 0, done.output
    row = next(line for line in done.output.splitlines() if "internal" in line)
    assert [cell.strip() for cell in row.strip("│").split("│")] == ["labels", "internal", "2"]
    again = CliRunner().invoke(app, ["--topic", settings.topic("labels"), "--since", "2026-11-24T18:00:00+08:00"])
    assert "0 dead letters were sent back" in again.output
    assert "2 had been sent before" in again.output


async def test_without_topics_it_says_so(settings: Settings) -> None:
    with pytest.raises(TopicsNotReadyError, match="tidegate topics create"):
        await send_again(settings, Selection())
