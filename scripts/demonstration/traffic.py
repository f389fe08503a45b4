"""The demo's traffic: publishes simulated applications and reads back what becomes of them, in a thread of its own.

So neither drawing the screen nor a signal, which both belong to the main thread, can hold it up or tear it apart.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import count
from time import monotonic
from typing import Any

import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from msgspec import Struct

from config.settings import Settings
from models.alerts import Alert
from models.dead_letter import DeadLetter
from models.decision import Decision
from scripts.demonstration.tally import Tally, View
from scripts.simulate import SHIFT_AT, event_span
from scripts.simulator.publishing import publish
from scripts.simulator.records import TimedRecord
from scripts.simulator.stream import SimulationConfig, simulated_stream
from streams.kafka import client_options, running

APPLICATIONS_A_STREAM = 3_000
"""Without an end the traffic is one stream after the other, each of so many applications and over the same days."""
POLL_MS = 100
PATIENCE_S = 30.0
"""No decision for so long after the last application means that some will never come."""
PATIENCE_AFTER_STOP_S = 3.0
"""The same, when somebody is waiting for the demo to end."""
REQUEST_TIMEOUT_MS = 10_000


class TrafficPlan(Struct, frozen=True, kw_only=True):
    """What to publish."""

    applications: int | None
    """None: without an end."""
    rate: float
    """Applications a second."""
    fraud_share: float
    seed: int
    days: float
    """Event time spans so many days; 0: event time is the wall clock."""
    days_ago: float
    """Those days end so many days before now."""
    label_delay_days: float
    """Fraud is confirmed about so many days after the application."""
    shift: bool
    """Half-way through the first stream a typology appears, and stays."""


class Traffic:
    """Publishes by the plan and counts into the tally until every application has its decision.

    `tally` belongs to the thread while that is running; `view` may be read at any time.
    """

    def __init__(self, settings: Settings, plan: TrafficPlan, tally: Tally) -> None:
        self.view: View = tally.view(0.0)
        self._settings = settings
        self._plan = plan
        self._tally = tally
        self._began = monotonic()
        self._stopping = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="traffic", daemon=True)

    @property
    def running(self) -> bool:
        """Not all is decided, and nothing has failed."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin to publish."""
        self._began = monotonic()
        self._thread.start()

    def stop(self) -> BaseException | None:
        """Publish no more, wait a moment for the decisions that are on their way, and end. Returns what went wrong in
        the thread: an aiokafka error, BrokerUnreachableError."""
        self._stopping.set()
        self._thread.join()
        return self._error

    def _run(self) -> None:
        try:
            asyncio.run(self._publish_and_read())
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - stop() returns it
            self._error = error  # nobody cancels here, but closing an aiokafka consumer without a broker raises that

    async def _publish_and_read(self) -> None:
        options = client_options(self._settings)
        producer = AIOKafkaProducer(**options, acks="all", request_timeout_ms=REQUEST_TIMEOUT_MS)
        topics = [self._settings.topic(name) for name in ("applications", *self._readers())]
        consumer = AIOKafkaConsumer(*topics, **options, auto_offset_reset="earliest")
        async with running(producer, self._settings), running(consumer, self._settings):
            reading = asyncio.create_task(self._read(consumer))
            publishing = asyncio.create_task(self._publish(producer))
            stopping = asyncio.create_task(self._stop_asked())
            try:
                await asyncio.wait({reading, publishing, stopping}, return_when=asyncio.FIRST_COMPLETED)
                if publishing.done():
                    publishing.result()
                await _cancelled(publishing)
                await self._wait_for_decisions(reading)
            finally:
                await asyncio.gather(*map(_cancelled, (reading, publishing, stopping)))
                self.view = self._tally.view(monotonic() - self._began)

    async def _stop_asked(self) -> None:
        while not self._stopping.is_set():  # noqa: ASYNC110 - another thread sets it
            await asyncio.sleep(POLL_MS / 1000)

    async def _publish(self, producer: AIOKafkaProducer) -> None:
        plan = self._plan
        applications = plan.applications or APPLICATIONS_A_STREAM
        for number in count(1):
            start, end = event_span(datetime.now(UTC), plan.days, applications, plan.rate, plan.days_ago)
            config = SimulationConfig(
                start=start,
                end=end,
                applications=applications,
                fraud_share=plan.fraud_share,
                seed=plan.seed,
                label_delay_days=plan.label_delay_days,
                shift_at=(SHIFT_AT if number == 1 else 0.0) if plan.shift else None,
                run_id=f"demo{number}",
            )
            on_progress = partial(self._count_sent, self._tally.sent)
            await publish(self._expected(config), producer, self._settings, plan.rate, on_progress)
            if plan.applications is not None:
                return

    def _count_sent(self, before: int, published: Counter[str]) -> None:
        self._tally.sent = before + published["applications"]

    def _expected(self, config: SimulationConfig) -> Iterator[TimedRecord]:
        for record in simulated_stream(config):
            if record.truth is not None:
                self._tally.expect(record.truth)
            yield record

    def _readers(self) -> dict[str, tuple[Any, Any]]:
        """Topic out -> its decoder, and what takes a decoded record and Kafka's timestamp."""
        tally = self._tally
        return {
            "decisions": (msgspec.json.Decoder(Decision), tally.decision),
            "alerts": (msgspec.json.Decoder(Alert), lambda alert, _: tally.alert(alert)),
            "dead-letters": (msgspec.json.Decoder(DeadLetter), lambda letter, _: tally.dead_letter(letter)),
        }

    async def _read(self, consumer: AIOKafkaConsumer) -> None:
        readers = {self._settings.topic(name): reader for name, reader in self._readers().items()}
        while True:
            for partition, records in (await consumer.getmany(timeout_ms=POLL_MS)).items():
                for record in records:
                    if partition.topic in readers:
                        decoder, take = readers[partition.topic]
                        take(decoder.decode(record.value), record.timestamp)
                    else:
                        self._tally.application(record.key.decode(), record.timestamp)
            self.view = self._tally.view(monotonic() - self._began)

    async def _wait_for_decisions(self, reading: asyncio.Task[None]) -> None:
        """Return when all are there, or none comes any more."""
        decided, since = -1, monotonic()
        while not self._tally.complete and not reading.done():
            if len(self._tally.verdicts) > decided:
                decided, since = len(self._tally.verdicts), monotonic()
            patience_s = PATIENCE_AFTER_STOP_S if self._stopping.is_set() else PATIENCE_S
            if monotonic() - since > patience_s:
                return
            await asyncio.sleep(POLL_MS / 1000)
        if reading.done():
            reading.result()


async def _cancelled(task: asyncio.Task[Any]) -> None:
    """End the task and wait until it has ended, however."""
    task.cancel()
    await asyncio.wait({task})
