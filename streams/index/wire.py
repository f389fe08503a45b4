"""What goes to the functions in Valkey and what comes back.

A request is a tuple that Lua unpacks from MessagePack, then bytes that Lua keeps as they are (its MessagePack knows
text alone). `prefix` stands before every key.
"""

from __future__ import annotations

from msgspec import Struct, msgpack

from models.enrichment import Link, ListHit, Neighbour, Observation, PersonCounts, Velocity
from models.facts import ApplicationFacts, DeviceEventFacts, ListEntryFacts, epoch_ms
from streams.index.layout import (
    AUDIT_KEEP_MS,
    CHANNEL_CODES,
    CLAIM_KEEP_MS,
    DECISION_CODES,
    KEEP_MS,
    KIND_CODES,
    LABEL_CODES,
    short_applicant,
    short_hash,
)
from streams.index.protocol import LabelFlagChange, RememberedResult, ResultToRemember, encode_stored
from streams.index.records import (
    DeviceRecord,
    SightingRecord,
    application_sighting,
    application_subjects,
    device_record,
    device_sighting,
    device_state,
    device_subjects,
    sightings,
)
from streams.index.results import restore, shrink

Request = tuple[object, ...]

_KEEP = str(KEEP_MS)
_AUDIT_KEEP = str(AUDIT_KEEP_MS)
_CLAIM_KEEP = str(CLAIM_KEEP_MS)
_DEVICE = KIND_CODES["device_id"]


class _Reply(Struct, frozen=True, array_like=True):
    """What observe.lua answers."""

    duplicate: bool
    result: bytes | None
    audit: bytes | None
    resubmissions: int
    hits: list[ListHit]
    velocity: list[Velocity]
    person: PersonCounts | None
    neighbours: list[Neighbour]
    links: list[Link]
    device: list[DeviceRecord]
    sightings: list[list[SightingRecord]]
    truncated: list[str]


_reply_decoder = msgpack.Decoder(_Reply)


def observe_request(prefix: str, application: ApplicationFacts) -> Request:
    """One application to observe."""
    event = short_hash(application.event_id)
    occurred_ms = application.occurred_ms
    applicant = short_applicant(application.applicant_token)
    device = application.token("device_id")
    neighbour = (
        application.application_id,
        occurred_ms,
        applicant,
        application.merchant_id or "",
        application.channel,
        application.amount_cny,
    )
    values = (
        prefix,
        _KEEP,
        occurred_ms,
        short_hash(application.application_id),
        event,
        applicant + CHANNEL_CODES[application.channel],
        [KIND_CODES[identifier.kind] + identifier.token for identifier in application.identifiers],
        _DEVICE + device if device else "",
        [subject for _, subject in application_subjects(application)],
        application_sighting(application, occurred_ms, event) or False,
    )
    return values, _fields(neighbour)


def observation(application: ApplicationFacts, reply: bytes) -> Observation:
    """The answer to `observe_request`."""
    seen = _reply_decoder.decode(reply)
    occurred_ms = application.occurred_ms
    return Observation(
        duplicate=seen.duplicate,
        earlier=encode_stored(restore(seen.result, seen.audit)) if seen.result is not None else None,
        resubmissions=seen.resubmissions,
        hits=seen.hits,
        velocity=seen.velocity,
        person=seen.person,
        neighbours=seen.neighbours,
        links=seen.links,
        device=device_state(seen.device, occurred_ms),
        sightings=[
            sighting
            for (kind, _), records in zip(application_subjects(application), seen.sightings, strict=True)
            for sighting in sightings(kind, records, occurred_ms, application.application_id)
        ],
        truncated=seen.truncated,
    )


def remember_request(prefix: str, given: ResultToRemember) -> Request:
    """One result to keep."""
    values = (
        prefix,
        _KEEP,
        _AUDIT_KEEP,
        _CLAIM_KEEP,
        short_hash(given.application_id),
        short_hash(given.event_id),
        given.occurred_ms,
        DECISION_CODES[given.decision_flag],
        [short_hash(alert_id) for alert_id in given.alert_ids],
    )
    return values, shrink(given.result), given.result.audit or b""


def remembered(given: ResultToRemember, first: int, stored: bytes, audit: bytes | None) -> RememberedResult:
    """The answer to `remember_request`."""
    if not first:
        return RememberedResult(result=restore(stored, audit), first=False, new_alerts=[])
    claimed = stored[1 : 1 + stored[0]]
    return RememberedResult(result=given.result, first=True, new_alerts=[claim == ord("1") for claim in claimed])


def device_request(prefix: str, event: DeviceEventFacts) -> Request:
    """One device event to observe."""
    values = (
        prefix,
        _KEEP,
        _DEVICE + event.device_token,
        device_record(event),
        device_subjects(event),
        device_sighting(event) or False,
    )
    return (values,)


def list_request(prefix: str, entry: ListEntryFacts) -> Request:
    """One list entry to put."""
    expires_ms = epoch_ms(entry.expires_at) if entry.expires_at is not None else None
    hit = (entry.list, entry.severity, entry.reason, entry.source, entry.evidence, entry.occurred_ms, expires_ms)
    values = (
        prefix,
        _KEEP,
        KIND_CODES[entry.kind] + entry.token,
        entry.list,
        entry.occurred_ms,
        short_hash(entry.event_id),
        expires_ms or 0,
    )
    return values, _fields(hit) if entry.action == "add" else b""


def label_request(prefix: str, change: LabelFlagChange) -> Request:
    """One label flag to set."""
    values = (prefix, _KEEP, short_hash(change.application_id), change.occurred_ms, LABEL_CODES[change.flag])
    return (values,)


def _fields(values: tuple[object, ...]) -> bytes:
    """Fields of a struct that Lua completes: at most 15, without the array around them."""
    return msgpack.encode(values)[1:]
