"""A stolen account: its owner is at home, and somebody applies in their name from far away within the hour."""

from __future__ import annotations

from dataclasses import replace

from models.events import DeviceEvent, Gps
from scripts.simulator.attempts import device_event
from scripts.simulator.devices import ordinary_handset
from scripts.simulator.draw import Draw, Story
from scripts.simulator.people import Person, bank_card
from scripts.simulator.places import carrier_ip, far_city, near, somewhere_in
from scripts.simulator.timeline import local_time
from scripts.simulator.typology import Typology

FAR_KM = 900
"""Not within the hour by any airline."""


def story(draw: Draw, size: int) -> Story:
    """Name, ID number and phone are the owner's; the device, the place and the card are the thief's."""
    rng = draw.rng
    owner = draw.person()
    thief_city = far_city(rng, owner.city, FAR_KM)
    hideout = somewhere_in(rng, thief_city)
    thief = replace(owner, handset=ordinary_handset(rng), bank_card=bank_card(rng))
    attempts, sightings = [], []
    for at in draw.crooked_times(size):
        attempt = draw.crooked_attempt(at, thief, channel=rng.choice(("h5", "app")))
        attempt.gps, attempt.ip = near(rng, hideout, 100), carrier_ip(rng, thief_city)
        attempt.form = attempt.form._replace(paste_count=rng.randint(1, 5))
        attempts.append(attempt)
        for _ in range(rng.randint(1, 2)):
            sightings.append(_seen_at_home(draw, owner, at - rng.uniform(180, 1_800)))
    return Story(attempts, extra=list(sightings))


def _seen_at_home(draw: Draw, owner: Person, at: float) -> DeviceEvent:
    rng = draw.rng
    place = near(rng, owner.home, 50)
    return device_event(
        owner.handset,
        draw.new_id("e"),
        local_time(at),
        rng.choice(("login", "location")),
        phone=owner.phone,
        ip=carrier_ip(rng, owner.city),
        gps=Gps(lat=place.lat, lon=place.lon, accuracy_m=30),
    )


TYPOLOGY = Typology("account_takeover", story, sizes=(1, 3), spread_h=(0.2, 1.0))
