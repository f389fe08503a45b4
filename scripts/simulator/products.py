"""What is financed: amounts and terms by product."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from models.events import Product


class Terms(NamedTuple):
    minimum_cny: int
    maximum_cny: int
    terms_months: tuple[int, ...]
    weight: int
    """Relative frequency among applications."""


PRODUCTS: dict[Product, Terms] = {
    "appliance": Terms(1_000, 20_000, (6, 9, 12, 18, 24), 42),
    "home": Terms(3_000, 100_000, (12, 24, 36), 14),
    "education": Terms(2_000, 50_000, (6, 12, 18, 24), 16),
    "medical_beauty": Terms(2_000, 60_000, (6, 12, 18, 24), 14),
    "cash": Terms(1_000, 50_000, (3, 6, 12), 14),
}
"""The largest amounts are those of the default policy: who cheats knows them."""


class Request(NamedTuple):
    amount_cny: float
    term_months: int


def random_product(rng: Random) -> Product:
    return rng.choices(list(PRODUCTS), [terms.weight for terms in PRODUCTS.values()])[0]


def affordable_request(rng: Random, product: Product, income_monthly_cny: float) -> Request:
    """What somebody asks who means to repay: seldom much, never over five months' income."""
    terms = PRODUCTS[product]
    wanted_cny = terms.minimum_cny + (terms.maximum_cny - terms.minimum_cny) * rng.betavariate(1.6, 5)
    amount_cny = max(terms.minimum_cny, min(wanted_cny, 5 * income_monthly_cny))
    bearable = [term for term in terms.terms_months if amount_cny / term <= 0.3 * income_monthly_cny]
    return Request(_priced(rng, amount_cny), rng.choice(bearable or terms.terms_months[-1:]))


def greedy_request(rng: Random, product: Product) -> Request:
    """What somebody asks who does not: more, over the longest terms, yet mostly below what draws attention."""
    terms = PRODUCTS[product]
    amount_cny = terms.minimum_cny + (terms.maximum_cny - terms.minimum_cny) * rng.betavariate(4, 3)
    return Request(_priced(rng, amount_cny), rng.choice(terms.terms_months[-2:]))


def _priced(rng: Random, amount_cny: float) -> float:
    """Prices end in 00 or 99."""
    hundreds = max(10, round(amount_cny / 100)) * 100
    return float(hundreds - 1 if rng.random() < 0.4 else hundreds)
