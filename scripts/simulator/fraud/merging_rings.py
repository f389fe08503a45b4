"""Two crews who know nothing of each other, until somebody whom both have bought applies through both."""

from __future__ import annotations

from dataclasses import replace

from scripts.simulator.devices import ordinary_handset
from scripts.simulator.draw import Draw, Story
from scripts.simulator.people import bank_card
from scripts.simulator.places import home_ip, near, random_city, somewhere_in
from scripts.simulator.typology import Typology

LATE = 0.6
"""The one in both applies when this share of the applications, or more, has come."""


def story(draw: Draw, size: int) -> Story:
    """One crew has a phone, its table and its network; the other, in a city of its own, an account for the money. One
    identity, bought by both, is all that leads from one to the other."""
    rng = draw.rng
    first_city, second_city = random_city(rng), random_city(rng)
    table, ip, phone = somewhere_in(rng, first_city), home_ip(rng, first_city), ordinary_handset(rng)
    card = bank_card(rng)
    both = draw.crook(first_city)
    turns = ["first" if turn % 2 else "second" for turn in range(size)]
    through_both = _turns_of_both(turns, rng.uniform(LATE, 0.8))
    attempts = []
    for turn, at in enumerate(draw.crooked_times(size)):
        person = replace(both) if turn in through_both else draw.crook(second_city if turns[turn] == "second" else None)
        if turns[turn] == "first":
            person.handset = phone
        else:
            person.bank_card = card
        attempt = draw.crooked_attempt(at, person, channel=rng.choice(("h5", "app")))
        if turns[turn] == "first":
            attempt.gps = near(rng, table, 20) if rng.random() < 0.6 else None
            attempt.ip = attempt.ip if phone.vpn else ip
        attempts.append(attempt)
    return Story(attempts)


def _turns_of_both(turns: list[str], share: float) -> set[int]:
    """Two turns, one with each crew, from that share of all turns on."""
    start = min(int(len(turns) * share), len(turns) - 2)
    return {start, start + 1}


TYPOLOGY = Typology("merging_rings", story, sizes=(8, 14), spread_h=(24, 120))
