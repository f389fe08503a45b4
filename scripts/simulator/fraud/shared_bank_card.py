"""Several identities, one account the money goes to."""

from __future__ import annotations

from scripts.simulator.draw import Draw, Story
from scripts.simulator.people import bank_card
from scripts.simulator.typology import Typology


def story(draw: Draw, size: int) -> Story:
    """The card is shared, a second one from the sixth member on; all else differs."""
    rng = draw.rng
    cards = [bank_card(rng) for _ in range(1 + size // 6)]
    attempts = []
    for at in draw.crooked_times(size):
        person = draw.crook()
        person.bank_card = rng.choice(cards)
        attempts.append(draw.crooked_attempt(at, person))
    return Story(attempts)


TYPOLOGY = Typology("shared_bank_card", story, sizes=(3, 10), spread_h=(24, 96))
