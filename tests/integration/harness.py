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
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from config.settings import Settings
from scripts.embedded.ports import free_port

READY_S = 40.0
TOPICS_OUT = ("decisions", "decision-audit", "alerts", "dead-letters")


class WorkerProcess:
    """One `tidegate worker`, with its log in a file and its endpoints on a free port."""

    def __init__(self, settings: Settings, log_file: Path) -> None:
        self.settings = settings.model_copy(update={"web_port": free_port(), "log_level": "DEBUG"})
        self.log_file = log_file
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
            with urllib.request.urlopen(f"http://127.0.0.1:{self.settings.web_port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_S
        while time.monotonic() < deadline:
            assert self.process.poll() is None, f"the worker ended: {self.log()[-3000:]}"
            if self.get("/readyz")[0] == 200:
                return
            time.sleep(0.1)
        pytest.fail(f"not ready after {READY_S} s: {self.get('/readyz')} {self.log()[-3000:]}")

    def log(self) -> str:
        return self.log_file.read_text(errors="replace")

    def stop(self, sign: int = signal.SIGTERM, timeout_s: float = 15.0) -> int:
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

    async def wait_for(self, topic: str, count: int, timeout_s: float = 30.0) -> list[dict[str, Any]]:
        """The first `count` or more records on a topic out."""
        deadline = time.monotonic() + timeout_s
        while len(self.seen[topic]) < count:
            assert time.monotonic() < deadline, f"{len(self.seen[topic])} of {count} on {topic} after {timeout_s} s"
            await self.poll()
        return self.seen[topic]

    async def settle(self, seconds: float = 1.0) -> None:
        """Take what still comes within `seconds`."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            await self.poll()


StartWorker = Callable[..., WorkerProcess]
MakeApplication = Callable[..., dict[str, Any]]
