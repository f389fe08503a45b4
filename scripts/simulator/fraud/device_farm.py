"""A handful of phones on a table, and bought identities fed through them one after the other."""

from __future__ import annotations

from scripts.simulator.devices import filled_by_machine, ordinary_handset
from scripts.simulator.draw import Draw, Story
from scripts.simulator.places import home_ip, near, random_city, somewhere_in
from scripts.simulator.typology import Typology


def story(draw: Draw, size: int) -> Story:
    """The phones, the table's place and its network are shared; names, numbers, cards and faces are not."""
    rng = draw.rng
    base = random_city(rng)
    table, ips = somewhere_in(rng, base), [home_ip(rng, base) for _ in range(2)]
    phones = [ordinary_handset(rng) for _ in range(max(1, size // 6))]
    for phone in phones:
        phone.rooted = phone.os == "android" and rng.random() < 0.4
    attempts = []
    for at in draw.crooked_times(size):
        person = draw.crook()
        person.handset = rng.choice(phones)
        attempt = draw.crooked_attempt(at, person)
        if not person.handset.vpn:
            attempt.ip = rng.choice(ips)
        attempt.gps = near(rng, table, 20) if rng.random() < 0.6 else None
        if rng.random() < 0.7:
            attempt.form = filled_by_machine(rng)
        attempts.append(attempt)
    return Story(attempts)


TYPOLOGY = Typology("device_farm", story, sizes=(8, 20), spread_h=(12, 72))
