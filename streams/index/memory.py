"""The link index in memory: the same answers as `valkey.py` without a server, for backtests and tests.

One process's own; nothing is kept longer than the retention of event time, so memory follows the traffic of 90 days.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush
from typing import Any, Literal, NamedTuple, TypeVar

from msgspec.structs import replace

from models.enrichment import RETENTION_MS, SIGHTINGS_PER_SUBJECT, ListHit, Observation
from models.facts import ApplicationFacts, DeviceEventFacts, ListEntryFacts, epoch_ms
from streams.index.graph import Graph, Node
from streams.index.layout import (
    DEVICE_EVENTS_KEPT,
    KIND_CODES,
    KIND_OF_CODE,
    LABEL_CODES,
    LIST_KINDS,
    short_applicant,
    short_hash,
    short_identifier,
    whole_tokens,
)
from streams.index.neighbourhood import CONTACT, Neighbourhood
from streams.index.protocol import (
    LabelFlagChange,
    RememberedResult,
    ResultToRemember,
    StoredResult,
    encode_stored,
)
from streams.index.records import (
    DeviceRecord,
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

_LISTED_CODE = {KIND_CODES[kind]: KIND_CODES[listed] for kind, listed in LIST_KINDS.items()}
_LABEL_RANK = {label: rank for rank, label in enumerate(LABEL_CODES)}

_Record = TypeVar("_Record", DeviceRecord, SightingRecord)


class _Entry(NamedTuple):
    """One list's word on an identifier; `hit` is None when it was taken off the list."""

    changed: tuple[int, str]
    expires_ms: int | None
    hit: ListHit | None

    def holds(self, time: int) -> bool:
        return self.hit is not None and (self.expires_ms is None or self.expires_ms > time)


