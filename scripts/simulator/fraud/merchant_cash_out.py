"""A shop that hands out cash instead of a treatment: its customers borrow in their own name and never repay."""

from __future__ import annotations

from scripts.simulator.draw import Draw, Story
from scripts.simulator.places import near
from scripts.simulator.products import Request
from scripts.simulator.typology import Typology
from scripts.simulator.world import Store, World

CITY_NAMES = ("成都", "武汉", "西安")
"""One shop in each, the same ones in every run: they have honest customers as well."""
CREDIT_PRICES_CNY = range(15_600, 19_300, 300)
"""What the shop's made-up treatments cost: no more than many honest ones do."""
TERM_MONTHS = 24
LUNCH_AND_AFTERNOON_HOURS = (*(0.0,) * 11, *(1.0,) * 6, *(0.0,) * 7)


def story(draw: Draw, size: int) -> Story:
    """The shop, its first sales rep, the term and nearly the amount are shared; people, phones, credit records and
    the way they fill the form are as ordinary as anybody's, because they are their own."""
    rng = draw.rng
    store = rng.choice(colluding_stores(draw.world))
    attempts = []
    for at in draw.times(size, LUNCH_AND_AFTERNOON_HOURS):
        person = draw.person(store.city)
        attempt = draw.attempt(at, person, channel="h5", store=store)
        attempt.sales_rep_id = store.sales_rep_ids[0]
        attempt.request = Request(float(rng.choice(CREDIT_PRICES_CNY)), TERM_MONTHS)
        if attempt.gps is not None and rng.random() < 0.3:
            attempt.gps = near(rng, store.place, 15)
        attempts.append(attempt)
    return Story(attempts)


def colluding_stores(world: World) -> list[Store]:
    return [world.stores_at[city, "medical_beauty"][0] for city in CITY_NAMES]


TYPOLOGY = Typology("merchant_cash_out", story, sizes=(1, 6), spread_h=(12, 96))
