"""Honest people, most of them ordinary, some in groups that look like rings and are none."""

from __future__ import annotations

from dataclasses import replace

from models.events import Contact
from scripts.simulator.credit import refused_credit
from scripts.simulator.devices import Handset, filled_by_hand, ordinary_handset
from scripts.simulator.draw import OPENING_HOURS, Draw, Story
from scripts.simulator.people import Person, contact
from scripts.simulator.places import building, carrier_ip, home_ip, near, room, somewhere_in
from scripts.simulator.typology import ORDINARY, Typology
from scripts.simulator.world import small_employer

PHONES_LENT = 0.25
"""Share of the friends who apply on one phone."""


def ordinary(draw: Draw, size: int) -> Story:
    """People with nothing to do with each other."""
    return Story([draw.attempt(at, draw.person()) for at in draw.times(size)])


def acquaintances(draw: Draw, size: int) -> Story:
    """Friends in one town: one names the other as a contact, and both apply, each on their own; some on one phone, lent
    by a friend whom nobody names."""
    first = draw.person()
    others = [draw.person(first.city) for _ in range(size - 1)]
    if draw.rng.random() < PHONES_LENT:
        for other in others:
            other.handset = first.handset
    else:
        for other in others:
            first.contacts = [*first.contacts[:2], _named(other, "friend")]
    return Story([draw.attempt(at, person) for at, person in zip(draw.times(size), [first, *others], strict=True)])


def family_phone(draw: Draw, size: int) -> Story:
    """A family with one phone between them, at one address; half of them give one number as well."""
    first = draw.person()
    members = [first] + [draw.person(first.city) for _ in range(size - 1)]
    one_number = draw.rng.random() < 0.5
    for member in members:
        member.home, member.address, member.handset = first.home, first.address, first.handset
        if one_number:
            member.phone = first.phone
    if one_number:
        grandparent = contact(draw.rng, "parent")
        for member in members:
            member.contacts = [grandparent, *member.contacts[1:]]
    else:
        for member in members:
            kin = [_named(other, "spouse" if size == 2 else "relative") for other in members if other is not member]
            member.contacts = [*kin, *member.contacts[1:2]]
    return Story([draw.attempt(at, member) for at, member in zip(draw.times(size), members, strict=True)])


def dormitory(draw: Draw, size: int) -> Story:
    """Dozens in one building behind one address on the network, each with their own phone and friends."""
    rng = draw.rng
    first = draw.person()
    address, ip = building(rng, first.city), home_ip(rng, first.city)
    factory = small_employer(rng, first.city) if rng.random() < 0.5 else None
    attempts = []
    for at in draw.times(size):
        person = draw.person(first.city)
        person.home, person.address = near(rng, first.home, 25), address + room(rng)
        person.income_monthly_cny = float(rng.randrange(2_800, 6_500, 100))
        person.employer = factory
        attempt = draw.attempt(at, person, channel=rng.choice(("h5", "app")))
        if not person.handset.vpn:
            attempt.ip = ip
        if attempt.gps is not None:
            attempt.gps = near(rng, first.home, 30)
        attempts.append(attempt)
    return Story(attempts)


def office(draw: Draw, size: int) -> Story:
    """Colleagues: one employer, one address on the network; some name one another. A quarter of the companies hand
    out phones, all of one model."""
    rng = draw.rng
    city = draw.person().city
    workplace, ip, employer = somewhere_in(rng, city), home_ip(rng, city), small_employer(rng, city)
    company_phone = ordinary_handset(rng) if rng.random() < 0.25 else None
    staff: list[Person] = []
    attempts = []
    for at in draw.times(size):
        person = draw.person(city)
        person.employer = employer
        if staff and rng.random() < 0.2:
            person.contacts = [*person.contacts[:1], _named(rng.choice(staff), "colleague")]
        staff.append(person)
        if company_phone is not None:
            person.handset = replace(company_phone, device_id=person.handset.device_id)
        attempt = draw.attempt(at, person, channel=rng.choice(("h5", "app")))
        if not person.handset.vpn:
            attempt.ip = ip
        if attempt.gps is not None and rng.random() < 0.8:
            attempt.gps = near(rng, workplace, 25)
        attempts.append(attempt)
    return Story(attempts)


def kiosk(draw: Draw, size: int) -> Story:
    """Customers of one busy shop, who apply on the shop's own tablet."""
    rng = draw.rng
    store = draw.store(scene="appliance")
    tablet = Handset(store.kiosk_device_id, "android")
    hours = tuple(1.0 if hour in OPENING_HOURS else 0.0 for hour in range(24))
    attempts = []
    for at in draw.times(size, hours):
        attempt = draw.attempt(at, draw.person(store.city), channel="store", store=store)
        attempt.handset, attempt.own_handset = tablet, False
        attempt.ip, attempt.gps = store.ip, near(rng, store.place, 8)
        attempts.append(attempt)
    return Story(attempts)


def street(draw: Draw, size: int) -> Story:
    """Neighbours along one street whose phones all leave by one address of their carrier; some name one another, and
    some couples share a phone or an address."""
    rng = draw.rng
    first = draw.person()
    ip = carrier_ip(rng, first.city)
    neighbours: list[Person] = []
    attempts = []
    for at in draw.times(size):
        person = draw.person(first.city)
        person.home, person.address = near(rng, first.home, 120), building(rng, first.city) + room(rng)
        if neighbours and rng.random() < 0.1:
            person.contacts = [*person.contacts[:1], _named(rng.choice(neighbours), "friend")]
        if neighbours and rng.random() < 0.06:
            spouse = neighbours.pop()
            person.home, person.address, person.handset = spouse.home, spouse.address, spouse.handset
            person.contacts = [_named(spouse, "spouse"), *person.contacts[1:2]]
        else:
            neighbours.append(person)
        attempt = draw.attempt(at, person, channel=rng.choice(("h5", "app")))
        if not person.handset.vpn:
            attempt.ip = ip
        if attempt.gps is not None:
            attempt.gps = near(rng, person.home, 40)
        attempts.append(attempt)
    return Story(attempts)


def reapplicant(draw: Draw, size: int) -> Story:
    """Somebody who was refused, waits some days, and asks for the same again."""
    person = draw.person()
    first_at, *later = draw.times(size)
    first = draw.attempt(first_at, person)
    first.credit = refused_credit(draw.rng, person.income_monthly_cny)
    return Story([first, *(replace(first, at=at, form=filled_by_hand(draw.rng)) for at in later)])


def _named(person: Person, relation: str) -> Contact:
    return Contact(name=person.name, phone=person.phone, relation=relation)


HONEST = (
    Typology("family_phone", family_phone, sizes=(2, 3), spread_h=(1, 240), share=0.04),
    Typology("dormitory", dormitory, sizes=(24, 48), spread_h=(72, 480), share=0.04),
    Typology("office", office, sizes=(12, 30), spread_h=(72, 720), share=0.03),
    Typology("kiosk", kiosk, sizes=(150, 400), spread_h=(120, 720), share=0.10),
    Typology("street", street, sizes=(20, 60), spread_h=(72, 720), share=0.03),
    Typology("reapplicant", reapplicant, sizes=(2, 3), spread_h=(48, 240), share=0.01),
    Typology(ORDINARY, acquaintances, sizes=(2, 2), spread_h=(1, 480), share=0.015),
)
"""The groups among honest applicants; everybody else is on their own."""

ALONE = Typology(ORDINARY, ordinary, sizes=(1, 1), spread_h=(0, 0), share=1.0)
