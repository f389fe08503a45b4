"""Strangers brought to one room by a broker, who helps them through the form there."""

from __future__ import annotations

from scripts.simulator.draw import Draw, Story
from scripts.simulator.places import home_ip, near, random_city, somewhere_in
from scripts.simulator.typology import Typology


def story(draw: Draw, size: int) -> Story:
    """The room is shared, and its network by most; they live all over the country and use their own phones."""
    rng = draw.rng
    city = random_city(rng)
    rented_room, ip = somewhere_in(rng, city), home_ip(rng, city)
    attempts = []
    for at in draw.crooked_times(size):
        person = draw.crook(city if rng.random() < 0.35 else None)
        attempt = draw.crooked_attempt(at, person, channel=rng.choice(("h5", "app")))
        attempt.gps = near(rng, rented_room, 15)
        if rng.random() < 0.6 and not person.handset.vpn:
            attempt.ip = ip
        attempts.append(attempt)
    return Story(attempts)


TYPOLOGY = Typology("gps_cell_crowd", story, sizes=(5, 12), spread_h=(3, 24))
