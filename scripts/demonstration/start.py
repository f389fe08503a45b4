"""Starts the demo's servers, topics and worker side by side, and says how far it is."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from aiokafka.errors import KafkaError
from msgspec import Struct
from pydantic import SecretStr
from rich.console import Console

from config.settings import Settings
from scripts.demonstration.worker import DemoWorker
from scripts.embedded import EmbeddedServers
from scripts.embedded.ports import LOOPBACK, free_port
from scripts.embedded.progress import download_progress
from streams.kafka import admin_client
from streams.topics import TOPICS, TopicsNotReadyError, create_or_check

LEAST_INDEX_DEADLINE_MS = 250
"""Kafka, Valkey, the worker and the traffic share this machine's cores: that one waits for another is no outage."""

MOST_SNAPSHOT_S = 5.0
"""Event time runs thousands of times faster than the clock, so what was learned has to serve sooner, too."""

Say = Callable[[str], None]
"""Called with what is done, as in `Kafka listens`."""


class Running(Struct, frozen=True):
    """Everything that the demo runs."""

    servers: EmbeddedServers
    worker: DemoWorker
    settings: Settings

    def ended(self) -> str | None:
        """Which of them has ended by itself and where its log is; None when all run."""
        for each in (self.worker, self.servers.kafka, self.servers.valkey):
            if not each.running:
                return f"{each.name} has ended by itself; see {each.log_file}"
        return None


@contextmanager
def started(data_dir: Path, kafka_port: int, redis_port: int, console: Console, say: Say) -> Iterator[Running]:
    """Everything running and ready; stopped at the end, the worker first. Ports of 0 are free ones.

    Raises EmbeddedError when something does not start, TopicsNotReadyError.
    """
    with download_progress(console) as on_download:
        servers = EmbeddedServers(data_dir, kafka_port, redis_port, on_download)
        settings = demo_settings(servers, data_dir)
        worker = DemoWorker(data_dir / "worker", settings)
        try:
            worker.launch()  # its imports take longest
            servers.valkey.start()
            say("Valkey listens")
            servers.kafka.start()
            say("Kafka listens")
        except BaseException:
            _stop(servers, worker)
            raise
    try:
        asyncio.run(_make_topics(settings))
        say(f"{len(TOPICS)} topics are made")
        worker.wait_until_ready()
        say("The worker is ready")
        yield Running(servers, worker, settings)
    finally:
        _stop(servers, worker)


def demo_settings(servers: EmbeddedServers, data_dir: Path) -> Settings:
    """The operator's settings where a demo leaves a choice, and the embedded servers' own. The key is a new one: what
    a demo tokenises is read by nobody later, and the models it signs serve nowhere else."""
    operators = Settings()
    own = {
        "broker": servers.kafka.url,
        "redis_url": SecretStr(servers.valkey.url),
        "data_dir": data_dir,
        "pii_key": SecretStr(secrets.token_hex(32)),
        "model_key": None,
        "model_dir": None,
        "demo": True,
        "replication_factor": 1,
        "learner_snapshot_s": min(operators.learner_snapshot_s, MOST_SNAPSHOT_S),
        "index_deadline_ms": max(operators.index_deadline_ms, LEAST_INDEX_DEADLINE_MS),
        "web_host": LOOPBACK,
        "web_port": free_port(),
    }
    remote = [name for name in Settings.model_fields if name.startswith(("kafka_", "redis_")) and name not in own]
    return operators.model_copy(update=own | {name: Settings.model_fields[name].default for name in remote})


async def _make_topics(settings: Settings) -> None:
    async with admin_client(settings) as client:
        # Asking for the group's coordinator makes Kafka begin with its own topic, for which the worker waits too.
        coordinator = asyncio.create_task(client.find_coordinator(settings.consumer_group))
        problems = await create_or_check(settings, create=True)
        with suppress(KafkaError):
            await coordinator
    if problems:
        raise TopicsNotReadyError(problems)


def _stop(servers: EmbeddedServers, worker: DemoWorker) -> None:
    try:
        if servers.kafka.running:
            worker.stop()
        else:
            worker.kill()  # it would wait for a Kafka that is gone
    finally:
        servers.stop()
