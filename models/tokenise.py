"""The edge: raw records in, facts out. Identifiers become tokens, places become cells, and what features need from raw
values is derived here, because past this point nobody sees them again.

All functions are pure: the same record and key give the same facts. Times of records have been checked by whoever
decoded them: they are aware, after 1970 and not far ahead.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, tzinfo

from models.device_likeness import alike, guise, operating_system
from models.events import Application, BlacklistEntry, Device, DeviceEvent, Label, Liveness
from models.facts import (
    ApplicationFacts,
    DeviceEventFacts,
    DeviceFacts,
    Identifier,
    IdentifierKind,
    LabelFacts,
    ListEntryFacts,
    LivenessFacts,
    PlaceFacts,
)
from models.identifiers import Tokeniser, profile
from models.identity import NormalApplicant, identity_facts, normalise_applicant
from models.ip_addresses import IpFacts, read_ip
from models.near.documents import is_masked
from models.near.edge import application_forms, read_list_entry
from models.places import cell, local_time, place_facts, position, sure_of_cell
from models.redaction import redact


class InvalidValueError(ValueError):
    """A value that is needed cannot be used. Says which field by its path, never what stood in it."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}")
        self.path = path
        self.message = message


def tokenise_application(application: Application, tokeniser: Tokeniser, timezone: tzinfo) -> ApplicationFacts:
    """Facts of an application; `timezone` is the lender's, for the age, and for hour and weekday unless the place keeps
    other time (`models.places.local_time`).

    Raises InvalidValueError when the ID number has no letter or digit in it.
    """
    applicant, device = application.applicant, application.device
    lawful = application.occurred_at.astimezone(timezone)
    gps, vpn = (None, False) if device is None else (device.gps, device.vpn is True)
    local = local_time(application.occurred_at, timezone, gps, vpn)
    normal = normalise_applicant(applicant)
    if normal.id_number is None:
        raise InvalidValueError("applicant.id_number", "no letter or digit in it")
    ip = None if device is None or device.ip is None else read_ip(device.ip)
    place = place_facts(gps, applicant.address)
    identifiers = _identifiers(application, normal, ip, place, tokeniser)
    return ApplicationFacts(
        event_id=application.event_id,
        application_id=application.application_id,
        occurred_at=application.occurred_at.astimezone(UTC),
        local_minute=local.hour * 60 + local.minute,
        local_weekday=local.weekday(),
        channel=application.channel,
        product=application.product,
        amount_cny=application.amount_cny,
        term_months=application.term_months,
        applicant_token=identifiers[0].token,
        merchant_id=application.merchant_id,
        store_id=application.store_id,
        sales_rep_id=application.sales_rep_id,
        identifiers=identifiers,
        identity=identity_facts(normal, applicant.contacts, date(lawful.year, lawful.month, lawful.day)),
        device=None if device is None else _device_facts(device, ip),
        place=place,
        liveness=None if application.liveness is None else _liveness_facts(application.liveness),
        credit=application.credit,
        near=application_forms(applicant, normal.id_number, tokeniser),
    )


def tokenise_device_event(event: DeviceEvent, tokeniser: Tokeniser) -> DeviceEventFacts:
    """Facts of a device event."""
    where = None if event.gps is None else position(event.gps.lat, event.gps.lon)
    model = guise(event.model, event.os)
    return DeviceEventFacts(
        event_id=event.event_id,
        occurred_at=event.occurred_at.astimezone(UTC),
        device_token=tokeniser.recurring_token("device_id", event.device_id),
        kind=event.kind,
        phone_token=None if event.phone is None else tokeniser.token_of_raw("phone", event.phone),
        application_id=event.application_id,
        ip_token=None if event.ip is None else tokeniser.token_of_raw("ip", event.ip),
        gps_cell=None if where is None else cell(where),
        gps_accuracy_m=None if event.gps is None or where is None else event.gps.accuracy_m,
        emulator=event.emulator,
        rooted=event.rooted,
        vpn=event.vpn,
        hooked=event.hooked,
        fill_ms=event.fill_ms,
        paste_count=event.paste_count,
        liveness_passed=event.liveness_passed,
        model_token=None if model is None else tokeniser.recurring_token("device_like", model),
    )


