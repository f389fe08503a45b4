"""What goes to the functions in Valkey and what comes back.

A request are values that Lua unpacks from MessagePack, then bytes that Lua keeps as they are (its MessagePack knows
text alone). `prefix` stands before every key.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import Iterable, Mapping

from msgspec import Struct, msgpack
from msgspec.structs import replace

from models.enrichment import Link, ListHit, Neighbour, Observation, PersonCounts, Velocity
from models.entities import EntityProfileOf, amount_cents
from models.facts import ApplicationFacts, DeviceEventFacts, Identifier
from models.rings.state import RingJoin, RingOf
from streams.index.layout import (
    CHANNEL_CODES,
    CLAIM_KEEP_MS,
    DECISION_CODES,
    KEEP_MS,
    KIND_CODES,
    KIND_OF_CODE,
    LABEL_CODES,
    LOAN_CODES,
    NEAR_BUCKET_CHARACTERS,
    NO_CENTS,
    USUAL_CODES,
    ring_name,
    short_applicant,
    short_hash,
    short_identifier,
    short_identifiers,
    whole_tokens,
)
from streams.index.list_wire import counted_hits
from streams.index.near import near_candidates, near_keys
from streams.index.packed_profiles import read_profile
from streams.index.protocol import (
    LabelFlagChange,
    LoanChange,
    PastDecision,
    RememberedResult,
    ResultToRemember,
    encode_stored,
)
from streams.index.records import (
    DeviceRecord,
    Place,
    SightingRecord,
    application_place,
    device_record,
    device_sighting,
    device_state,
    device_subjects,
    recorded_subjects,
    sightings,
    store_sighting,
)
from streams.index.results import claims, restore, shrink
from streams.index.ring_record import RingRecord, founder_of, read_ring, shared_numbers, state_of

Request = tuple[tuple[object, ...] | bytes, ...]

_KEEP = str(KEEP_MS)
_CLAIM_KEEP = str(CLAIM_KEEP_MS)
_DEVICE = KIND_CODES["device_id"]


class _Speed(Struct, frozen=True, array_like=True, gc=False):
    """What a Velocity says behind kind and token."""

    counts: list[int]
    applicants: list[int]
    degree: int
    as_phone: list[int]


class _Reply(Struct, frozen=True, array_like=True):
    """What observe.lua answers. Tokens in it are as the index keeps them."""

    duplicate: bool
    identifiers: list[str] | None
    """Those that `velocity` speaks of; None: the application's own, in their order."""
    result: bytes | None
    unsettled: bytes | None
    resubmissions: int
    hits: list[ListHit]
    velocity: list[_Speed]
    person: PersonCounts | None
    neighbours: list[Neighbour]
    links: list[Link]
    device: list[DeviceRecord]
    places: list[tuple[int, Place]]
    """Of the neighbours that share one of `PLACED_KINDS`: their position and where they came from."""
    sightings: list[list[SightingRecord]]
    truncated: list[str]
    near: list[tuple[int, str, ListHit]]
    """Entries that an application's keys lead to: the key's position, the parts of the entry's form, the entry."""
    rings: list[tuple[bytes, list[int], list[str]]]
    """Of each, the ring as rings.lua packs it, who is in it, the application ids of its newest members."""
    profiles: list[tuple[int, bytes]]
    """Of entities: position in `velocity`, and the profile as profiles.lua packs it."""


_reply_decoder = msgpack.Decoder(_Reply)
_ids_decoder = msgpack.Decoder(list[str])


def observe_request(prefix: str, application: ApplicationFacts, hits: object = False) -> Request:
    """One application to observe; `hits` are those that `place_request` tells."""
    event = short_hash(application.event_id)
    occurred_ms = application.occurred_ms
    applicant = short_applicant(application.applicant_token)
    identifiers = short_identifiers(application.identifiers)
    near = near_keys(application)
    neighbour = (
        application.application_id,
        occurred_ms,
        applicant,
        application.merchant_id or "",
        application.channel or "",
        application.amount_cny or 0.0,
    )
    values = (
        prefix,
        _KEEP,
        occurred_ms,
        short_hash(application.application_id),
        event,
        "".join(identifiers),
        next((each for each in identifiers if each[0] == _DEVICE), ""),
        "".join(recorded_subjects(identifiers)),
        store_sighting(application, event) or False,
        NO_CENTS if application.amount_cny is None else amount_cents(application.amount_cny),
        hits,
        "".join([f"{key}\n" for key in near]),
        *[f"{prefix}N{key[:NEAR_BUCKET_CHARACTERS]}" for key in near],
    )
    place = application_place(application)
    tail = urlsafe_b64decode(applicant) + CHANNEL_CODES[application.channel or ""].encode()
    return values, fields(neighbour), tail, b"" if place is None else msgpack.encode(place)


def place_request(prefix: str, application: ApplicationFacts, hits: Iterable[ListHit]) -> Request:
    """One application of a history, with the list hits to count."""
    return observe_request(prefix, replace(application, near=[]), counted_hits(hits))