class MemoryIndex:
    """`streams.index.protocol.LinkIndex` in this process."""

    def __init__(self, late_ms: int = 0) -> None:
        """`late_ms` is how late an event may come and still find all of the 90 days before it."""
        self._keep_ms = RETENTION_MS + late_ms
        self._now_ms = 0
        self._graph = Graph()
        self._devices: dict[str, list[DeviceRecord]] = {}
        self._sightings: dict[str, list[SightingRecord]] = {}
        self._lists: dict[str, dict[str, _Entry]] = {}
        self._results: dict[str, StoredResult] = {}
        self._claims: dict[str, str] = {}
        self._expiries: list[tuple[int, Literal["node", "device", "sightings", "result", "claim"], str]] = []

    async def observe(self, applications: Sequence[ApplicationFacts], patient: bool = False) -> list[Observation]:
        """See the protocol."""
        return [self._observe(application) for application in applications]

    def _observe(self, application: ApplicationFacts) -> Observation:
        time, event = application.occurred_ms, short_hash(application.event_id)
        self._advance(time)
        node = self._graph.node(short_hash(application.application_id))
        fresh = node.take_up(time, event)
        identifiers = [short_identifier(identifier.kind, identifier.token) for identifier in application.identifiers]
        if fresh:
            self._place(node, application, time, event, identifiers)
        mine = set(node.identifiers)
        identifiers = list(
            dict.fromkeys([*(identifier for identifier in identifiers if identifier in mine), *node.identifiers])
        )
        if fresh:
            node.listed = self._is_listed(node)

        applicant = short_applicant(application.applicant_token)
        tokens = whole_tokens(application)
        around = Neighbourhood(self._graph, node, time, applicant, application.channel or "", identifiers, tokens)
        neighbours, links = around.walk()
        result = self._results.get(event)
        sighting, store = store_sighting(application, event), application.token("store_id")
        if fresh and sighting is not None and store is not None:
            self._see(short_identifier("store_id", store), sighting)
        device = application.token("device_id")
        return Observation(
            duplicate=not fresh,
            earlier=encode_stored(result) if result is not None else None,
            resubmissions=node.earlier_events(event),
            hits=[
                replace(hit, token=tokens.get(identifier[1:], identifier[1:]))
                for identifier in identifiers
                for hit in self._hits(identifier, time)
            ],
            velocity=around.velocity(),
            person=around.person(),
            neighbours=neighbours,
            links=links,
            device=device_state(self._devices.get(device, ()), time) if device is not None else None,
            sightings=sightings(
                application,
                [self._sightings.get(subject, ()) for subject in recorded_subjects(application)],
                neighbours,
                links,
                around.places(),
            ),
            truncated=list(dict.fromkeys(around.truncated)),
        )

    def _place(
        self, node: Node, application: ApplicationFacts, time: int, event: str, identifiers: Sequence[str]
    ) -> None:
        """Put a new event's application among those of its identifiers; the newest event says what it is like."""
        if (time, event) < (node.time, node.event):
            self._graph.place(node, node.gather(identifiers))
            return
        self._graph.lift(node, node.identifiers)
        node.gather(identifiers)
        node.time, node.event = time, event
        node.application_id = application.application_id
        node.applicant = short_applicant(application.applicant_token)
        node.merchant_id = application.merchant_id or ""
        node.channel = application.channel or ""
        node.amount_cny = application.amount_cny or 0.0
        node.place = application_place(application)
        self._graph.place(node, node.identifiers)
        heappush(self._expiries, (time, "node", node.name))

    def _hits(self, identifier: str, time: int) -> list[ListHit]:
        listed = _LISTED_CODE.get(identifier[0])
        entries = self._lists.get(listed + identifier[1:]) if listed else None
        if not entries:
            return []
        kind = KIND_OF_CODE[identifier[0]]
        return [replace(entry.hit, kind=kind) for entry in entries.values() if entry.hit and entry.holds(time)]

    def _is_listed(self, node: Node) -> bool:
        return any(self._hits(identifier, node.time) for identifier in node.identifiers if identifier[0] != CONTACT)

    def _see(self, subject: str, sighting: SightingRecord) -> None:
        if _put(self._sightings.setdefault(subject, []), sighting, SIGHTINGS_PER_SUBJECT):
            heappush(self._expiries, (sighting.occurred_ms, "sightings", subject))

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
            heappush(self._expiries, (given.occurred_ms, "claim", alert_id))
        alerts = [alert for alert, new in zip(given.result.alerts, new_alerts, strict=True) if new]
        self._results[event] = StoredResult(given.result.decision, alerts, given.result.audit)
        heappush(self._expiries, (given.occurred_ms, "result", event))
        node = self._node(given.application_id, given.occurred_ms)
        if (given.occurred_ms, event) > node.decision_at:
            node.decision, node.decision_at = given.decision_flag, (given.occurred_ms, event)
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
                heappush(self._expiries, (event.occurred_ms, "device", event.device_token))
            sighting = device_sighting(event)
            if sighting is not None:
                for subject in device_subjects(event):
                    self._see(subject, sighting)

    async def put_list_entries(self, entries: Sequence[ListEntryFacts]) -> None:
        """See the protocol."""
        for entry in entries:
            identifier = short_identifier(entry.kind, entry.token)
            changed = (entry.occurred_ms, short_hash(entry.event_id))
            of_identifier = self._lists.setdefault(identifier, {})
            if entry.list not in of_identifier or changed > of_identifier[entry.list].changed:
                of_identifier[entry.list] = _list_entry(entry, changed)
                for node in self._graph.members(identifier):
                    node.listed = self._is_listed(node)

    async def set_labels(self, changes: Sequence[LabelFlagChange]) -> None:
        """See the protocol."""
        for change in changes:
            node = self._node(change.application_id, change.occurred_ms)
            if (change.occurred_ms, _LABEL_RANK[change.flag]) > (node.label_ms, _LABEL_RANK[node.label]):
                node.label, node.label_ms = change.flag, change.occurred_ms

    async def ping(self) -> None:
        """See the protocol."""

    async def close(self) -> None:
        """See the protocol."""

    def _node(self, application_id: str, occurred_ms: int) -> Node:
        """The application, which need not have been observed yet."""
        node = self._graph.node(short_hash(application_id))
        heappush(self._expiries, (occurred_ms, "node", node.name))
        return node

    def _advance(self, now_ms: int) -> None:
        """Drop what the retention has passed by."""
        self._now_ms = max(self._now_ms, now_ms)
        limit = self._now_ms - self._keep_ms
        while self._expiries and self._expiries[0][0] <= limit:
            _, kind, key = heappop(self._expiries)
            if kind == "node":
                node = self._graph.nodes.get(key)
                if node is not None and max(node.time, node.label_ms, node.decision_at[0]) <= limit:
                    self._graph.drop(node)
            elif kind == "result":
                self._results.pop(key, None)
            elif kind == "claim":
                self._claims.pop(key, None)
            else:
                records: dict[str, list[Any]] = self._devices if kind == "device" else self._sightings
                if key in records and records[key][0].occurred_ms <= limit:
                    del records[key]


def _list_entry(entry: ListEntryFacts, changed: tuple[int, str]) -> _Entry:
    if entry.action == "remove":
        return _Entry(changed, None, None)
    expires_ms = epoch_ms(entry.expires_at) if entry.expires_at is not None else None
    hit = ListHit(
        entry.kind,
        entry.token,
        entry.list,
        entry.severity,
        entry.reason,
        entry.source,
        entry.evidence,
        entry.occurred_ms,
        expires_ms,
    )
    return _Entry(changed, expires_ms, hit)


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
