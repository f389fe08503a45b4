"""Joins labels with what was known when the application was decided, and tells the learner (topic `training`).

Decisions come from `decision-audit` past Faust, because here they need no agent and no committed offset: how far they
have been read stands beside them in the local store, so both come back together (`streams.frozen`). Labels come from
the agents. The labels of an application may stand in another partition than its decision, where upstream's client
reckons partitions its own way: those are published again to `strayed-labels`, by our way.

A partition is brought up to date before its first label is taken: what the learner has been told already is read from
`training`, and labels that the store does not know of are read again. So nothing is told twice, unless a worker has
lost the partition without knowing, between the telling and the writing down. The learner leaves that out.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from time import monotonic, perf_counter

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError
from msgspec import DecodeError, Struct, json

from models.decision import DecisionAudit
from models.events import Label, Time
from models.facts import epoch_ms
from models.labelling import Told
from models.tokenise import label_facts
from streams.batches import Assignment
from streams.codec import InvalidRecord, RecordDecoder
from streams.dependencies import Dependencies
from streams.edge import edge
from streams.frozen import AuditAt, FrozenStore
from streams.index.protocol import IndexUnavailableError
from streams.kafka import BrokerUnreachableError, client_options, read_from, running
from streams.label_cases import AUDIT, LABELS, STRAYED, TRAINING, LabelAt, LabelCases, ToldExample
from streams.logs import stack_of
from streams.partitioning import partition_of
from streams.publisher import Outgoing
from streams.waiting import NotReadyError

logger = structlog.get_logger(__name__)

POLL_S = 0.2
REST = 2.0
"""Times as long as it worked, the reading of decisions rests: the applications of the same worker come first."""
READ_AT_ONCE = 500
READ_DECISIONS_AT_ONCE = 200
"""About two milliseconds in which applications wait."""
FETCH_BYTES, FETCH_WITHIN_S = 256 * 1024, 0.4
"""Kafka answers when there is so much to read, or so late: nobody waits for decisions, and each answer costs."""
LOOK_EVERY_S = 1.0
NOTE_EVERY_S = 60.0
RETRY_PAUSE_S = 1.0

PUBLISHED_WITHIN_MS = 10_000
"""A decision that the index knows of has been published and read after so long, or was lost before it was."""

_NOBODY = Assignment(-1, frozenset())


class _Example(Struct):
    """Of an example, what is needed here."""

    example_id: str
    application_id: str
    occurred_at: Time
    fraud: bool


class LabelJoin:
    """One worker's. `assigned` gives the partitions of `strayed-labels` that are this worker's now."""

    def __init__(self, deps: Dependencies, assigned: Callable[[], Assignment]) -> None:
        settings = deps.settings
        self._deps = deps
        self._assigned = assigned
        self._store = FrozenStore(settings.data_dir / "frozen" / settings.consumer_group)
        self._cases = LabelCases(deps, self._store)
        self._ready = _NOBODY
        self._consumer: AIOKafkaConsumer | None = None
        self._read_ms: dict[int, int] = {}
        self._decode_audit = json.Decoder(DecisionAudit).decode
        self._take_label = edge(RecordDecoder(Label), label_facts)

    async def run(self) -> None:
        """Follow the assignment and the decisions for as long as the worker runs."""
        while True:
            try:
                await self._follow()
            except (NotReadyError, IndexUnavailableError, BrokerUnreachableError, KafkaError) as error:
                logger.warning("label_join_waits", error=type(error).__name__)
            except Exception as error:  # noqa: BLE001 - applications go on; labels wait, and are tried again
                logger.error("label_join_failed", error=type(error).__name__, stack=stack_of(error))
            self._ready, self._consumer = _NOBODY, None
            await asyncio.sleep(RETRY_PAUSE_S)

    def close(self) -> None:
        """Let go of the store."""
        self._store.close()

    async def take(self, labels: Sequence[LabelAt]) -> list[Outgoing]:
        """Join labels with their decisions and tell the learner; return those that have strayed, to be published.

        Raises NotReadyError while a partition is not up to date, and what LabelCases raises."""
        settings = self._deps.settings
        numbers = await self._deps.publisher.partitions(settings.topic(AUDIT))
        assigned = self._assigned()
        strayed: list[Outgoing] = []
        own: defaultdict[int, list[LabelAt]] = defaultdict(list)
        for label in labels:
            key = label.facts.application_id.encode()
            home = partition_of(key, numbers)
            if label.topic == LABELS and (label.partition != home or home not in assigned.partitions):
                strayed.append(Outgoing(settings.topic(STRAYED), key, label.value))
            elif assigned == self._ready:
                own[home].append(label)
            else:
                raise NotReadyError(f"partition {home} is not up to date")
        for home, here in own.items():
            await self._cases.add_labels(home, here)
        return strayed

    async def audits(self, application_id: str) -> list[DecisionAudit]:
        """The decisions on an application that have been read, in the order in which they were published; those of
        another release that cannot be read are left out. Raises NotReadyError while its partition is not up to date."""
        audits: list[DecisionAudit] = []
        for value in self._store.audits(await self._home(application_id), application_id):
            try:
                audits.append(self._decode_audit(value))
            except DecodeError as error:
                logger.warning("decision_audit_unreadable", application_id=application_id, error=str(error))
        return audits

    async def expect_no_more(self, application_id: str, asked_ms: int) -> None:
        """Return when no decision on an application from before `asked_ms` will still be read. Raises NotReadyError
        while one may: decisions have not been read that far, or it was only just being published."""
        home = await self._home(application_id)
        if epoch_ms(self._deps.clock()) - asked_ms >= PUBLISHED_WITHIN_MS and self._consumer is not None:
            place = self._place(AUDIT, home)
            end = (await self._consumer.end_offsets([place]))[place]
            if self._cases.read_to(home, AUDIT) >= end or self._read_ms.get(home, 0) > asked_ms + PUBLISHED_WITHIN_MS:
                return
        raise NotReadyError(f"a decision on {application_id} may still be read")

    async def _home(self, application_id: str) -> int:
        """The partition of an application's decisions."""
        numbers = await self._deps.publisher.partitions(self._deps.settings.topic(AUDIT))
        home = partition_of(application_id.encode(), numbers)
        if self._assigned() != self._ready or home not in self._ready.partitions:
            raise NotReadyError(f"partition {home} is not up to date")
        return home

    async def _follow(self) -> None:
        settings = self._deps.settings
        consumer = AIOKafkaConsumer(
            **client_options(settings),
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_min_bytes=FETCH_BYTES,
            fetch_max_wait_ms=int(FETCH_WITHIN_S * 1000),
        )
        looked = noted = monotonic()
        async with running(consumer, settings):
            self._consumer = consumer
            while True:
                if self._assigned() != self._ready:
                    await self._bring_up_to_date(consumer)
                if not self._ready.partitions:
                    await asyncio.sleep(POLL_S)
                    continue
                await self._read_decisions(consumer)
                if monotonic() - looked >= LOOK_EVERY_S:
                    looked = monotonic()
                    for partition in sorted(self._ready.partitions):
                        await self._cases.look_again(partition)
                if monotonic() - noted >= NOTE_EVERY_S:
                    noted = monotonic()
                    await self._note_training(consumer)

    async def _bring_up_to_date(self, consumer: AIOKafkaConsumer) -> None:
        """All partitions after every new assignment: another worker may have had them in between."""
        assigned = self._assigned()
        if assigned.partitions:
            await self._forget_what_is_ahead(assigned.partitions, consumer)
            await self._read_what_was_told(assigned.partitions, consumer)
            await self._read_labels(assigned.partitions)
        self._ready = assigned
        topic = self._deps.settings.topic(AUDIT)
        consumer.assign([TopicPartition(topic, partition) for partition in assigned.partitions])
        for partition in assigned.partitions:
            consumer.seek(TopicPartition(topic, partition), self._cases.read_to(partition, AUDIT))

    async def _forget_what_is_ahead(self, partitions: Collection[int], consumer: AIOKafkaConsumer) -> None:
        """A topic that is shorter than what was read of it is another topic of the same name."""
        for partition in partitions:
            read_to = {self._place(name, partition): to for name, to in self._store.positions(partition).items()}
            ends = await consumer.end_offsets(list(read_to)) if read_to else {}
            if any(to > ends[place] for place, to in read_to.items()):
                logger.warning("frozen_partition_dropped", partition=partition)
                self._store.forget(partition)

    async def _read_what_was_told(self, partitions: Collection[int], consumer: AIOKafkaConsumer) -> None:
        numbers = await self._deps.publisher.partitions(self._deps.settings.topic(AUDIT))
        starts = {partition: self._cases.read_to(partition, TRAINING) for partition in partitions}
        place = self._place(TRAINING, 0)
        end = (await consumer.end_offsets([place]))[place]
        async for chunk in _chunks(self._deps, {place: min(starts.values())}):
            told: defaultdict[int, dict[str, ToldExample]] = defaultdict(dict)
            for record in chunk:
                try:
                    example = json.decode(record.value or b"", type=_Example)
                except DecodeError:  # nor can the learner read it
                    continue
                home = partition_of(example.application_id.encode(), numbers)
                if home in starts and record.offset >= starts[home]:
                    told[home][example.application_id] = ToldExample(
                        Told(example.example_id, example.fraud), epoch_ms(example.occurred_at)
                    )
            for home, examples in told.items():
                await self._cases.add_told(home, examples)
            for partition, start in starts.items():
                await self._cases.note_training(partition, max(start, chunk[-1].offset + 1))
        for partition in partitions:
            await self._cases.note_training(partition, end)

    async def _read_labels(self, partitions: Collection[int]) -> None:
        """What the store does not know of: among it is all that the agents have acknowledged."""
        publisher, topic = self._deps.publisher, self._deps.settings.topic
        numbers, there = await publisher.partitions(topic(AUDIT)), await publisher.partitions(topic(LABELS))
        places = [(STRAYED, each) for each in partitions] + [(LABELS, each) for each in partitions if each in there]
        starts = {self._place(*place): self._cases.read_to(place[1], place[0]) for place in places}
        async for chunk in _chunks(self._deps, starts):
            found: defaultdict[int, list[LabelAt]] = defaultdict(list)
            for record in chunk:
                label = self._label_at(record)
                if label and partition_of(label.facts.application_id.encode(), numbers) == label.partition:
                    found[label.partition].append(label)
            for partition, labels in found.items():
                await self._cases.add_labels(partition, labels)

    def _label_at(self, record: ConsumerRecord) -> LabelAt | None:
        """The label as the agent took it when it came; None when it became a dead letter."""
        try:
            facts = self._take_label(record.value, datetime.fromtimestamp(record.timestamp / 1000, UTC)).record
        except InvalidRecord:
            return None
        topic = record.topic.removeprefix(self._deps.settings.topic_prefix)
        return LabelAt(facts, topic, record.partition, record.offset, record.value)

    async def _read_decisions(self, consumer: AIOKafkaConsumer) -> None:
        found = await consumer.getmany(timeout_ms=int(POLL_S * 1000), max_records=READ_DECISIONS_AT_ONCE)
        for place, records in found.items():
            began = perf_counter()
            audits = [
                AuditAt(record.key, record.offset, record.timestamp, record.value)
                for record in records
                if record.key and record.value
            ]
            await self._cases.add_decisions(place.partition, audits, records[-1].offset + 1)
            self._read_ms[place.partition] = records[-1].timestamp
            await asyncio.sleep(REST * (perf_counter() - began))
        lag = [
            (consumer.highwater(place) or 0) - self._cases.read_to(place.partition, AUDIT)
            for place in consumer.assignment()
        ]
        self._deps.metrics.frozen_lag.set(sum(each for each in lag if each > 0))
        if sum(map(len, found.values())) < READ_DECISIONS_AT_ONCE:
            await asyncio.sleep(POLL_S)  # so that a poll finds more than a few

    async def _note_training(self, consumer: AIOKafkaConsumer) -> None:
        """What was told of these partitions was told here, so it need not be read when they are opened again."""
        place = self._place(TRAINING, 0)
        end = (await consumer.end_offsets([place]))[place]
        if self._assigned() == self._ready:
            for partition in sorted(self._ready.partitions):
                await self._cases.note_training(partition, end)

    def _place(self, topic: str, partition: int) -> TopicPartition:
        return TopicPartition(self._deps.settings.topic(topic), 0 if topic == TRAINING else partition)


async def _chunks(deps: Dependencies, starts: dict[TopicPartition, int]) -> AsyncIterator[list[ConsumerRecord]]:
    """What stands in some partitions from an offset on, some hundred at a time."""
    chunk: list[ConsumerRecord] = []
    async with aclosing(read_from(deps.settings, starts)) as records:
        async for record in records:
            chunk.append(record)
            if len(chunk) == READ_AT_ONCE:
                yield chunk
                chunk = []
    if chunk:
        yield chunk
