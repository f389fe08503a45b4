"""A sales rep who pushes made-up customers through the shop for the commission, most of them after hours."""

from __future__ import annotations

from scripts.simulator.draw import Draw, Story
from scripts.simulator.people import contact
from scripts.simulator.places import building, near, room
from scripts.simulator.products import PRODUCTS
from scripts.simulator.timeline import CROOKED_HOURS, NIGHT_HOURS
from scripts.simulator.typology import Typology


def story(draw: Draw, size: int) -> Story:
    """Store, rep and nearly the amount are shared; contacts, addresses and the rep's own handsets by some."""
    rng = draw.rng
    store = draw.store()
    rep = rng.choice(store.sales_rep_ids)
    terms = PRODUCTS[store.scene]
    price_cny = round(terms.maximum_cny * rng.uniform(0.9, 0.98), -2)
    references = [contact(rng, "relative"), contact(rng, "friend")]
    address = building(rng, store.city) + room(rng)
    handsets = [draw.crook(store.city).handset for _ in range(2)]
    attempts = []
    for at in draw.times(size, rng.choice((NIGHT_HOURS, CROOKED_HOURS))):
        person = draw.crook(store.city)
        if rng.random() < 0.6:
            person.contacts = [*person.contacts[:1], rng.choice(references)]
        if rng.random() < 0.5:
            person.address = address
        if rng.random() < 0.4:
            person.handset = rng.choice(handsets)
        attempt = draw.crooked_attempt(at, person, channel="store", store=store)
        attempt.sales_rep_id = rep
        attempt.gps = near(rng, store.place, 10)
        amount_cny = min(float(terms.maximum_cny), price_cny + rng.choice((0.0, 0.0, 100.0, -100.0)))
        attempt.request = attempt.request._replace(amount_cny=amount_cny, term_months=terms.terms_months[-1])
        attempts.append(attempt)
    return Story(attempts)


TYPOLOGY = Typology("colluding_sales_rep", story, sizes=(5, 12), spread_h=(6, 48))
