"""People paid to apply in their own name, and told by the same organiser what to write."""

from __future__ import annotations

from scripts.simulator.draw import Draw, Story
from scripts.simulator.people import contact
from scripts.simulator.places import random_city
from scripts.simulator.typology import Typology
from scripts.simulator.world import small_employer


def story(draw: Draw, size: int) -> Story:
    """Contacts are shared, or an employer that is a name and a number, or both; all else is the mules' own."""
    rng = draw.rng
    city = random_city(rng)
    references = [contact(rng, "friend"), contact(rng, "colleague")]
    shell_company = small_employer(rng, city)
    way = rng.choice(("contacts", "employer", "both"))
    attempts = []
    for at in draw.crooked_times(size):
        person = draw.crook(city)
        if way != "employer" or rng.random() < 0.4:
            shared = references if rng.random() < 0.4 else [rng.choice(references)]
            person.contacts = [*person.contacts[:1], *shared]
        if way != "contacts":
            person.employer = shell_company
        attempts.append(draw.crooked_attempt(at, person))
    return Story(attempts)


TYPOLOGY = Typology("identity_mules", story, sizes=(4, 12), spread_h=(24, 120))
