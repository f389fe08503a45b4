"""Fixtures over the shared Kafka and Valkey: topics, workers, a client."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from config.settings import Settings
from streams.topics import create_or_check
from tests.integration.harness import TOPICS_OUT, Client, MakeApplication, StartWorker, WorkerProcess


@pytest.fixture
async def topics(settings: Settings) -> Settings:
    """The settings, with all topics in place."""
    assert await create_or_check(settings, create=True) == []
    return settings


@pytest.fixture
def start_worker(topics: Settings, tmp_path: Path) -> Iterator[StartWorker]:
    """Starts workers; call it with `settings=...` for others than the test's own. All are ended with the test."""
    started: list[WorkerProcess] = []

    def start(settings: Settings = topics, wait: bool = True) -> WorkerProcess:
        worker = WorkerProcess(settings, tmp_path / f"worker-{len(started)}.log")
        started.append(worker)
        if wait:
            worker.wait_until_ready()
        return worker

    yield start
    for worker in started:
        worker.stop()


@pytest.fixture
async def client(topics: Settings) -> AsyncIterator[Client]:
    producer = AIOKafkaProducer(bootstrap_servers=topics.bootstrap, max_request_size=2**20)
    consumer = AIOKafkaConsumer(
        *[topics.topic(topic) for topic in TOPICS_OUT],
        bootstrap_servers=topics.bootstrap,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=20,
    )
    await asyncio.gather(producer.start(), consumer.start())
    yield Client(topics, producer, consumer)
    await asyncio.gather(producer.stop(), consumer.stop())


@pytest.fixture
def make_application() -> MakeApplication:
    """The contract's example application, now, under other ids; keyword arguments replace parts of it by dotted path
    (`__` for the dot)."""
    example = Path(__file__).parents[2] / "docs" / "examples" / "applications.json"

    def make(number: int, **changes: object) -> dict[str, Any]:
        application: dict[str, Any] = json.loads(example.read_text())
        application |= {
            "event_id": f"e-{number}",
            "application_id": f"A-{number}",
            "occurred_at": time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime()),
        }
        for path, value in changes.items():
            *parents, name = path.split("__")
            part = application
            for parent in parents:
                part = part[parent]
            part[name] = value
        return application

    return make
