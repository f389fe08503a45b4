from typing import get_args

import pytest

from models.events import BehaviourCredit, BureauCredit, Credit, OtherCredit, Product, TransactionCredit
from models.features.behaviour import PRODUCT_MAXIMUM_CNY
from tests.builders import application
from tests.builders_network import device_state, features_of, observation


def test_every_product_has_a_maximum() -> None:
    assert set(PRODUCT_MAXIMUM_CNY) == set(get_args(Product))


@pytest.mark.parametrize(("product", "amount", "expected"), [("appliance", 20_000, 1), ("home", 50_000, 0.5)])
def test_the_amount_is_over_the_products_maximum(product: str, amount: float, expected: float) -> None:
    assert features_of(application(product=product, amount_cny=amount))["amount_to_maximum"] == expected


@pytest.mark.parametrize(
    ("income", "to_income", "payment"), [(6_000, 2, 1 / 6), (0, 12_000, 1_000), (None, None, None)]
)
def test_amount_and_monthly_payment_are_over_income(
    income: float | None, to_income: float | None, payment: float | None
) -> None:
    credit = Credit(transaction=TransactionCredit(income_monthly_cny=income))
    features = features_of(application(amount_cny=12_000.0, term_months=12, credit=credit))
    assert features["amount_to_income"] == to_income
    assert features["monthly_payment_to_income"] == (None if payment is None else pytest.approx(payment))
    assert (features["amount_cny"], features["term_months"]) == (12_000, 12)


@pytest.mark.parametrize(("fill_ms", "paste_count"), [(2_500, 7), (None, None)])
def test_how_the_form_was_filled_in_is_passed_on(fill_ms: int | None, paste_count: int | None) -> None:
    features = features_of(application(), observation(device=device_state(fill_ms=fill_ms, paste_count=paste_count)))
    assert (features["form_fill_ms"], features["paste_count"]) == (fill_ms, paste_count)


def test_how_earlier_loans_went_is_passed_on() -> None:
    credit = Credit(
        behaviour=BehaviourCredit(overdue_count_12m=1, on_time_ratio=0.5, collection_calls_30d=3, collection_sms_30d=4),
        bureau=BureauCredit(overdue_days_max_24m=2),
        other=OtherCredit(address_months=5, address_tier=6, contacts_total=7),
    )
    features = features_of(application(credit=credit))
    names = ("overdue_count_12m", "overdue_days_max_24m", "collection_calls_30d", "collection_sms_30d")
    assert [features[name] for name in names] == [1, 2, 3, 4]
    assert features["on_time_ratio"] == 0.5
    assert [features[name] for name in ("address_months", "address_tier", "contacts_total")] == [5, 6, 7]
