"""Makers of tokenised events with sensible defaults, so that a test says only what it is about.

application("A-2", device_id="d-1")          # shares device d-1 with whoever else says so
application("A-3", at_ms=NOON_MS + 60_000)   # a minute later
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from models.events import Channel, DeviceEventKind, ListedKind
from models.facts import (
    ApplicationFacts,
    DeviceEventFacts,
    DeviceFacts,
    Identifier,
    IdentifierKind,
    IdentityFacts,
    ListEntryFacts,
    PlaceFacts,
)

NOON_MS = 1_795_500_000_000
"""A moment in November 2026, in milliseconds since the epoch: when builders' events happen unless told otherwise."""
MINUTE_MS = 60_000
HOUR_MS = 3_600_000
DAY_MS = 86_400_000

CELL = "8931aa50c17ffff"
"""An H3 cell of resolution 9."""


def moment(epoch_ms: int) -> datetime:
    """The UTC datetime of milliseconds since the epoch, exactly."""
    return datetime.fromtimestamp(epoch_ms // 1000, UTC).replace(microsecond=epoch_ms % 1000 * 1000)


def token(kind: str, value: str) -> str:
    """A stand-in for the edge's keyed token: 22 characters of base64url, equal for equal kind and value. A contact's
    phone has the token of the same number as a phone."""
    kind = "phone" if kind == "contact_phone" else kind
    digest = hashlib.sha256(f"{kind}:{value}".encode()).digest()[:16]
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def application(
    application_id: str = "A-1",
    *,
    event_id: str | None = None,
    at_ms: int = NOON_MS,
    channel: Channel = "h5",
    id_number: str | None = None,
    phone: str | None = None,
    contacts: Sequence[str] = (),
    gps_cell: str | None = None,
    merchant_id: str | None = None,
    store_id: str | None = None,
    sales_rep_id: str | None = None,
    vpn: bool | None = None,
    shared: dict[IdentifierKind, str] | None = None,
    device_id: str | None = None,
    ip: str | None = None,
    bank_card: str | None = None,
    **fields: Any,
) -> ApplicationFacts:
    """A tokenised application. Identifiers are given by raw value; ID number and phone are the application's own when
    not given, all others missing. `shared` gives further kinds, `fields` any other field of `ApplicationFacts`."""
    id_number = id_number or f"id of {application_id}"
    phone = phone or f"phone of {application_id}"
    values: dict[IdentifierKind, str | None] = {
        "id_number": id_number,
        "phone": phone,
        "profile": f"{id_number}/{phone}",
        "bank_card": bank_card,
        "device_id": device_id,
        "ip": ip,
        "merchant_id": merchant_id,
        "store_id": store_id,
        "sales_rep_id": sales_rep_id,
        **(shared or {}),
    }
    identifiers = [Identifier(kind, token(kind, value)) for kind, value in values.items() if value is not None]
    if gps_cell is not None:
        identifiers.append(Identifier("gps_cell", gps_cell))
        fields.setdefault("place", PlaceFacts(gps_cell=gps_cell, gps_accuracy_m=20.0))
    identifiers += [Identifier("contact_phone", token("phone", number)) for number in dict.fromkeys(contacts)]
    if device_id is not None or vpn is not None:
        fields.setdefault("device", DeviceFacts(vpn=vpn))
    defaults: dict[str, Any] = {
        "local_minute": 20 * 60,
        "local_weekday": 1,
        "product": "appliance",
        "amount_cny": 6999.0,
        "term_months": 12,
        "identity": IdentityFacts(),
    }
    return ApplicationFacts(
        event_id=event_id or f"e-{application_id}",
        application_id=application_id,
        occurred_at=moment(at_ms),
        channel=channel,
        applicant_token=token("id_number", id_number),
        merchant_id=merchant_id,
        store_id=store_id,
        sales_rep_id=sales_rep_id,
        identifiers=fields.pop("identifiers", identifiers),
        **(defaults | fields),
    )


def device_event(
    event_id: str = "de-1",
    *,
    device_id: str = "d-1",
    at_ms: int = NOON_MS,
    kind: DeviceEventKind = "login",
    phone: str | None = None,
    **fields: Any,
) -> DeviceEventFacts:
    """A tokenised device event; `fields` are further fields of `DeviceEventFacts`."""
    return DeviceEventFacts(
        event_id=event_id,
        occurred_at=moment(at_ms),
        device_token=token("device_id", device_id),
        kind=kind,
        phone_token=token("phone", phone) if phone is not None else None,
        **fields,
    )


def list_entry(
    kind: ListedKind = "phone",
    value: str = "phone of A-1",
    *,
    event_id: str | None = None,
    at_ms: int = NOON_MS,
    action: Literal["add", "remove"] = "add",
    list_name: str = "own",
    expires_ms: int | None = None,
    **fields: Any,
) -> ListEntryFacts:
    """A tokenised blacklist entry for the identifier of a raw value; `fields` are further fields of
    `ListEntryFacts`."""
    return ListEntryFacts(
        event_id=event_id or f"le-{list_name}-{kind}-{value}-{action}-{at_ms}",
        occurred_at=moment(at_ms),
        action=action,
        list=list_name,
        kind=kind,
        token=token(kind, value),
        expires_at=moment(expires_ms) if expires_ms is not None else None,
        **fields,
    )
