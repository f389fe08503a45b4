"""What the link index keeps of device events and places, and what it says about them. Both implementations store these
records, newest first, and derive from them here; so a late application sees what stood at its event time.

Where an application came from is kept with the application, and found through what it shares; where a device event
happened, with its device and phone; and where a store is, with the store.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import sqrt

from msgspec import Struct

from models.enrichment import (
    RETENTION_MS,
    SIGHTINGS_PER_SUBJECT,
    WINDOWS_MS,
    DeviceState,
    Link,
    Neighbour,
    Sighting,
)
from models.events import DeviceEventKind
from models.facts import ApplicationFacts, DeviceEventFacts, IdentifierKind
from streams.index.layout import KIND_CODES, short_hash, short_identifier

_HOUR_MS, _DAY_MS, _WEEK_MS, _MONTH_MS, _ = WINDOWS_MS

SIGHTED_KINDS: tuple[IdentifierKind, ...] = ("device_id", "phone", "id_number", "store_id")
"""Whose places are told."""
PLACED_KINDS: tuple[IdentifierKind, ...] = ("device_id", "phone", "id_number")
"""Those that are told by the applications that share them, too."""
_RECORDED_KINDS: tuple[IdentifierKind, ...] = ("device_id", "phone", "store_id")
"""Those that have records of their own: the last one of applications, the others of device events."""

_RECORDED_CODES = tuple(KIND_CODES[kind] for kind in _RECORDED_KINDS)

_EVENT_CODES: dict[DeviceEventKind, str] = {
    "login": "l",
    "install": "i",
    "form_fill": "f",
    "otp": "o",
    "location": "p",
    "liveness": "v",
    "sim_change": "s",
}
_NOTHING = {""}
_UNKNOWN = -1  # Lua tables cannot hold nil, so a missing flag or number is stored as -1


class DeviceRecord(Struct, frozen=True, array_like=True, gc=False):
    """One device event as stored; flags are 1, 0 or -1 for unknown."""

    occurred_ms: int
    event: str
    kind: str
    emulator: int
    rooted: int
    vpn: int
    hooked: int
    fill_ms: int
    paste_count: int
    liveness_passed: int
    phone: str
    model: str = ""


class Place(Struct, frozen=True, array_like=True, gc=False):
    """Where something happened, as stored."""

    cell: str
    accuracy_m: float
    vpn: int


class SightingRecord(Struct, frozen=True, array_like=True, gc=False):
    """A place of one subject as stored."""

    occurred_ms: int
    event: str
    cell: str
    accuracy_m: float
    vpn: int
    application_id: str


def device_record(event: DeviceEventFacts) -> DeviceRecord:
    """What is kept of a device event."""
    return DeviceRecord(
        event.occurred_ms,
        short_hash(event.event_id),
        _EVENT_CODES[event.kind],
        _flag(event.emulator),
        _flag(event.rooted),
        _flag(event.vpn),
        _flag(event.hooked),
        _UNKNOWN if event.fill_ms is None else event.fill_ms,
        _UNKNOWN if event.paste_count is None else event.paste_count,
        _flag(event.liveness_passed),
        (event.phone_token or "")[:8],
        (event.model_token or "")[:4],
    )


def device_sighting(event: DeviceEventFacts) -> SightingRecord | None:
    """Where a device event happened; None when it says nothing of that."""
    if event.gps_cell is None:
        return None
    accuracy_m, vpn = _accuracy(event.gps_accuracy_m), 1 if event.vpn else 0
    return SightingRecord(event.occurred_ms, short_hash(event.event_id), event.gps_cell, accuracy_m, vpn, "")


def device_subjects(event: DeviceEventFacts) -> list[str]:
    """The identifiers that a device event places: the device, and the phone when it names one."""
    subjects = [short_identifier("device_id", event.device_token)]
    if event.phone_token is not None:
        subjects.append(short_identifier("phone", event.phone_token))
    return subjects


def application_place(application: ApplicationFacts) -> Place | None:
    """Where an application came from; None when it says nothing of that."""
    place, device = application.place, application.device
    if place is None or place.gps_cell is None:
        return None
    return Place(place.gps_cell, _accuracy(place.gps_accuracy_m), 1 if device is not None and device.vpn else 0)


def store_sighting(application: ApplicationFacts, event: str) -> SightingRecord | None:
    """Where an application that was made in a store says that the store is; None when it says nothing of that."""
    if application.store_id is None or application.channel != "store":
        return None
    place = application_place(application)
    if place is None:
        return None
    return SightingRecord(
        application.occurred_ms, event, place.cell, place.accuracy_m, place.vpn, application.application_id
    )


def recorded_subjects(identifiers: Sequence[str]) -> list[str]:
    """Of an application's identifiers, as the index names them, those that may have records of places: the first of
    each kind, in a fixed order."""
    first = {each[0]: each for each in reversed(identifiers)}
    return [first[code] for code in _RECORDED_CODES if code in first]


def sightings(
    application: ApplicationFacts,
    records: Sequence[Sequence[SightingRecord]],
    neighbours: Sequence[Neighbour],
    links: Sequence[Link],
    places: Mapping[int, Place],
) -> list[Sighting]:
    """The newest places of each subject of an application within the retention on either side of its event time, newest
    first, its own not among them. `records` are those of `recorded_subjects`, `places` those of the neighbours that
    share one of `PLACED_KINDS`, by their position."""
    if not places and not any(records):
        return []
    found: list[Sighting] = []
    recorded = iter(records)
    own_id, occurred_ms = application.application_id, application.occurred_ms
    for kind in SIGHTED_KINDS:
        token = application.token(kind)
        if not token:
            continue
        of_kind = [
            Sighting(kind, each.occurred_ms, each.cell, _metres(each.accuracy_m), each.vpn == 1, each.application_id)
            for each in (next(recorded, ()) if kind in _RECORDED_KINDS else ())
            if each.application_id != own_id and abs(each.occurred_ms - occurred_ms) < RETENTION_MS
        ]
        if places:
            members = [at for link in links if link.kind == kind and link.token == token for at in link.members]
            from_neighbours = [_sighting(kind, neighbours[at], places[at]) for at in members if at in places]
            if from_neighbours:
                of_kind = sorted(of_kind + from_neighbours, key=_newest_first)
        found += of_kind[:SIGHTINGS_PER_SUBJECT]
    return found


def _sighting(kind: str, neighbour: Neighbour, place: Place) -> Sighting:
    accuracy_m = _metres(place.accuracy_m)
    return Sighting(kind, neighbour.occurred_ms, place.cell, accuracy_m, place.vpn == 1, neighbour.application_id)


def _newest_first(sighting: Sighting) -> tuple[int, str, str]:
    return -sighting.occurred_ms, sighting.application_id, sighting.cell


def device_state(records: Sequence[DeviceRecord], occurred_ms: int) -> DeviceState | None:
    """The state of a device at `occurred_ms` from its newest records, newest first; None when it had no event yet."""
    seen = [record for record in records if record.occurred_ms <= occurred_ms]
    if not seen:
        return None
    month = [record for record in seen if record.occurred_ms > occurred_ms - _MONTH_MS]
    day = [record for record in month if record.occurred_ms > occurred_ms - _DAY_MS]
    kinds = [record.kind for record in month]
    fills = [r for r in month if r.kind == "f" and r.fill_ms >= 0 and r.occurred_ms > occurred_ms - _WEEK_MS]
    fill = next((record for record in day if record.kind == "f"), None)
    return DeviceState(
        first_seen_ms=seen[-1].occurred_ms,
        last_seen_ms=seen[0].occurred_ms,
        events_24h=len(day),
        events_30d=len(month),
        emulator=_any([record.emulator for record in month]),
        rooted=_any([record.rooted for record in month]),
        vpn=_any([record.vpn for record in month]),
        hooked=_any([record.hooked for record in month]),
        fill_ms=None if fill is None or fill.fill_ms < 0 else fill.fill_ms,
        paste_count=None if fill is None or fill.paste_count < 0 else fill.paste_count,
        liveness_failures_24h=[record.liveness_passed for record in day].count(0),
        sim_changes_30d=kinds.count("s"),
        otps_1h=sum([r.kind == "o" and r.occurred_ms > occurred_ms - _HOUR_MS for r in day]) if "o" in kinds else 0,
        phones_30d=len({record.phone for record in month} - _NOTHING),
        models_30d=len({record.model for record in month} - _NOTHING),
        fills_7d=len(fills),
        fill_spread_7d=_spread([record.fill_ms for record in fills]) if len(fills) > 1 else None,
        fill_gap_spread_7d=_spread([one.occurred_ms - other.occurred_ms for one, other in pairwise(fills)])
        if len(fills) > 2
        else None,
    )


def _spread(values: Sequence[int]) -> float:
    """Standard deviation over mean (the coefficient of variation) of values that there are; 0 when all are 0."""
    mean = sum(values) / len(values)
    return sqrt(sum((value - mean) ** 2 for value in values) / len(values)) / mean if mean else 0.0


def _metres(stored: float) -> float | None:
    return None if stored < 0 else float(stored)


def _accuracy(metres: float | None) -> float:
    """As stored: an integer where it is one, which takes less room."""
    if metres is None:
        return _UNKNOWN
    whole = int(metres)
    return whole if whole == metres else metres


def _flag(value: bool | None) -> int:
    return _UNKNOWN if value is None else int(value)


def _any(flags: Sequence[int]) -> bool | None:
    strongest = max(flags, default=_UNKNOWN)
    return None if strongest < 0 else strongest == 1
