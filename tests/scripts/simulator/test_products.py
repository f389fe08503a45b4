"""Products: what honest and dishonest people ask for."""

import tomllib
from pathlib import Path
from random import Random
from statistics import median
from typing import get_args

import pytest

from models.events import Product
from scripts.simulator.products import PRODUCTS, affordable_request, greedy_request

POLICY = Path(__file__).parents[3] / "config" / "policy.toml"
INCOME_CNY = 9_000.0


def test_the_largest_amounts_are_those_of_the_default_policy() -> None:
    policy = tomllib.loads(POLICY.read_text())
    maxima = {product: terms.maximum_cny for product, terms in PRODUCTS.items()}
    assert maxima == policy["limits"]["maximum_cny"]


@pytest.mark.parametrize("product", get_args(Product))
def test_requests_are_within_the_products_bounds(product: Product) -> None:
    rng, terms = Random(1), PRODUCTS[product]
    for _ in range(500):
        for request in (affordable_request(rng, product, INCOME_CNY), greedy_request(rng, product)):
            assert terms.minimum_cny - 1 <= request.amount_cny <= terms.maximum_cny
            assert request.term_months in terms.terms_months


def test_honest_people_ask_at_most_five_months_income_and_about_a_price() -> None:
    rng = Random(1)
    amounts = [affordable_request(rng, "home", INCOME_CNY).amount_cny for _ in range(500)]
    assert max(amounts) <= 5 * INCOME_CNY
    assert {amount % 100 for amount in amounts} == {0, 99}


@pytest.mark.parametrize("product", get_args(Product))
def test_crooks_ask_for_more(product: Product) -> None:
    rng = Random(1)
    honest = median(affordable_request(rng, product, INCOME_CNY).amount_cny for _ in range(500))
    greedy = median(greedy_request(rng, product).amount_cny for _ in range(500))
    assert greedy > 1.5 * honest