def tokenise_list_entry(entry: BlacklistEntry, tokeniser: Tokeniser) -> ListEntryFacts:
    """Facts of a blacklist entry; a raw `value` goes before a `token`. Free text is redacted.

    Raises InvalidValueError when nothing of the value is left, when it is masked and fits anybody, or when it expires
    after the year 9999.
    """
    token, near = read_list_entry(entry, tokeniser)
    if token is None:
        fits_anybody = entry.kind == "id_number" and entry.value is not None and is_masked(entry.value)
        why = "is masked, and fits anybody: give `name`" if fits_anybody else f"is no {entry.kind}"
        raise InvalidValueError("value", why)
    return ListEntryFacts(
        event_id=entry.event_id,
        occurred_at=entry.occurred_at.astimezone(UTC),
        action=entry.action,
        list=entry.list,
        kind=entry.kind,
        token=token,
        reason=redact(entry.reason, entry.value, entry.name),
        severity=entry.severity,
        expires_at=None if entry.expires_at is None else _expiry(entry.expires_at),
        source=redact(entry.source, entry.value, entry.name),
        evidence=redact(entry.evidence, entry.value, entry.name),
        near=near,
    )


def label_facts(label: Label) -> LabelFacts:
    """Facts of a label: all but the note."""
    return LabelFacts(
        event_id=label.event_id,
        application_id=label.application_id,
        occurred_at=label.occurred_at.astimezone(UTC),
        kind=label.kind,
        source=label.source,
        amount_cny=label.amount_cny,
        days=label.days,
        analyst_id=label.analyst_id,
    )


def _identifiers(
    application: Application,
    normal: NormalApplicant,
    ip: IpFacts | None,
    place: PlaceFacts | None,
    tokeniser: Tokeniser,
) -> list[Identifier]:
    """Those that are there: the ID number first, contacts last in the order named. The applicant's own phone is no
    contact of theirs (`contact_is_self` tells)."""
    device, liveness = application.device, application.liveness
    spot = place if sure_of_cell(place) else None
    own: tuple[tuple[IdentifierKind, str | None, Callable[[IdentifierKind, str], str]], ...] = (
        ("id_number", normal.id_number, tokeniser.token),
        ("phone", normal.phone, tokeniser.token),
        ("profile", profile(normal.name, normal.phone), tokeniser.token),
        ("bank_card", normal.bank_card, tokeniser.token),
        ("email", normal.email, tokeniser.token),
        ("address", normal.address, tokeniser.token),
        ("employer", normal.employer, tokeniser.recurring_token),
        ("device_id", None if device is None else device.device_id, tokeniser.recurring_token),
        ("ip", None if ip is None else ip.address, tokeniser.recurring_token),
        ("ip_block", None if ip is None else ip.block, tokeniser.recurring_token),
        ("gps_cell", None if spot is None else spot.gps_cell, tokeniser.recurring_token),
        ("face_id", None if liveness is None else liveness.face_id, tokeniser.token),
        ("merchant_id", application.merchant_id, tokeniser.recurring_token),
        ("store_id", application.store_id, tokeniser.recurring_token),
        ("sales_rep_id", application.sales_rep_id, tokeniser.recurring_token),
        ("gps_area", None if spot is None else spot.gps_area, tokeniser.recurring_token),
        ("device_like", None if device is None else alike(device.model, device.os, spot, ip), tokeniser.token),
    )
    identifiers = [Identifier(kind, token(kind, value)) for kind, value, token in own if value is not None]
    for phone in dict.fromkeys(normal.contact_phones):
        if phone != normal.phone:
            identifiers.append(Identifier("contact_phone", tokeniser.token("contact_phone", phone)))
    return identifiers


def _device_facts(device: Device, ip: IpFacts | None) -> DeviceFacts:
    return DeviceFacts(
        os=None if device.os is None else operating_system(device.os),
        emulator=device.emulator,
        rooted=device.rooted,
        vpn=device.vpn,
        ip_private=None if ip is None else ip.private,
        ip_version=None if ip is None else ip.version,
    )


def _liveness_facts(liveness: Liveness) -> LivenessFacts:
    return LivenessFacts(score=liveness.score, face_match=liveness.face_match, attempts=liveness.attempts)


def _expiry(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise InvalidValueError("expires_at", "is out of range") from None
