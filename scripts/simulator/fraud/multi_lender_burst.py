"""One person who takes from every lender and shop within a day, before any of them hears of the others."""

from __future__ import annotations

from dataclasses import replace

from scripts.simulator.credit import burst_credit
from scripts.simulator.draw import Draw, Story
from scripts.simulator.people import mobile_phone
from scripts.simulator.typology import Typology
from scripts.simulator.world import SCENES


def story(draw: Draw, size: int) -> Story:
    """The person is shared; some have a second number for every other application."""
    rng = draw.rng
    person = draw.person()
    numbers = [person.phone, mobile_phone(rng)] if rng.random() < 0.3 else [person.phone]
    scenes = rng.sample(SCENES, len(SCENES))
    attempts = []
    for turn, at in enumerate(draw.crooked_times(size)):
        applicant = replace(person, phone=numbers[turn % len(numbers)])
        store = draw.world.store(rng, person.city, scenes[turn % len(scenes)])
        attempt = draw.crooked_attempt(at, applicant, store=store)
        attempt.credit = burst_credit(rng, person.income_monthly_cny, lenders_so_far=turn)
        attempts.append(attempt)
    return Story(attempts)


TYPOLOGY = Typology("multi_lender_burst", story, sizes=(3, 6), spread_h=(2, 20))
