"""A farm whose phones get a new id for every application: a box of one model, in one room, on mobile data."""

from __future__ import annotations

from dataclasses import replace

from scripts.simulator.devices import device_id, filled_by_helper, ordinary_handset
from scripts.simulator.draw import Draw, Story
from scripts.simulator.places import carrier_ip, near, random_city, somewhere_in
from scripts.simulator.typology import Typology


def story(draw: Draw, size: int) -> Story:
    """Model and room are shared; ids, addresses on the network, names, numbers, cards and faces are not. Half of the
    identities are locals', and a person fills in the forms, so neither distance nor speed gives all of them away."""
    rng = draw.rng
    city = random_city(rng)
    room = somewhere_in(rng, city)
    phone = ordinary_handset(rng)
    phone.rooted = phone.vpn = False
    attempts = []
    for at in draw.crooked_times(size):
        person = draw.crook(city if rng.random() < 0.5 else None)
        person.handset = replace(phone, device_id=device_id(rng))
        attempt = draw.crooked_attempt(at, person, channel="app")
        attempt.ip = carrier_ip(rng, city)
        attempt.gps = near(rng, room, 15) if rng.random() < 0.8 else None
        attempt.form = filled_by_helper(rng)
        attempts.append(attempt)
    return Story(attempts)


TYPOLOGY = Typology("resetting_farm", story, sizes=(8, 16), spread_h=(96, 168))
