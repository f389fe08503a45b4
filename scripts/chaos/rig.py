"""What a scenario plays on: Valkey, a proxy and workers of its own, on a Kafka that others may use too."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from pydantic import SecretStr

from config.settings import Settings
from scripts.chaos.audit import unacknowledged
from scripts.chaos.load import Load
from scripts.chaos.proxy import TcpProxy
from scripts.chaos.workers import Stopped, Worker
from scripts.demonstration.start import LEAST_INDEX_DEADLINE_MS
from scripts.embedded import EmbeddedKafka, EmbeddedValkey
from scripts.embedded.ports import LOOPBACK, free_port
from streams.kafka import admin_client
from streams.topics import TOPICS, create_or_check

PARTITIONS = 4
SUPERVISION_S = 0.1
POLL_S = 0.5


class Rig:
    """Everything that a fault may touch.

    exits:    exit codes of workers that ended by themselves and were started again, as a supervisor would.
    stops:    how workers ended that were asked to.
    start_s:  how long workers took from their start until they had partitions.
    """

    def __init__(
        self, kafka: EmbeddedKafka, valkey: EmbeddedValkey, proxy: TcpProxy | None, settings: Settings, load: Load
    ) -> None:
        self.kafka = kafka
        self.valkey = valkey
        self.proxy = proxy
        self.settings = settings
        """Of clients that reach Kafka directly."""
        self.load = load
        self.workers: list[Worker] = []
        self.exits: list[int] = []
        self.stops: list[Stopped] = []
        self.start_s = 0.0

    async def start_workers(self, number: int, directory: Path, module: str) -> None:
        """Start workers side by side and wait until each has partitions. Raises EmbeddedError."""
        began = time.monotonic()
        broker = self.kafka.url if self.proxy is None else f"kafka://{LOOPBACK}:{self.proxy.port}"
        for index in range(number):
            own = self.settings.model_copy(update={"broker": broker, "web_port": free_port()})
            self.workers.append(Worker(directory / f"worker-{index}", own, module))
        for worker in self.workers:
            worker.launch()
        for worker in self.workers:
            await asyncio.to_thread(worker.wait_until_ready)
        self.start_s = time.monotonic() - began

    async def supervise(self) -> None:
        """Start workers again that end by themselves, for as long as this runs."""
        while True:
            for worker in self.workers:
                if worker.wanted and worker.exit_code is not None:
                    self.exits.append(worker.exit_code)
                    worker.launch()
            await asyncio.sleep(SUPERVISION_S)

    async def settle(self, patience_s: float) -> None:
        """Return when workers have acknowledged every record there is, or after `patience_s`."""
        deadline = time.monotonic() + patience_s
        while any((await unacknowledged(self.settings)).values()) and time.monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(POLL_S)

    async def stop_workers(self) -> None:
        """SIGTERM to each that runs, one after another."""
        for worker in self.workers:
            if worker.running:
                self.stops.append(await asyncio.to_thread(worker.terminate))


@asynccontextmanager
async def rig(
    kafka: EmbeddedKafka,
    directory: Path,
    *,
    load: dict[str, Any],
    settings: dict[str, Any],
    through_proxy: bool = False,
) -> AsyncIterator[Rig]:
    """Topics of its own on `kafka`, a Valkey and, if wanted, the proxy that `kafka` was started with; workers and load
    are started by the caller, and all is ended with the context. `load` and `settings` are keyword arguments of theirs.
    """
    prefix = f"c{secrets.token_hex(4)}."
    with EmbeddedValkey(directory / "valkey") as valkey:
        own = Settings(
            _env_file=None,
            broker=kafka.url,
            redis_url=SecretStr(valkey.url),
            topic_prefix=prefix,
            pii_key=SecretStr(secrets.token_hex(16)),
            data_dir=directory,
            partitions=PARTITIONS,
            index_deadline_ms=LEAST_INDEX_DEADLINE_MS,
            log_level="INFO",
        ).model_copy(update=settings)
        await _make_topics(own)
        proxy = _proxy(kafka) if through_proxy else None
        made = Rig(kafka, valkey, proxy, own, Load(own, **load))
        try:
            if proxy is not None:
                await proxy.start()
            yield made
        finally:
            for worker in made.workers:
                worker.kill()
            if proxy is not None:
                await proxy.stop()
            if kafka.running:
                await _delete_topics(own)


def _proxy(kafka: EmbeddedKafka) -> TcpProxy:
    if kafka.proxy_port is None or kafka.behind_proxy_port is None:
        raise ValueError("this Kafka was not started for use behind a proxy")
    return TcpProxy(kafka.proxy_port, kafka.behind_proxy_port)


async def _delete_topics(settings: Settings) -> None:
    """What no longer stands in Kafka it need not recover after the next kill."""
    async with admin_client(settings) as client:
        await client.delete_topics([settings.topic(topic.name) for topic in TOPICS])


async def _make_topics(settings: Settings) -> None:
    """All topics; of applications and decisions Kafka itself notes when they came, so that times can be compared."""
    await create_or_check(settings, create=True)
    stamped = [topic for topic in TOPICS if topic.name in ("applications", "decisions")]
    async with admin_client(settings) as client:
        await client.alter_configs(
            [
                ConfigResource(
                    ConfigResourceType.TOPIC,
                    settings.topic(topic.name),
                    {**topic.config, "message.timestamp.type": "LogAppendTime"},
                )
                for topic in stamped
            ]
        )
