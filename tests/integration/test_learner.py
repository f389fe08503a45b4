"""The learner with real workers: one learns, nothing is learned twice or left out, and what is better is promoted."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import aclosing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import psutil
import pytest
from aiokafka import AIOKafkaProducer, TopicPartition

from config.settings import Settings
from models.features.registry import FEATURE_NAMES
from models.learning.protocol import Example
from models.policy.policy import DEFAULT_POLICY
from models.published import ModelVersionRecord
from streams.kafka import admin_client, client_options, read_to_end, running
from streams.label_cases import TRAINING
from streams.model_files import MissingFileError
from streams.model_versions import Announcement, announce, current
from streams.publisher import Publisher
from streams.snapshots import ModelStore, Snapshot
from tests.integration.harness import PATIENCE_S, Client, StartWorker, WorkerProcess

QUICK_RULES = """[learning]
minimum_frauds = 20
window_frauds = 100
confidence = 0.8
cool_down_examples = 0
"""


@pytest.fixture
def quick(topics: Settings, tmp_path: Path) -> Settings:
    """Settings under which a learner keeps what it learned soon, and promotes soon."""
    policy = tmp_path / "policy.toml"
    policy.write_text(DEFAULT_POLICY.read_text().replace("[learning]\n", QUICK_RULES))
    return topics.model_copy(
        update={"policy": policy, "learner_snapshot_s": 2.0, "learner_snapshot_examples": 40, "batch_max": 100}
    )


def example(number: int) -> Example:
    """One in five is a fraud, and known by a feature that the scorecard does not look at."""
    rng = random.Random(number)
    fraud = rng.random() < 0.2
    features: dict[str, float | None] = dict.fromkeys(FEATURE_NAMES)
    features["amount_cny"] = rng.gauss(9.0 if fraud else 4.0, 1.0)
    at = datetime(2026, 10, 1, tzinfo=UTC) + timedelta(minutes=number)
    return Example(
        example_id=f"A-{number}:l-{number}",
        application_id=f"A-{number}",
        event_id=f"e-{number}",
        occurred_at=at,
        known_at=at + timedelta(days=7),
        fraud=fraud,
        features=features,
        categories={"channel": "h5"},
        fraud_score=0.1,
        model="scorecard-x",
    )


async def teach(settings: Settings, numbers: range) -> None:
    producer = AIOKafkaProducer(**client_options(settings))
    async with running(producer, settings):
        for number in numbers:
            await producer.send(settings.topic(TRAINING), msgspec.json.encode(example(number)), b"k")
        await producer.flush()


async def committed(settings: Settings) -> tuple[int, str | None]:
    place = TopicPartition(settings.topic(TRAINING), 0)
    async with admin_client(settings) as admin:
        found = await admin.list_consumer_group_offsets(f"{settings.consumer_group}-learner", partitions=[place])
    return found[place].offset, found[place].metadata or None


async def learned(settings: Settings, offset: int) -> tuple[int, str]:
    """Offset and version that are committed once at least `offset` is."""
    deadline = time.monotonic() + PATIENCE_S
    while (now := await committed(settings))[0] < offset:
        assert time.monotonic() < deadline, f"{now} after {PATIENCE_S} s"
        await asyncio.sleep(0.3)
    assert now[1] is not None
    return now[0], now[1]


async def announced(settings: Settings, examples: int) -> ModelVersionRecord:
    """What is announced once it is what at least so many examples have taught: a learner commits first."""
    deadline = time.monotonic() + PATIENCE_S
    while (now := await current(settings)) is None or now.trained_examples < examples:
        assert time.monotonic() < deadline, f"{now} after {PATIENCE_S} s"
        await asyncio.sleep(0.3)
    return now


def chain(settings: Settings, version: str | None) -> list[Snapshot]:
    """A learner's snapshot and those before it that are still there, newest first. The learner goes on pruning."""
    store = ModelStore.from_settings(settings)
    found: list[Snapshot] = []
    with suppress(MissingFileError):
        while version is not None:
            found.append(store.inspect(version, "learner"))
            version = found[-1].header.parent
    return found


async def announcements(settings: Settings) -> list[ModelVersionRecord]:
    async with aclosing(read_to_end(settings, settings.topic("model-versions"))) as records:
        return [msgspec.json.decode(record.value, type=ModelVersionRecord) async for record in records]


def learners(worker: WorkerProcess) -> list[psutil.Process]:
    found = []
    for child in psutil.Process(worker.process.pid).children():
        with suppress(psutil.NoSuchProcess):  # it is just ending
            if "streams.learner" in " ".join(child.cmdline()):
                found.append(child)
    return found


