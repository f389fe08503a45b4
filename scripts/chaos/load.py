"""The load: simulated traffic at a steady rate, of which every event is known to whoever audits it afterwards."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Literal, cast

import msgspec
from aiokafka import AIOKafkaProducer

from config.settings import Settings
from models.events import Application
from scripts.simulator.publishing import publish
from scripts.simulator.records import Published, TimedRecord
from scripts.simulator.stream import SimulationConfig, simulated_stream
from streams.kafka import client_options, running
from streams.pacing import pace_metadata_requests

Twist = Literal["plain", "doubled", "poisoned"]
"""`doubled`: every record twice, in shuffled order. `poisoned`: one that cannot be read after every 8 applications."""

APPLICATIONS_A_STREAM = 1_500
"""The traffic is one simulated stream after the other, each over the same days and of other people."""
DAYS = 30.0
SHUFFLED_TOGETHER = 100
APPLICATIONS_BETWEEN_POISON = 8
PATIENCE_MS = 180_000
"""How long the load waits for a Kafka that is away."""


class Load:
    """Publishes until it is stopped.

    events:  what was published, each once, in order.
    poison:  the keys of the records that cannot be read.
    """

    def __init__(self, settings: Settings, rate: float, twist: Twist = "plain", seed: int = 7) -> None:
        """`rate` is applications a second; device events, labels and list entries come on top."""
        self.events: list[TimedRecord] = []
        self.poison: set[str] = set()
        self._settings = settings
        self._rate = rate
        self._twist = twist
        self._seed = seed
        self._stopping = False

    @property
    def application_events(self) -> list[str]:
        """Event ids of the applications."""
        return [each.value.event_id for each in self.events if isinstance(each.value, Application)]

    async def run(self) -> None:
        """Publish until `stop`, and return when Kafka has acknowledged everything. Raises aiokafka's KafkaError."""
        pace_metadata_requests()
        producer = AIOKafkaProducer(
            **client_options(self._settings), acks="all", enable_idempotence=True, request_timeout_ms=PATIENCE_MS
        )
        async with running(producer, self._settings):
            await publish(self._twisted(), producer, self._settings, self._rate)

    def stop(self) -> None:
        """Let `run` come to its end."""
        self._stopping = True

    def _twisted(self) -> Iterator[TimedRecord]:
        match self._twist:
            case "plain":
                return self._plain()
            case "doubled":
                return _doubled(self._plain(), random.Random(self._seed))
            case "poisoned":
                return self._poisoned()

    def _plain(self) -> Iterator[TimedRecord]:
        end = datetime.now(UTC)
        for number in count(1):
            config = SimulationConfig(
                start=end - timedelta(days=DAYS),
                end=end,
                applications=APPLICATIONS_A_STREAM,
                seed=self._seed,
                run_id=f"load{self._seed}.{number}",
            )
            for record in simulated_stream(config):
                if self._stopping:
                    return
                self.events.append(record)
                yield record

    def _poisoned(self) -> Iterator[TimedRecord]:
        applications = 0
        for record in self._plain():
            yield record
            if isinstance(record.value, Application):
                applications += 1
                if applications % APPLICATIONS_BETWEEN_POISON == 0:
                    number = len(self.poison)
                    key = f"poison-{number}"
                    self.poison.add(key)
                    yield TimedRecord(
                        topic="applications",
                        key=key,
                        occurred_at=record.occurred_at,
                        # Bytes that are published as they are; none of them is a record of the contract.
                        value=cast(Published, msgspec.Raw(_poison(record.value, number))),
                    )


def _doubled(records: Iterator[TimedRecord], rng: random.Random) -> Iterator[TimedRecord]:
    """Every record twice; what lies near each other in any order."""
    waiting: list[TimedRecord] = []
    for record in records:
        waiting += [record, record]
        if len(waiting) >= SHUFFLED_TOGETHER:
            rng.shuffle(waiting)
            half = len(waiting) // 2
            yield from waiting[:half]
            del waiting[:half]
    rng.shuffle(waiting)
    yield from waiting


def _poison(application: Application, number: int) -> bytes:
    """One of the ways to be unreadable, each in turn."""
    good = msgspec.json.encode(application)
    kinds = [
        b"",
        b"not json",
        b"\xff\xfe\x00",
        b"[]",
        b"{}",
        b"[" * 100_000,
        good[: len(good) // 2],
        good.replace(b'"amount_cny":', b'"amount_cny":"x","a":'),
        good.replace(b'"event_id":', b'"event":'),
        msgspec.json.encode(msgspec.structs.replace(application, occurred_at=datetime.now(UTC) + timedelta(days=1))),
        good + b" " * 100_000,
    ]
    return kinds[number % len(kinds)]
