"""What the integration tests work with: real worker processes, and a plain Kafka client on the other side."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from config.settings import Settings
from scripts.chaos.experiment import START_S
from scripts.embedded.ports import free_port
from streams.kafka import admin_client

PATIENCE_S = 120.0
"""For what comes within seconds, unless the machine has other things to do."""
TOPICS_OUT = ("decisions", "decision-audit", "alerts", "dead-letters")


class WorkerProcess:
    """One `tidegate worker`, with its log in a file and its endpoints on a free port."""

    def __init__(self, settings: Settings, log_file: Path) -> None:
        self.settings = settings.model_copy(update={"web_port": free_port(), "log_level": "DEBUG"})
        self.log_file = log_file
        self.times_slower = 1.0
        """How much longer than on a quiet machine things may take here, by how long the worker took to start."""
        self._began = time.monotonic()
        with log_file.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "streams.worker"],
                env=self.settings.environment(os.environ),
                stdout=log,
                stderr=log,
            )

    def get(self, path: str) -> tuple[int, str]:
        """Status and body of an endpoint; status 0 when nothing listens yet."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.settings.web_port}{path}", timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            assert self.process.poll() is None, f"the worker ended: {self.log()[-3000:]}"
            if self.get("/readyz")[0] == 200:
                self.times_slower = max(1.0, (time.monotonic() - self._began) / START_S)
                return
            time.sleep(0.1)
        pytest.fail(f"not ready after {PATIENCE_S} s: {self.get('/readyz')} {self.log()[-3000:]}")

    def log(self) -> str:
        return self.log_file.read_text(errors="replace")

    def stop(self, sign: int = signal.SIGTERM, timeout_s: float = PATIENCE_S) -> int:
        """End it and return its exit code; killed when it does not end in time."""
        if self.process.poll() is None:
            self.process.send_signal(sign)
            try:
                return self.process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                self.process.kill()
        return self.process.wait()


class Client:
    """What an upstream system has: a Kafka client and the contract."""

    def __init__(self, settings: Settings, producer: AIOKafkaProducer, consumer: AIOKafkaConsumer) -> None:
        self._settings = settings
        self._producer = producer
        self._consumer = consumer
        self.seen: dict[str, list[dict[str, Any]]] = {topic: [] for topic in TOPICS_OUT}
        self.raw: list[bytes] = []

    async def send(self, topic: str, record: dict[str, Any] | bytes, key: str = "k") -> None:
        value = record if isinstance(record, bytes) else json.dumps(record).encode()
        await self._producer.send_and_wait(self._settings.topic(topic), value, key.encode())

    async def apply(self, application: dict[str, Any]) -> None:
        await self.send("applications", application, application["application_id"])

    async def poll(self, timeout_ms: int = 100) -> None:
        for partition, records in (await self._consumer.getmany(timeout_ms=timeout_ms)).items():
            topic = partition.topic.removeprefix(self._settings.topic_prefix)
            for record in records:
                self.raw += [record.key or b"", record.value]
                self.seen[topic].append(json.loads(record.value))

    async def wait_for(self, topic: str, count: int, timeout_s: float = PATIENCE_S) -> list[dict[str, Any]]:
        """The first `count` or more records on a topic out."""
        deadline = time.monotonic() + timeout_s
        while len(self.seen[topic]) < count:
            assert time.monotonic() < deadline, f"{len(self.seen[topic])} of {count} on {topic} after {timeout_s} s"
            await self.poll()
        return self.seen[topic]

    async def wait_for_alert(self, kind: str) -> dict[str, Any]:
        """The first alert of a kind, whatever others there are."""
        count = 1
        while True:
            alerts = await self.wait_for("alerts", count)
            for alert in alerts:
                if alert["kind"] == kind:
                    return alert
            count = len(alerts) + 1

    async def wait_until_taken(self, *topics: str) -> None:
        """Return when workers have acknowledged all that stands on some topics in: what it led to has been written."""
        partitions = range(self._settings.partitions)
        places = [TopicPartition(self._settings.topic(topic), number) for topic in topics for number in partitions]
        ends = await self._consumer.end_offsets(places)
        deadline = time.monotonic() + PATIENCE_S
        async with admin_client(self._settings) as admin:
            while True:
                taken = await admin.list_consumer_group_offsets(self._settings.consumer_group, partitions=places)
                waiting = {place: end for place, end in ends.items() if taken[place].offset < end and end}
                if not waiting:
                    return
                assert time.monotonic() < deadline, f"not taken after {PATIENCE_S} s: {waiting} of {taken}"
                await self.poll()

    async def settle(self, seconds: float = 1.0) -> None:
        """Take what still comes within `seconds`."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            await self.poll()


StartWorker = Callable[..., WorkerProcess]
MakeApplication = Callable[..., dict[str, Any]]
