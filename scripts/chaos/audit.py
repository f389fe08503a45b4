"""The auditor: what stands in the topics afterwards, held against what was published."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import aclosing

import msgspec
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from msgspec import Struct

from config.settings import Settings
from models.dead_letter import DeadLetter
from models.decision import Verdict
from models.rings.state import RingJoin
from streams.kafka import client_options, read_to_end, running

TOPICS_READ_BY_WORKERS = (
    "applications",
    "deferred",
    "device-events",
    "blacklist-entries",
    "labels",
    "strayed-labels",
    "recalls",
)


class DecisionHead(Struct, frozen=True):
    """Of a decision, what has to be right."""

    decision_id: str
    event_id: str
    application_id: str
    decision: Verdict
    fraud_score: float
    degraded: list[str]
    supersedes: str | None = None


class _AuditHead(Struct, frozen=True):
    decision_id: str
    event_id: str
    ring: RingJoin | None = None


class _EventHead(Struct, frozen=True):
    event_id: str


class Evidence(Struct, frozen=True, kw_only=True):
    """What stands in the topics. Times are when Kafka wrote the record, ms since the epoch."""

    applications: dict[str, int]
    """Event id -> when it first came."""
    decisions: list[tuple[int, DecisionHead]]
    audited: set[str]
    """Decision ids that have an audit record."""
    dead_letters: list[DeadLetter]
    waiting: dict[str, int]
    """Topic -> records that no worker has acknowledged."""
    joins: dict[str, RingJoin] = {}
    """Event id -> what its decision found to be one ring."""


class Findings(Struct, frozen=True, kw_only=True):
    """What is wrong, by example; every list is empty when nothing is."""

    unpublished: list[str]
    """Events of the load that do not stand in Kafka: a fault of the load, not of the worker."""
    undecided: list[str]
    """Events of applications that led neither to a decision nor to a dead letter."""
    unexplained: list[str]
    """Events with a second decision id that does not say which one it supersedes."""
    contradicted: list[str]
    """Decision ids whose records differ in decision or fraud score."""
    unaudited: list[str]
    """Decision ids without an audit record."""
    left_degraded: list[str]
    """Degraded decisions that nothing has superseded."""
    unlettered: list[str]
    """Records that cannot be read and have no dead letter."""
    waiting: dict[str, int]
    """Topic -> records that no worker has acknowledged."""

    @property
    def wrong(self) -> dict[str, int]:
        """What is wrong -> how often."""
        found = {name: getattr(self, name) for name in self.__struct_fields__ if name != "waiting"}
        return {name: len(each) for name, each in found.items() if each} | {
            f"waiting in {topic}": count for topic, count in self.waiting.items() if count
        }


async def gather_evidence(settings: Settings) -> Evidence:
    """Read every topic from its beginning to its end. Raises BrokerUnreachableError."""
    applications: dict[str, int] = {}
    async for record in _records(settings, "applications"):
        event = _event_of(record.value or b"")
        if event is not None:
            applications.setdefault(event.event_id, record.timestamp)
    decision, audit, letter = map(msgspec.json.Decoder, (DecisionHead, _AuditHead, DeadLetter))
    audited = [audit.decode(each.value) async for each in _records(settings, "decision-audit")]
    return Evidence(
        applications=applications,
        decisions=[(each.timestamp, decision.decode(each.value)) async for each in _records(settings, "decisions")],
        audited={each.decision_id for each in audited},
        dead_letters=[letter.decode(each.value) async for each in _records(settings, "dead-letters")],
        waiting=await unacknowledged(settings),
        joins={each.event_id: each.ring for each in audited if each.ring is not None},
    )


def judge(evidence: Evidence, published: Collection[str], poison: Collection[str] = ()) -> Findings:
    """What of the evidence is wrong, when applications of these event ids and records of these poisonous keys were
    published."""
    by_event: dict[str, list[DecisionHead]] = defaultdict(list)
    by_id: dict[str, list[DecisionHead]] = defaultdict(list)
    for _, decision in evidence.decisions:
        by_event[decision.event_id].append(decision)
        by_id[decision.decision_id].append(decision)
    superseded = {decision.supersedes for _, decision in evidence.decisions}
    lettered = {event.event_id for letter in evidence.dead_letters if (event := _event_of(letter.payload)) is not None}
    lettered_keys = {letter.key for letter in evidence.dead_letters}
    expected = set(published)
    return Findings(
        unpublished=sorted(expected - evidence.applications.keys()),
        undecided=sorted(expected - by_event.keys() - lettered),
        unexplained=sorted(event for event, decisions in by_event.items() if not _explained(decisions)),
        contradicted=sorted(
            name for name, same in by_id.items() if len({(each.decision, each.fraud_score) for each in same}) > 1
        ),
        unaudited=sorted(by_id.keys() - evidence.audited),
        left_degraded=sorted({name for name, same in by_id.items() if same[0].degraded} - superseded),
        unlettered=sorted(set(poison) - lettered_keys),
        waiting=evidence.waiting,
    )


def repeats(evidence: Evidence) -> int:
    """Decisions that were published again under the same id."""
    ids = Counter(decision.decision_id for _, decision in evidence.decisions)
    return sum(ids.values()) - len(ids)


async def unacknowledged(settings: Settings) -> dict[str, int]:
    """Topic -> records behind its end that the workers' group has not committed."""
    consumer = AIOKafkaConsumer(
        **client_options(settings),
        group_id=settings.consumer_group,
        enable_auto_commit=False,
    )
    waiting: dict[str, int] = {}
    async with running(consumer, settings):
        for topic in TOPICS_READ_BY_WORKERS:
            name = settings.topic(topic)
            partitions = [TopicPartition(name, number) for number in range(settings.partitions)]
            ends = await consumer.end_offsets(partitions)
            committed = [await consumer.committed(each) or 0 for each in partitions]
            waiting[topic] = sum(ends.values()) - sum(committed)
    return waiting


def _explained(decisions: Sequence[DecisionHead]) -> bool:
    """One decision id stands by itself, and every other one supersedes one of the event's."""
    ids = {each.decision_id for each in decisions}
    explained = {each.decision_id for each in decisions if each.supersedes in ids}
    return len(ids - explained) == 1


def _event_of(payload: bytes) -> _EventHead | None:
    try:
        return msgspec.json.decode(payload, type=_EventHead)
    except msgspec.MsgspecError:
        return None


async def _records(settings: Settings, topic: str) -> AsyncIterator[ConsumerRecord]:
    async with aclosing(read_to_end(settings, settings.topic(topic))) as records:
        async for record in records:
            yield record
