"""An attempt: one application as its story tells it, before it becomes records of the contract."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from models.events import (
    Address,
    Applicant,
    Application,
    Channel,
    Credit,
    Device,
    DeviceEvent,
    DeviceEventKind,
    Gps,
    Liveness,
    Product,
)
from scripts.simulator.devices import Form, Handset
from scripts.simulator.people import Person
from scripts.simulator.places import Place
from scripts.simulator.products import Request
from scripts.simulator.timeline import DAY_S, local_time
from scripts.simulator.world import Store

PASSED_LIVENESS = 0.6
"""From this score on the liveness check passes."""

NewId = Callable[[str], str]
"""Prefix -> an id nobody else in the run has."""


@dataclass
class Attempt:
    """One application with everything about it that a story may change."""

    person: Person
    at: float
    """Seconds since the epoch."""
    channel: Channel
    product: Product
    store: Store | None
    sales_rep_id: str | None
    request: Request
    handset: Handset | None
    gps: Place | None
    ip: str | None
    liveness: Liveness | None
    credit: Credit
    form: Form
    address_known: bool = True
    own_handset: bool = True
    """False at a kiosk: nobody installs or logs in there."""


def application_of(attempt: Attempt, rng: Random, new_id: NewId) -> Application:
    """The record for the topic `applications`."""
    person = attempt.person
    address = Address(text=person.address, lat=person.home.lat, lon=person.home.lon)
    return Application(
        event_id=new_id("e"),
        application_id=new_id("A"),
        occurred_at=local_time(attempt.at),
        channel=attempt.channel,
        product=attempt.product,
        amount_cny=attempt.request.amount_cny,
        term_months=attempt.request.term_months,
        merchant_id=attempt.store.merchant_id if attempt.store else None,
        store_id=attempt.store.store_id if attempt.store else None,
        sales_rep_id=attempt.sales_rep_id,
        applicant=Applicant(
            name=person.name,
            id_number=person.id_number,
            phone=person.phone,
            email=person.email,
            bank_card=person.bank_card,
            address=address if attempt.address_known else None,
            employer=person.employer,
            contacts=person.contacts or None,
        ),
        device=_device(attempt, rng, new_id),
        liveness=attempt.liveness,
        credit=attempt.credit,
    )


def device_events_of(attempt: Attempt, application_id: str, rng: Random, new_id: NewId) -> list[DeviceEvent]:
    """What was seen of the device before the application: installed, logged in, form filled, face shown."""
    handset = attempt.handset
    if handset is None:
        return []
    events: list[DeviceEvent] = []

    def seen(kind: DeviceEventKind, before_s: float, **more: Any) -> None:
        at = local_time(attempt.at - before_s)
        event = device_event(handset, new_id("e"), at, kind, phone=attempt.person.phone, ip=attempt.ip, **more)
        events.append(event)

    filled_before_s = rng.uniform(20, 180)
    started_before_s = filled_before_s + attempt.form.fill_ms / 1_000
    if attempt.own_handset:
        if rng.random() < 0.5:
            seen("install", started_before_s + rng.uniform(60, 2 * DAY_S))
        if rng.random() < 0.45:
            seen("login", started_before_s + rng.uniform(10, 1_800), gps=_gps(attempt.gps, rng))
        if rng.random() < 0.3:
            seen("otp", started_before_s + rng.uniform(1, 9))
    if rng.random() < 0.9:
        form = {"fill_ms": attempt.form.fill_ms, "paste_count": attempt.form.paste_count}
        seen("form_fill", filled_before_s, application_id=application_id, **form)
    if attempt.liveness is not None and rng.random() < 0.6:
        passed = (attempt.liveness.score or 0) >= PASSED_LIVENESS
        seen("liveness", rng.uniform(5, 19), application_id=application_id, liveness_passed=passed)
    return events


def device_event(handset: Handset, event_id: str, at: Any, kind: DeviceEventKind, **more: Any) -> DeviceEvent:
    """The record for the topic `device-events`, with what the handset gives away about itself."""
    return DeviceEvent(
        event_id=event_id,
        device_id=handset.device_id,
        occurred_at=at,
        kind=kind,
        emulator=handset.emulator,
        rooted=handset.rooted,
        vpn=handset.vpn,
        hooked=handset.hooked,
        model=handset.model,
        os=handset.os,
        **more,
    )


def _device(attempt: Attempt, rng: Random, new_id: NewId) -> Device | None:
    handset = attempt.handset
    if handset is None:
        return Device(ip=attempt.ip) if attempt.ip else None
    return Device(
        device_id=handset.device_id,
        ip=attempt.ip,
        os=handset.os,
        session_id=new_id("s"),
        gps=_gps(attempt.gps, rng),
        emulator=handset.emulator,
        rooted=handset.rooted,
        vpn=handset.vpn,
        model=None if attempt.channel == "h5" and handset.os == "ios" else handset.model,  # browsers do not say
    )


def _gps(place: Place | None, rng: Random) -> Gps | None:
    return None if place is None else Gps(lat=place.lat, lon=place.lon, accuracy_m=float(rng.randint(5, 65)))
