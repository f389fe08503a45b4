"""Where the benchmarks run: an embedded Kafka and Valkey, a directory, simulated applications, and what is known."""

from __future__ import annotations

import secrets
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import msgspec
from msgspec import Struct
from pydantic import SecretStr
from rich.console import Console

from config.settings import Settings
from scripts.bench.progress import OnDone, shown
from scripts.embedded import EmbeddedServers
from scripts.simulator.stream import SimulationConfig, simulated_stream

LONGEST_DEADLINE_MS = 10_000
"""For the link index where its own cost is measured: that it is slow then is no outage."""


class History(Struct, frozen=True, kw_only=True):
    """A table of the past, and which part of it counts. A time that states no zone is in the mapping's."""

    path: Path
    mapping: Path
    label_delay: timedelta | None = None
    """Instead of the mapping's."""
    score_from: datetime | None = None
    """What is before it is learned from, and does not count."""
    score_until: datetime | None = None
    seed: int = 0


class Plan(Struct, frozen=True, kw_only=True):
    """How much to measure."""

    applications: int
    """A measurement of throughput, and of the stages."""
    runs: int
    """Measurements of a rate, of which the median counts."""
    samples: int
    """Latencies at half of the capacity; the other levels last as long."""
    sizes: list[int]
    """Applications in the link index, rising."""
    history: History | None = None
    """None: no section needs one."""
    list_entries: int = 5_000_000
    """Own ones; external ones beside them."""


class Record(Struct, frozen=True):
    """An application as bytes."""

    key: bytes
    value: bytes


@dataclass
class Place:
    """`capacity_per_s` is what one worker decides a second; None as long as no section has measured it."""

    servers: EmbeddedServers
    directory: Path
    console: Console
    capacity_per_s: float | None = None
    _applications: list[Record] = field(default_factory=list)
    _numbers: count[int] = field(default_factory=count)

    def settings(self, **changes: object) -> Settings:
        """A worker's settings on these servers under a prefix of its own; all else that `changes` do not say is the
        product's defaults."""
        own: dict[str, object] = {
            "broker": self.servers.kafka.url,
            "redis_url": SecretStr(self.servers.valkey.url),
            "topic_prefix": f"{secrets.token_hex(4)}.",  # as long as the default: a key's length counts in Valkey
            "pii_key": SecretStr(secrets.token_hex(16)),
            "data_dir": self.directory / "data",
            "web_port": 0,
            "log_level": "WARNING",
        }
        return Settings.model_validate(
            {name: field.get_default() for name, field in Settings.model_fields.items()} | own | changes
        )

    def log_file(self, name: str) -> Path:
        """A new file for what a process says."""
        return self.directory / f"{name}{next(self._numbers)}.log"

    def applications(self, number: int) -> list[Record]:
        """The first so many of the place's simulated applications, in event-time order."""
        if len(self._applications) < number:
            with self.shown("simulating applications", number) as on_done:
                self._applications = _simulated(number, on_done)
        return self._applications[:number]

    def shown(self, title: str, total: int) -> AbstractContextManager[OnDone]:
        """A bar, or lines; yields what to call with the number done."""
        return shown(self.console, title, total)


def _simulated(number: int, on_done: OnDone) -> list[Record]:
    """Applications over the last 30 days."""
    end = datetime.now(UTC)
    records: list[Record] = []
    for each in simulated_stream(SimulationConfig(start=end - timedelta(days=30), end=end, applications=number)):
        if each.topic == "applications":
            records.append(Record(each.key.encode(), msgspec.json.encode(each.value)))
            on_done(len(records))
    return records