async def learner_of(*workers: WorkerProcess) -> psutil.Process:
    """The one learner that there is, once there is one: while partitions move, two workers may have one."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        found = [each for worker in workers if worker.process.poll() is None for each in learners(worker)]
        if len(found) == 1:
            return found[0]
        assert time.monotonic() < deadline, f"{len(found)} learners"
        await asyncio.sleep(0.2)


def start_learner(settings: Settings) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "streams.learner"],
        env=settings.environment(os.environ),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


async def active_of(*processes: subprocess.Popen[bytes], examples: int) -> subprocess.Popen[bytes]:
    """The one that says that it has learned so many examples: before, each may have been active for a moment."""
    says = f'"active":true,"examples":{examples},'.encode()
    deadline = time.monotonic() + PATIENCE_S
    while True:
        for process in processes:
            assert process.stdout is not None
            line = await asyncio.to_thread(process.stdout.readline)
            if says in line:
                return process
        assert time.monotonic() < deadline


async def test_a_better_model_is_promoted_by_itself_with_an_alert_that_says_why(
    start_worker: StartWorker, client: Client, quick: Settings
) -> None:
    worker = start_worker(quick)
    await teach(quick, range(600))
    deadline = time.monotonic() + PATIENCE_S
    while (now := await current(quick)) is None or now.version == "scorecard":
        assert time.monotonic() < deadline, f"{now} {worker.log()[-3000:]}"
        await asyncio.sleep(0.5)
    alert = await client.wait_for_alert("MODEL_PROMOTED")
    evidence = alert["evidence"]
    assert evidence["average_precision_gain"] > 0
    assert evidence["previous_version"] == "scorecard"
    assert f"on {evidence['frauds_compared']:.0f} frauds: average precision " in alert["summary"]
    assert f"{evidence['average_precision_after']:.3f} against" in alert["summary"]
    first = (await announcements(quick))[0]
    assert first.version == "scorecard" or first.change == "promotion"
    await learned(quick, 600)
    deadline = time.monotonic() + PATIENCE_S
    while "tidegate_learner_examples 600.0" not in worker.get("/metrics")[1]:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.3)
    metrics = worker.get("/metrics")[1]
    assert "tidegate_learner_up 1.0" in metrics
    assert 'tidegate_model_quality{measure="roc_auc",model="scorecard"}' in metrics


async def test_kills_of_the_learner_and_of_its_worker_lose_nothing_and_double_nothing(
    start_worker: StartWorker, quick: Settings
) -> None:
    first, second = start_worker(quick, wait=False), start_worker(quick, wait=False)
    first.wait_until_ready()
    second.wait_until_ready()
    await teach(quick, range(200))
    await learned(quick, 40)
    (await learner_of(first, second)).kill()
    assert first.get("/readyz")[0] == second.get("/readyz")[0] == 200
    await teach(quick, range(200, 400))
    await learned(quick, 300)
    learner = await learner_of(first, second)
    owner, other = (first, second) if learner.ppid() == first.process.pid else (second, first)
    owner.stop(signal.SIGKILL)
    await teach(quick, range(400, 500))
    learner.wait(PATIENCE_S)  # it ends with its worker
    offset, version = await learned(quick, 500)
    assert (await learner_of(other)).is_running()

    snapshots = chain(quick, version)
    assert offset == 500
    assert snapshots[0].header.examples == 500
    assert [each.header.sequence for each in snapshots] == [
        snapshots[0].header.sequence - n for n in range(len(snapshots))
    ]
    assert len(snapshots) > 1
    once = [example(number).fraud for number in range(500)]
    assert snapshots[0].header.frauds == sum(once)


async def test_an_example_that_comes_twice_is_learned_once(start_worker: StartWorker, quick: Settings) -> None:
    start_worker(quick)
    await teach(quick, range(50))
    await teach(quick, range(50))
    await teach(quick, range(50, 60))
    _, version = await learned(quick, 110)
    assert chain(quick, version)[0].header.examples == 60


async def test_a_champion_that_a_command_holds_stays_and_after_a_release_the_learner_chooses(
    start_worker: StartWorker, client: Client, quick: Settings
) -> None:
    publisher = Publisher(quick)
    start_worker(quick)
    await teach(quick, range(100))
    await announced(quick, 100)
    hold = Announcement(champion="scorecard", change="command", reason="Wait.", by="somebody", held=True)
    async with running(publisher, quick):
        await announce(hold, quick, publisher, datetime.now(UTC))
        await teach(quick, range(100, 600))
        held = await announced(quick, 600)
        assert (held.version, held.held) == ("scorecard", True)
        assert held.challenger is not None
        release = Announcement(champion="scorecard", change="command", reason="Go on.", by="somebody", held=False)
        await announce(release, quick, publisher, datetime.now(UTC))
    await teach(quick, range(600, 900))
    deadline = time.monotonic() + PATIENCE_S
    while (now := await current(quick)) is None or now.version == "scorecard":
        assert time.monotonic() < deadline, now
        await asyncio.sleep(0.5)
    await client.settle(1.0)
    promoted = [each for each in client.seen["alerts"] if each["kind"] == "MODEL_PROMOTED"]
    assert len(promoted) == 1


async def test_a_learner_that_was_frozen_through_a_take_over_writes_nothing_more(quick: Settings) -> None:
    """Two learners by themselves: the first is stopped in the middle, the second takes over, the first wakes up."""
    first, second = start_learner(quick), start_learner(quick)
    try:
        await teach(quick, range(100))
        await learned(quick, 100)
        active = await active_of(first, second, examples=100)
        other = second if active is first else first
        active.send_signal(signal.SIGSTOP)
        await teach(quick, range(100, 200))
        _, version = await learned(quick, 200)
        active.send_signal(signal.SIGCONT)
        await teach(quick, range(200, 220))  # few: only the newest snapshots stay
        offset, newest = await learned(quick, 220)
        snapshots = chain(quick, newest)
        assert offset == snapshots[0].header.examples == 220
        assert version in [each.version for each in snapshots]
        assert active.poll() is None
        assert other.poll() is None
    finally:
        for each in (first, second):
            each.kill()
            each.communicate()


async def test_a_learner_without_its_snapshot_learns_everything_again(
    start_worker: StartWorker, client: Client, quick: Settings
) -> None:
    first = start_worker(quick)
    await teach(quick, range(100))
    before = await announced(quick, 100)
    first.stop()
    shutil.rmtree(Path(quick.model_url) / "learner")
    await client.send("training", b"no example")
    start_worker(quick)
    await teach(quick, range(100, 160))
    offset, version = await learned(quick, 161)
    newest = chain(quick, version)[0]
    assert (offset, newest.header.examples) == (161, 160)
    assert before.trained_examples == 100
    assert (await announced(quick, 160)).trained_examples == 160
