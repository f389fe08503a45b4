"""What the link index keeps of device events and places, and what it says about them. Both implementations store these
records, newest first, and derive from them here; so a late application sees what stood at its event time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from models.enrichment import RETENTION_MS, WINDOWS_MS, DeviceState, Sighting
from models.events import DeviceEventKind
from models.facts import ApplicationFacts, DeviceEventFacts, IdentifierKind
from streams.index.layout import short_hash, short_identifier

_HOUR_MS, _DAY_MS, _, _MONTH_MS, _ = WINDOWS_MS

SIGHTED_KINDS: tuple[IdentifierKind, ...] = ("device_id", "phone", "id_number", "store_id")
"""Whose places are remembered."""

_EVENT_CODES: dict[DeviceEventKind, str] = {
    "login": "l",
    "install": "i",
    "form_fill": "f",
    "otp": "o",
    "location": "p",
    "liveness": "v",
    "sim_change": "s",
}
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


class SightingRecord(Struct, frozen=True, array_like=True, gc=False):
    """One place as stored."""

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
    )


def device_sighting(event: DeviceEventFacts) -> SightingRecord | None:
    """Where a device event happened; None when it says nothing of that."""
    if event.gps_cell is None:
        return None
    accuracy = _UNKNOWN if event.gps_accuracy_m is None else event.gps_accuracy_m
    return SightingRecord(
        event.occurred_ms, short_hash(event.event_id), event.gps_cell, accuracy, 1 if event.vpn else 0, ""
    )


def device_subjects(event: DeviceEventFacts) -> list[str]:
    """The identifiers that a device event places: the device, and the phone when it names one."""
    subjects = [short_identifier("device_id", event.device_token)]
    if event.phone_token is not None:
        subjects.append(short_identifier("phone", event.phone_token))
    return subjects


def application_sighting(application: ApplicationFacts, occurred_ms: int, event: str) -> SightingRecord | None:
    """Where an application came from; None when it says nothing of that."""
    place, device = application.place, application.device
    if place is None or place.gps_cell is None:
        return None
    accuracy = _UNKNOWN if place.gps_accuracy_m is None else place.gps_accuracy_m
    vpn = 1 if device is not None and device.vpn else 0
    return SightingRecord(occurred_ms, event, place.gps_cell, accuracy, vpn, application.application_id)


def application_subjects(application: ApplicationFacts) -> list[tuple[IdentifierKind, str]]:
    """The sighted identifiers of an application: kind and identifier, in the order of `SIGHTED_KINDS`."""
    found = [(kind, application.token(kind)) for kind in SIGHTED_KINDS]
    return [(kind, short_identifier(kind, token)) for kind, token in found if token]


def sightings(
    kind: IdentifierKind, records: Iterable[SightingRecord], occurred_ms: int, application_id: str
) -> list[Sighting]:
    """The places of one subject within the retention on either side of event time, newest first, without those of the
    application itself."""
    return [
        Sighting(
            kind,
            record.occurred_ms,
            record.cell,
            None if record.accuracy_m < 0 else record.accuracy_m,
            record.vpn == 1,
            record.application_id,
        )
        for record in records
        if record.application_id != application_id and abs(record.occurred_ms - occurred_ms) < RETENTION_MS
    ]


def device_state(records: Sequence[DeviceRecord], occurred_ms: int) -> DeviceState | None:
    """The state of a device at `occurred_ms` from its newest records, newest first; None when it had no event yet."""
    seen = [record for record in records if record.occurred_ms <= occurred_ms]
    if not seen:
        return None
    month = [record for record in seen if record.occurred_ms > occurred_ms - _MONTH_MS]
    day = [record for record in month if record.occurred_ms > occurred_ms - _DAY_MS]
    fill = next((record for record in day if record.kind == "f"), None)
    return DeviceState(
        first_seen_ms=seen[-1].occurred_ms,
        last_seen_ms=seen[0].occurred_ms,
        events_24h=len(day),
        events_30d=len(month),
        emulator=_any(record.emulator for record in month),
        rooted=_any(record.rooted for record in month),
        vpn=_any(record.vpn for record in month),
        hooked=_any(record.hooked for record in month),
        fill_ms=None if fill is None or fill.fill_ms < 0 else fill.fill_ms,
        paste_count=None if fill is None or fill.paste_count < 0 else fill.paste_count,
        liveness_failures_24h=sum(record.liveness_passed == 0 for record in day),
        sim_changes_30d=sum(record.kind == "s" for record in month),
        otps_1h=sum(record.kind == "o" and record.occurred_ms > occurred_ms - _HOUR_MS for record in day),
        phones_30d=len({record.phone for record in month} - {""}),
    )


def _flag(value: bool | None) -> int:
    return _UNKNOWN if value is None else int(value)


def _any(flags: Iterable[int]) -> bool | None:
    strongest = max(flags, default=_UNKNOWN)
    return None if strongest < 0 else strongest == 1
