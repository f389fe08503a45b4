"""Recalls: what is connected with a confirmed fraud or a newly listed identifier is found, reported, and held back.

What one recall finds is kept in the index before it is published: whoever takes the same label or entry again publishes
the same, though the applications have been decided again since.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import structlog
from msgspec import msgpack

from config.settings import Settings
from models.enrichment import UNLINKED_KINDS, WEAK_KINDS
from models.facts import Identifier, IdentifierKind, ListEntryFacts, epoch_ms
from models.link_weights import Crowds
from models.policy.policy import Policy
from models.recall.cause import EntryListed, FraudConfirmed
from models.recall.report import Found, report
from models.recall.search import HOPS_MAX, Search
from streams.codec import encode
from streams.dependencies import Dependencies
from streams.index.layout import TOKEN_CHARACTERS, short_hash
from streams.index.protocol import LinkIndex
from streams.publisher import Outgoing

logger = structlog.get_logger(__name__)

LISTED_HOPS = 1
"""Who is strongly linked with what has a listed identifier is near; further away nobody is, as when deciding."""
RECALLS = "recalls"
"""The topic, without prefix."""

_found_decoder = msgpack.Decoder(Found)


async def recall_frauds(frauds: Iterable[FraudConfirmed], deps: Dependencies) -> list[Outgoing]:
    """What to publish of applications that turned out to be fraud. Raises IndexUnavailableError."""
    outgoing: list[Outgoing] = []
    for application_id, cause in {each.application_id: each for each in frauds}.items():
        found = await find_connected(cause, deps.index, deps.policy, deps.clock())
        outgoing += await _kept(f"fraud {application_id}", found, deps)
    return outgoing


async def recall_listed(entries: Sequence[ListEntryFacts], deps: Dependencies) -> list[Outgoing]:
    """What to publish of identifiers that joined lists. Raises IndexUnavailableError."""
    now_ms = epoch_ms(deps.clock())
    added = [
        each
        for each in entries
        if each.action == "add" and (each.expires_at is None or epoch_ms(each.expires_at) > now_ms)
    ]
    asked = [Identifier(each.kind, each.token) for each in added]
    asked += [Identifier("contact_phone", each.token) for each in added if each.kind == "phone"]
    held = {each: names for each, names in zip(asked, await deps.index.holders(asked), strict=True) if names}
    if not held:  # of a long list nearly all
        return []
    outgoing: list[Outgoing] = []
    for entry in added:
        starts = _starts(entry, held)
        if starts:
            cause = _listed(entry)
            search = Search(starts, _hops(entry.kind), _known_crowds(deps.policy))
            await _walk(search, deps.index)
            found = report(cause, search.reached, search.cut, deps.clock())
            outgoing += await _kept(f"entry {entry.event_id}", found, deps)
    return outgoing


async def find_connected(cause: FraudConfirmed, index: LinkIndex, policy: Policy, now: datetime) -> Found:
    """Walk outward from a fraud, over links and to the other members of its living ring, and say what is to be
    published. Raises IndexUnavailableError."""
    search = Search({short_hash(cause.application_id): (0, [])}, HOPS_MAX, _known_crowds(policy))
    await _walk(search, index)
    if search.reached and (ring_id := search.reached[0].application.ring_id) is not None:
        members = await index.ring_members(ring_id)
        search.add_ring(ring_id, [short_hash(each.application_id) for each in members])
        await _walk(search, index)
    return report(cause, search.reached, search.cut, now)


async def _walk(search: Search, index: LinkIndex) -> None:
    while names := search.wanted():
        search.take(names, await index.look(names))


def _known_crowds(policy: Policy) -> Crowds:
    return {(kind, token[:TOKEN_CHARACTERS]): weight for (kind, token), weight in policy.crowds.items()}


def outgoing_of(found: Found, settings: Settings) -> list[Outgoing]:
    """The records of what a recall found."""
    alerts = [Outgoing(settings.topic("alerts"), each.alert_id.encode(), encode(each)) for each in found.alerts]
    orders = [Outgoing(settings.topic(RECALLS), each.application_id.encode(), encode(each)) for each in found.orders]
    return [*alerts, *orders]


async def _kept(cause: str, found: Found, deps: Dependencies) -> list[Outgoing]:
    """What stands of it: what was found first of the same cause."""
    if not found.alerts:
        return []
    (stands,) = await deps.index.keep_recalls([(cause, msgpack.encode(found))])
    found = _found_decoder.decode(stands)
    for alert in found.alerts:
        deps.metrics.alerts.labels(alert.kind).inc()
        logger.info("alert", kind=alert.kind, alert_id=alert.alert_id, applications=len(alert.applications))
    return outgoing_of(found, deps.settings)


def _listed(entry: ListEntryFacts) -> EntryListed:
    return EntryListed(
        event_id=entry.event_id,
        list=entry.list,
        kind=entry.kind,
        token=entry.token,
        severity=entry.severity,
        reason=entry.reason,
    )


def _starts(entry: ListEntryFacts, held: Mapping[Identifier, list[str]]) -> dict[str, tuple[int, list[str]]]:
    """Applications that have the identifier, and those that name a listed phone as a contact's."""
    contacts = held.get(Identifier("contact_phone", entry.token), []) if entry.kind == "phone" else []
    own = held.get(Identifier(entry.kind, entry.token), [])
    return {name: (1, ["contact_phone"]) for name in contacts} | {name: (0, [entry.kind]) for name in own}


def _hops(kind: IdentifierKind) -> int:
    """Customers of a listed merchant are strangers to each other: their friends are none of his."""
    return 0 if kind in (*UNLINKED_KINDS, *WEAK_KINDS) else LISTED_HOPS