def observation(application: ApplicationFacts, reply: bytes) -> Observation:
    """The answer to `observe_request`."""
    seen = _reply_decoder.decode(reply)
    tokens = whole_tokens(application) if seen.hits or seen.links or seen.identifiers else {}
    links = [
        Link(link.kind, tokens.get(link.token, link.token), link.degree, link.channels, link.members)
        for link in seen.links
    ]
    earlier = None if seen.result is None else restore(application.event_id, seen.result, seen.unsettled)
    velocity = _velocity(application, seen, tokens)
    return Observation(
        duplicate=seen.duplicate,
        earlier=None if earlier is None else encode_stored(earlier),
        resubmissions=seen.resubmissions,
        hits=[replace(hit, token=tokens.get(hit.token, hit.token)) for hit in seen.hits],
        velocity=velocity,
        person=seen.person,
        neighbours=seen.neighbours,
        links=links,
        device=device_state(seen.device, application.occurred_ms),
        sightings=sightings(application, seen.sightings, seen.neighbours, links, dict(seen.places)),
        truncated=seen.truncated,
        profiles=[
            EntityProfileOf(velocity[at].kind, velocity[at].token, read_profile(packed)) for at, packed in seen.profiles
        ],
        rings=[
            RingOf(state, positions)
            for packed, positions, ids in seen.rings
            if (state := state_of(read_ring(packed), ids, application.occurred_ms)) is not None
        ],
        near=near_candidates(application, seen.near) if seen.near else [],
    )


def _velocity(application: ApplicationFacts, seen: _Reply, tokens: Mapping[str, str]) -> list[Velocity]:
    identifiers = application.identifiers
    if seen.identifiers is not None:
        identifiers = [Identifier(KIND_OF_CODE[each[0]], tokens.get(each[1:], each[1:])) for each in seen.identifiers]
    return [
        Velocity(identifier.kind, identifier.token, speed.counts, speed.applicants, speed.degree, speed.as_phone)
        for identifier, speed in zip(identifiers, seen.velocity, strict=True)
    ]


def remember_request(prefix: str, given: ResultToRemember, waiting: str) -> Request:
    """One result to keep; what of it is to be settled (`unsettled`) waits under the key `waiting`."""
    values = (
        prefix,
        _KEEP,
        waiting,
        _CLAIM_KEEP,
        short_hash(given.application_id),
        short_hash(given.event_id),
        given.occurred_ms,
        DECISION_CODES[given.decision_flag],
        [short_hash(alert_id) for alert_id in given.alert_ids],
        USUAL_CODES[given.usual],
        _join(given.ring),
    )
    return values, shrink(given.event_id, given.result.decision)


def remembered(given: ResultToRemember, first: int, stored: bytes, rest: bytes | None) -> RememberedResult:
    """The answer to `remember_request`."""
    if not first or rest is None:
        return RememberedResult(result=restore(given.event_id, stored, rest), first=False, new_alerts=[])
    return RememberedResult(result=given.result, first=True, new_alerts=claims(rest))


def device_request(prefix: str, event: DeviceEventFacts) -> Request:
    """One device event to observe."""
    values = (
        prefix,
        _KEEP,
        short_identifier("device_id", event.device_token),
        device_record(event),
        device_subjects(event),
        device_sighting(event) or False,
    )
    return (values,)


def decision_request(prefix: str, decision: PastDecision) -> Request:
    """One decision flag to set."""
    values = (
        prefix,
        _KEEP,
        short_hash(decision.application_id),
        short_hash(decision.event_id),
        decision.occurred_ms,
        DECISION_CODES[decision.decision_flag],
        USUAL_CODES[decision.usual],
        _join(decision.ring),
    )
    return (values,)


def _join(found: RingJoin | None) -> tuple[object, ...] | bool:
    """What a decision found to be one ring; False: nothing."""
    if found is None:
        return False
    return *founder_of(found), [short_hash(each) for each in found.members], shared_numbers(found.shared)


def label_request(prefix: str, change: LabelFlagChange) -> Request:
    """One label flag to set."""
    values = (
        prefix,
        _KEEP,
        short_hash(change.application_id),
        change.occurred_ms,
        LABEL_CODES[change.flag],
        USUAL_CODES[change.usual],
    )
    return (values,)


def loan_request(prefix: str, change: LoanChange) -> Request:
    """What became of one application's money."""
    return ((prefix, _KEEP, short_hash(change.application_id), LOAN_CODES[change.loan]),)


def ring_request(prefix: str, ring_id: str, most: int) -> Request:
    """A ring to be shown, with the application ids of so many of its newest members."""
    return ((prefix, ring_name(ring_id), most),)


def shown_ring(reply: list[bytes]) -> tuple[RingRecord, list[str]] | None:
    """The answer to `ring_request`."""
    if not reply:
        return None
    return read_ring(reply[0]), _ids_decoder.decode(reply[1])


def fields(values: tuple[object, ...] | bytes) -> bytes:
    """Values one behind the other, without the array around them: of a struct that Lua completes, or a request."""
    return msgpack.encode(values)[1 if len(values) < 16 else 3 :]
