"""Builds what Valkey held again, from what Kafka keeps: `tidegate rebuild`.

Everything in the index is written the same way whatever the order, and once however often, so a rebuild may be broken
off, repeated, and run beside workers that decide.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from time import perf_counter
from typing import Any, Generic, TypeVar

from aiokafka import ConsumerRecord
from msgspec import Raw, Struct, ValidationError, json

from config.settings import Settings
from models.decision import Verdict
from models.enrichment import ListHit
from models.events import BlacklistEntry, DeviceEvent, Label, Time
from models.facts import ApplicationFacts, LabelFacts
from models.features.amounts import usual_amount
from models.identifiers import Tokeniser
from models.policy.policy import Policy
from models.rings.state import RingJoin
from models.tokenise import label_facts, tokenise_device_event, tokenise_list_entry
from streams.codec import InvalidRecord, RecordDecoder
from streams.edge import Take, edge
from streams.index.labelled import label_changes, write_labels
from streams.index.layout import CLAIM_KEEP_MS, KEEP_MS
from streams.index.protocol import LabelFlagChange, LoanChange, PastDecision
from streams.index.refill import RefillIndex
from streams.kafka import read_to_end

RECORDS_AT_ONCE = 500

Item = TypeVar("Item")


class PartReport(Struct, frozen=True, kw_only=True):
    """What one part of a rebuild did."""

    part: str
    records: int
    """Read from Kafka."""
    written: int
    left_out: int
    """Too old, made without the index, or a flag that says nothing."""
    unreadable: int
    """Not by the contract: those became dead letters when they came."""
    seconds: float


@dataclass(frozen=True)
class Part(Generic[Item]):
    """One topic, and what of it goes into the index."""

    name: str
    topic: str
    """Without prefix."""
    take: Callable[[ConsumerRecord], Item | None]
    """None leaves a record out. Raises InvalidRecord."""
    write: Callable[[Sequence[Item]], Awaitable[None]]


RECALL_ALERTS = ("RING_RECALL", "BLACKLIST_RETRO_HIT")
"""Kinds of alerts that no application claims: what a recall found is kept by its cause, and found again after a rebuild
when the cause comes again."""
PARTS: dict[str, str] = {
    "lists": "blacklist-entries",
    "results": "decisions",
    "applications": "decision-audit",
    "labels": "labels",
    "devices": "device-events",
    "alerts": "alerts",
}
"""Part -> topic that it is made from, in the order of a rebuild: what keeps fraud out comes first."""


class _DecisionHead(Struct):
    event_id: str
    degraded: list[str]


class _AuditedObservation(Struct, array_like=True):
    """The beginning of an `Observation`."""

    duplicate: bool
    earlier: Raw
    resubmissions: int
    hits: list[ListHit]


class _AuditedEnrichment(Struct):
    degraded: list[str]
    observation: _AuditedObservation | None = None


class _Audited(Struct):
    event: ApplicationFacts
    decision: Verdict
    enrichment: _AuditedEnrichment
    features: dict[str, float | None]
    ring: RingJoin | None = None


class _AlertHead(Struct):
    alert_id: str
    kind: str
    raised_at: Time


def parts(settings: Settings, index: RefillIndex, policy: Policy, now: datetime) -> dict[str, Part[Any]]:
    """Every part by its name. `now` is aware; what the index would have forgotten by then is left out.

    Raises SettingsError when the tokenisation key cannot be used.
    """
    tokeniser = Tokeniser(settings.pii_key_bytes)
    list_entry = edge(RecordDecoder(BlacklistEntry), partial(tokenise_list_entry, tokeniser=tokeniser))
    device_event = edge(RecordDecoder(DeviceEvent), partial(tokenise_device_event, tokeniser=tokeniser))
    label = edge(RecordDecoder(Label), label_facts)
    now_ms = int(now.timestamp() * 1000)

    def take_result(record: ConsumerRecord) -> tuple[str, bytes] | None:
        head = _decode(record, _DecisionHead)
        return None if head.degraded or _older(record.timestamp, KEEP_MS) else (head.event_id, record.value)

    def take_application(record: ConsumerRecord) -> _Audited | None:
        audited = _decode(record, _Audited)
        # Without the index: what was deferred is observed later, if it was not yet, and that is told instead.
        unseen = "links" in audited.enrichment.degraded
        return None if unseen or _older(audited.event.occurred_ms, KEEP_MS) else audited

    def take_label(record: ConsumerRecord) -> Sequence[LabelFlagChange | LoanChange] | None:
        facts: LabelFacts = _at_its_time(label, record)
        changes = label_changes(facts, policy.document.labels, now_ms)
        return None if _older(facts.occurred_ms, KEEP_MS) or not changes else changes

    def take_alert(record: ConsumerRecord) -> str | None:
        head = _decode(record, _AlertHead)
        if head.kind in RECALL_ALERTS:
            return None
        return None if _older(int(head.raised_at.timestamp() * 1000), CLAIM_KEEP_MS) else head.alert_id

    def _older(moment_ms: int, keep_ms: int) -> bool:
        return moment_ms <= now_ms - keep_ms

    found: list[Part[Any]] = [
        Part("lists", PARTS["lists"], partial(_at_its_time, list_entry), index.put_list_entries),
        Part("results", PARTS["results"], take_result, index.keep_decisions),
        Part("applications", PARTS["applications"], take_application, partial(_write_applications, index)),
        Part("labels", PARTS["labels"], take_label, partial(write_labels, index)),
        Part("devices", PARTS["devices"], partial(_at_its_time, device_event), index.observe_devices),
        Part("alerts", PARTS["alerts"], take_alert, index.claim_alerts),
    ]
    return {part.name: part for part in found}


async def rebuild_part(
    part: Part[Item], settings: Settings, on_records: Callable[[int], None] = lambda _: None
) -> PartReport:
    """Read a part's topic to its present end and write it; `on_records` hears of each number that is done.

    Raises BrokerUnreachableError and IndexUnavailableError.
    """
    started = perf_counter()
    records = written = unreadable = done = 0
    items: list[Item] = []

    async def flush() -> None:
        nonlocal items, written, done
        await part.write(items)
        written += len(items)
        on_records(records - done)
        items, done = [], records

    async with aclosing(read_to_end(settings, settings.topic(part.topic))) as found:
        async for record in found:
            records += 1
            try:
                item = part.take(record)
            except InvalidRecord:
                unreadable += 1
            else:
                items += [] if item is None else [item]
            if records - done == RECORDS_AT_ONCE:
                await flush()
        await flush()
    left_out = records - written - unreadable
    seconds = perf_counter() - started
    return PartReport(
        part=part.name, records=records, written=written, left_out=left_out, unreadable=unreadable, seconds=seconds
    )


async def _write_applications(index: RefillIndex, audited: Sequence[_Audited]) -> None:
    await index.place([(each.event, _hits(each.enrichment)) for each in audited])
    await index.set_decisions(
        [
            PastDecision(
                event_id=each.event.event_id,
                application_id=each.event.application_id,
                occurred_ms=each.event.occurred_ms,
                decision_flag=each.decision,
                usual=usual_amount(each.features),
                ring=each.ring,
            )
            for each in audited
            if not each.enrichment.degraded
        ]
    )


def _hits(enrichment: _AuditedEnrichment) -> list[ListHit]:
    return [] if enrichment.observation is None else enrichment.observation.hits


def _at_its_time(take: Take[Any], record: ConsumerRecord) -> Any:
    """What a worker took of the record, when it came: then an event could be ahead of the clock."""
    return take(record.value, datetime.fromtimestamp(record.timestamp / 1000, UTC)).record


def _decode(record: ConsumerRecord, record_type: type[Item]) -> Item:
    try:
        return json.decode(record.value or b"", type=record_type)
    except (ValidationError, ValueError) as error:
        raise InvalidRecord("invalid_field", "$", type(error).__name__) from None
