"""The link index in memory: the same answers as `valkey.py` without a server, for backtests and tests.

One process's own; nothing is kept longer than the retention of event time, so memory follows the traffic of 90 days.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from models.enrichment import RETENTION_MS, SIGHTINGS_PER_SUBJECT, Observation
from models.events import ListedKind
from models.facts import ApplicationFacts, DeviceEventFacts, Identifier, ListEntryFacts
from models.recall.seen import SeenApplication
from models.rings.member import RingMember
from models.rings.state import RING_MEMBERS_NAMED, RingState
from streams.index.expiry import Expiries
from streams.index.graph import Graph
from streams.index.layout import (
    DEVICE_EVENTS_KEPT,
    RING_ROWS,
    ring_name,
    short_applicant,
    short_hash,
    short_identifier,
    short_identifiers,
    whole_tokens,
)
from streams.index.lists import Lists
from streams.index.looking import look_at
from streams.index.neighbourhood import CONTACT, Neighbourhood
from streams.index.node import Node
from streams.index.profiles import Profiles
from streams.index.protocol import (
    LabelFlagChange,
    ListedEntry,
    LoanChange,
    PastDecision,
    RememberedResult,
    ResultToRemember,
    StoredResult,
    encode_stored,
)
from streams.index.records import (
    DeviceRecord,
    SightingRecord,
    device_record,
    device_sighting,
    device_state,
    device_subjects,
    recorded_subjects,
    sightings,
    store_sighting,
)
from streams.index.ring_record import members_of, state_of
from streams.index.rings import Rings

_Record = TypeVar("_Record", DeviceRecord, SightingRecord)


class MemoryIndex:
    """`streams.index.protocol.LinkIndex` in this process."""

    def __init__(self, late_ms: int = 0) -> None:
        """`late_ms` is how late an event may come and still find all of the 90 days before it."""
        self._keep_ms = RETENTION_MS + late_ms
        self._now_ms = 0
        self._graph = Graph()
        self._profiles = Profiles(self._graph)
        self._rings = Rings(self._graph)
        self._devices: dict[str, list[DeviceRecord]] = {}
        self._sightings: dict[str, list[SightingRecord]] = {}
        self._lists = Lists()
        self._results: dict[str, StoredResult] = {}
        self._claims: dict[str, str] = {}
        self._recalls: dict[str, bytes] = {}
        self._placed = Expiries()
        self._told = Expiries()
        self._device_expiries = Expiries()
        self._sighting_expiries = Expiries()
        self._result_expiries = Expiries()
        self._claim_expiries = Expiries()

    async def observe(self, applications: Sequence[ApplicationFacts], patient: bool = False) -> list[Observation]:
        """See the protocol."""
        return [self._observe(application) for application in applications]

    def _observe(self, application: ApplicationFacts) -> Observation:
        time, event = application.occurred_ms, short_hash(application.event_id)
        self._advance(time)
        node = self._graph.node(short_hash(application.application_id))
        before, counted = node.membership, frozenset(node.identifiers)
        fresh = node.take_up(time, event)
        identifiers = told = short_identifiers(application.identifiers)
        if fresh:
            self._place(node, application, time, event, identifiers)
        if identifiers != node.identifiers:  # what it had in earlier events is its own still
            mine = set(node.identifiers)
            identifiers = list(dict.fromkeys([*(each for each in identifiers if each in mine), *node.identifiers]))
        if fresh:
            self._look_up(node)

        applicant = short_applicant(application.applicant_token)
        tokens = whole_tokens(application)
        around = Neighbourhood(self._graph, node, time, applicant, application.channel or "", identifiers, tokens)
        neighbours, links = around.walk()
        result = self._results.get(event)
        sighting, store = store_sighting(application, event), application.token("store_id")
        if fresh and sighting is not None and store is not None:
            self._see(short_identifier("store_id", store), sighting)
        device = application.token("device_id") if self._devices else None
        velocity = around.velocity()
        rings, more = self._rings.around(node, around.nodes, time) if self._rings else ([], False)
        truncated = [*dict.fromkeys(around.truncated), *(["rings"] if more else [])]
        return Observation(
            duplicate=not fresh,
            earlier=encode_stored(result) if result is not None else None,
            resubmissions=node.earlier_events(event),
            hits=self._lists.hits_of(identifiers, tokens, time, counts=fresh),
            velocity=velocity,
            person=around.person(),
            neighbours=neighbours,
            links=links,
            device=device_state(self._devices.get(device, ()), time) if device is not None else None,
            sightings=sightings(
                application,
                [self._sightings.get(subject, ()) for subject in recorded_subjects(told)] if self._sightings else (),
                neighbours,
                links,
                around.places(),
            ),
            truncated=truncated,
            profiles=self._profiles.around(
                node, [*zip(identifiers, (each.token for each in velocity), strict=True)], before, counted, fresh
            ),
            rings=rings,
            near=self._lists.near(application),
        )

    def _place(
        self, node: Node, application: ApplicationFacts, time: int, event: str, identifiers: Sequence[str]
    ) -> None:
        """Put a new event's application among those of its identifiers; the newest event says what it is like."""
        if (time, event) < (node.time, node.event):
            self._graph.gathers(node)
            self._graph.place(node, node.gather(identifiers))
            return
        self._graph.lift(node, node.identifiers)
        node.gather(identifiers)
        node.describe(application, time, event)
        self._graph.place(node, node.identifiers)
        self._placed.add(time, node.name)

    def _look_up(self, node: Node) -> None:
        """Note whether the application is on a list."""
        node.set_listed(self._lists.has_any((each for each in node.identifiers if each[0] != CONTACT), node.time))
        self._changed(node)

    def _see(self, subject: str, sighting: SightingRecord) -> None:
        if _put(self._sightings.setdefault(subject, []), sighting, SIGHTINGS_PER_SUBJECT):
            self._sighting_expiries.add(sighting.occurred_ms, subject)

    async def remember(self, results: Sequence[ResultToRemember]) -> list[RememberedResult]:
        """See the protocol."""
        return [self._remember(given) for given in results]

    def _remember(self, given: ResultToRemember) -> RememberedResult:
        event = short_hash(given.event_id)
        if event in self._results:
            return RememberedResult(result=self._results[event], first=False, new_alerts=[])
        new_alerts = []
        for alert_id in given.alert_ids:
            new_alerts.append(self._claims.setdefault(alert_id, event) == event)
            self._claim_expiries.add(given.occurred_ms, alert_id)
        alerts = [alert for alert, new in zip(given.result.alerts, new_alerts, strict=True) if new]
        self._results[event] = StoredResult(given.result.decision, alerts, given.result.audit)
        self._result_expiries.add(given.occurred_ms, event)
        self._decide(given)
        return RememberedResult(result=given.result, first=True, new_alerts=new_alerts)

    async def settle(self, event_ids: Sequence[str]) -> None:
        """See the protocol."""
        for event in map(short_hash, event_ids):
            if event in self._results:
                self._results[event] = StoredResult(self._results[event].decision, [], None)

    async def observe_devices(self, events: Sequence[DeviceEventFacts]) -> None:
        """See the protocol."""
        for event in events:
            self._advance(event.occurred_ms)
            if _put(self._devices.setdefault(event.device_token, []), device_record(event), DEVICE_EVENTS_KEPT):
                self._device_expiries.add(event.occurred_ms, event.device_token)
            sighting = device_sighting(event)
            if sighting is not None:
                for subject in device_subjects(event):
                    self._see(subject, sighting)

    async def put_list_entries(self, entries: Sequence[ListEntryFacts]) -> None:
        """See the protocol."""
        for entry in entries:
            if self._lists.put(entry):
                for node in self._graph.members(short_identifier(entry.kind, entry.token)):
                    self._look_up(node)

    async def listed(self, kind: ListedKind, token: str) -> list[ListedEntry]:
        """See the protocol."""
        return self._lists.entries(kind, token)

    async def set_labels(self, changes: Sequence[LabelFlagChange]) -> None:
        """See the protocol."""
        for change in changes:
            node = self._node(change.application_id, change.occurred_ms)
            before = node.membership
            node.set_label(change.flag, change.occurred_ms, change.usual)
            self._profiles.changed(node, before)
            self._changed(node)

    async def ring(self, ring_id: str, at_ms: int) -> RingState | None:
        """See the protocol."""
        ring = self._rings.find(ring_name(ring_id))
        return None if ring is None else state_of(ring, self._rings.application_ids(ring, RING_MEMBERS_NAMED), at_ms)

    async def ring_members(self, ring_id: str) -> list[RingMember]:
        """See the protocol."""
        ring = self._rings.find(ring_name(ring_id))
        return [] if ring is None else members_of(ring, self._rings.application_ids(ring, RING_ROWS))

    async def set_loans(self, changes: Sequence[LoanChange]) -> None:
        """See the protocol."""
        for change in changes:
            self._node(change.application_id, change.occurred_ms).set_loan(change.loan, change.occurred_ms)

    async def set_decisions(self, decisions: Sequence[PastDecision]) -> None:
        """See the protocol."""
        for each in decisions:
            self._decide(each)

    def _decide(self, given: ResultToRemember | PastDecision) -> None:
        node = self._node(given.application_id, given.occurred_ms)
        before = node.membership if node.label else None  # without a label a decision changes no profile
        node.decide(given.decision_flag, (given.occurred_ms, short_hash(given.event_id)), given.usual)
        if before is not None:
            self._profiles.changed(node, before)
        self._changed(node)
        if given.ring is not None:
            self._rings.join(given.ring, [self._node(each, given.occurred_ms) for each in given.ring.members])

    async def look(self, names: Sequence[str]) -> list[SeenApplication | None]:
        """See the protocol."""
        nodes = [self._graph.nodes.get(name) for name in names]
        return [look_at(self._graph, node, self._rings.name_of(node)) for node in nodes]

    async def holders(self, identifiers: Sequence[Identifier]) -> list[list[str]]:
        """See the protocol."""
        return [[node.name for node in reversed(self._graph.members(each))] for each in short_identifiers(identifiers)]

    async def keep_recalls(self, found: Sequence[tuple[str, bytes]]) -> list[bytes]:
        """See the protocol."""
        return [self._recalls.setdefault(cause, value) for cause, value in found]

    async def ping(self) -> None:
        """See the protocol."""

    async def close(self) -> None:
        """See the protocol."""

    def _node(self, application_id: str, occurred_ms: int) -> Node:
        """The application, which need not have been observed yet."""
        node = self._graph.node(short_hash(application_id))
        if occurred_ms > node.time:  # else it is looked at when its newest event expires
            self._told.add(occurred_ms, node.name)
        return node

    def _changed(self, node: Node) -> None:
        """What others see of the application may have changed."""
        self._graph.changed(node)
        self._rings.changed(node)

    def _advance(self, now_ms: int) -> None:
        """Drop what the retention has passed by."""
        self._now_ms = max(self._now_ms, now_ms)
        limit = self._now_ms - self._keep_ms
        for expiries in (self._placed, self._told):
            for name in expiries.due(limit):
                node = self._graph.nodes.get(name)
                if node is not None and node.touched_ms <= limit:
                    self._profiles.forget(self._graph.drop(node))
        self._rings.forget(limit)
        for event in self._result_expiries.due(limit):
            self._results.pop(event, None)
        for alert_id in self._claim_expiries.due(limit):
            self._claims.pop(alert_id, None)
        for device in self._device_expiries.due(limit):
            _drop_old(self._devices, device, limit)
        for subject in self._sighting_expiries.due(limit):
            _drop_old(self._sightings, subject, limit)


def _put(records: list[_Record], record: _Record, limit: int) -> bool:
    """Put a record among the newest, newest first, each event once. Returns whether it went in."""
    if any(record.event == known.event for known in records):
        return False
    at = len(records)
    while at and (records[at - 1].occurred_ms, records[at - 1].event) < (record.occurred_ms, record.event):
        at -= 1
    if at >= limit:
        return False
    records.insert(at, record)
    del records[limit:]
    return True


def _drop_old(records: dict[str, list[_Record]], name: str, limit_ms: int) -> None:
    """Forget records the newest of which is not after the limit."""
    if name in records and records[name][0].occurred_ms <= limit_ms:
        del records[name]
