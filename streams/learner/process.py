"""The active learner: takes the examples of `training` in their order, and keeps what it has learned.

It is active while it has the one partition of `training`. Its snapshot and the offset up to which that has learned are
committed to Kafka together, the version of the snapshot as the offset's metadata: so whoever takes over restores
exactly what had been learned before that offset, and goes on from there. Kafka refuses the commit of a learner that has
lost the partition, and nothing is announced before the commit.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from time import monotonic
from typing import Any

import msgspec
import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.errors import CommitFailedError, IllegalStateError

from config.settings import Settings
from models.learning.protocol import Example
from models.policy.policy import load_policy_file
from streams.kafka import admin_client, client_options, running
from streams.label_cases import TRAINING
from streams.learner.keeper import Keeper
from streams.learner.report import LearnerReport, tell
from streams.logs import stack_of
from streams.model_files import StoreUnavailableError
from streams.publisher import Publisher
from streams.snapshots import ModelStore

logger = structlog.get_logger(__name__)

AT_ONCE = 20
"""Examples learned in one go, in a thread."""
POLL_S = 0.5
RETRY_PAUSE_S = 2.0
REPORT_EVERY_S = 1.0
SESSION_TIMEOUT_MS = 6_000
HEARTBEAT_MS = 2_000


class LostPartitionError(Exception):
    """Another learner may have the partition now: what was learned since the last commit is dropped."""


async def run_learner(settings: Settings, stop: asyncio.Event) -> None:
    """Learn whenever the partition is this learner's, until `stop` is set."""
    publisher = Publisher(settings)
    async with running(publisher, settings), running(consumer := _consumer(settings), settings):
        learner = Learner(settings, consumer, publisher)
        learning = asyncio.create_task(learner.run())
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait((learning, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if learning.done():
            learning.result()
        learning.cancel()
        with suppress(asyncio.CancelledError):
            await learning


def _consumer(settings: Settings) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(
        **client_options(settings),
        group_id=f"{settings.consumer_group}-learner",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        session_timeout_ms=SESSION_TIMEOUT_MS,
        heartbeat_interval_ms=HEARTBEAT_MS,
    )


class Learner:
    """One process's."""

    def __init__(self, settings: Settings, consumer: Any, publisher: Publisher) -> None:
        self._settings = settings
        self._consumer = consumer
        self._publisher = publisher
        self._policy = load_policy_file(settings.policy)
        self._store = ModelStore.from_settings(settings)
        self._place = TopicPartition(settings.topic(TRAINING), 0)
        self._held = _Holding(self._place)
        self._examples = msgspec.json.Decoder(Example)
        consumer.subscribe([self._place.topic], listener=self._held)

    async def run(self) -> None:
        """Learn whenever the partition is this learner's."""
        while True:
            if not self._held.now:
                tell(LearnerReport(active=False))
                await asyncio.sleep(POLL_S)
                continue
            try:
                await self._learn(self._held.times)
            except (LostPartitionError, CommitFailedError, IllegalStateError) as error:
                logger.warning("learner_lost_its_partition", error=type(error).__name__)
            except StoreUnavailableError as error:
                logger.warning("model_store_unavailable", error=str(error))
                tell(LearnerReport(active=False))
                await asyncio.sleep(RETRY_PAUSE_S)

    async def _learn(self, time: int) -> None:
        """Restore and learn for as long as the partition is held the `time`-th time. Raises LostPartitionError."""
        offset, version = await self._committed()
        keeper = Keeper(self._settings, self._policy, self._store, self._publisher)
        restored = await asyncio.to_thread(keeper.restore, version)
        self._consumer.seek(self._place, offset if restored else 0)
        self._still_held(time)
        if restored:
            await keeper.announce_again()
        logger.info("learner_active", version=version if restored else None, offset=offset if restored else 0)
        told = 0.0
        position = offset if restored else 0
        while True:
            found = await self._consumer.getmany(self._place, timeout_ms=int(POLL_S * 1000), max_records=AT_ONCE)
            self._still_held(time)
            for records in found.values():
                await asyncio.to_thread(self._learn_some, records, keeper)
                position = records[-1].offset + 1
            if keeper.due(monotonic()):
                await self._keep(keeper, position, time)
            if monotonic() - told >= REPORT_EVERY_S:
                told = monotonic()
                lag = max(0, (self._consumer.highwater(self._place) or 0) - position)
                tell(LearnerReport(active=True, examples=keeper.examples, lag=lag, quality=keeper.quality))

    def _learn_some(self, records: list[ConsumerRecord], keeper: Keeper) -> None:
        """In a thread."""
        for record in records:
            try:
                example = self._examples.decode(record.value)
            except msgspec.DecodeError as error:
                logger.warning("example_unreadable", offset=record.offset, error=str(error))
                continue
            try:
                keeper.learn(example)
            except Exception as error:  # noqa: BLE001 - the same again would fail again
                failed = type(error).__name__
                logger.error("example_failed", offset=record.offset, error=failed, stack=stack_of(error))

    async def _keep(self, keeper: Keeper, position: int, time: int) -> None:
        """Save, commit, announce, in that order."""
        await keeper.heed_commands()
        version = await asyncio.to_thread(keeper.save, position)
        async with self._held.unchanged:
            self._still_held(time)
            await self._consumer.commit({self._place: (position, version)})
        await keeper.announce()
        await keeper.prune()

    def _still_held(self, time: int) -> None:
        if not self._held.now or self._held.times != time:
            raise LostPartitionError

    async def _committed(self) -> tuple[int, str | None]:
        """The offset and the version of the snapshot that had learned all before it; (0, None) at first."""
        group = f"{self._settings.consumer_group}-learner"
        async with admin_client(self._settings) as admin:
            offsets = await admin.list_consumer_group_offsets(group, partitions=[self._place])
        committed = offsets.get(self._place)
        if committed is None or committed.offset < 0 or not committed.metadata:
            return 0, None
        return committed.offset, committed.metadata


class _Holding(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """Whether the partition is ours.

    unchanged: while it is taken, no rebalance goes on: a commit under it is of the generation that it began in.
    """

    def __init__(self, place: TopicPartition) -> None:
        self._place = place
        self.now = False
        self.times = 0
        self.unchanged = asyncio.Lock()

    async def on_partitions_revoked(self, revoked: Any) -> None:
        async with self.unchanged:
            self.now = False

    async def on_partitions_assigned(self, assigned: Any) -> None:
        self.now = self._place in assigned
        self.times += self.now
