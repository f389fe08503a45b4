"""How the form was filled in, what is asked for, and how earlier loans went."""

from __future__ import annotations

from models.events import Product
from models.features.case import Case, ratio
from models.features.feature import Feature
from models.features.told import Told

PRODUCT_MAXIMUM_CNY: dict[Product, float] = {
    "appliance": 20_000,
    "home": 100_000,
    "education": 50_000,
    "medical_beauty": 60_000,
    "cash": 50_000,
}
"""The largest amount usual in the trade for each product; asking for just about that is a sign of its own."""


def _amount_to_maximum(case: Case) -> float | None:
    facts = case.facts
    if facts.amount_cny is None or facts.product is None:
        return None
    return facts.amount_cny / PRODUCT_MAXIMUM_CNY[facts.product]


def _payment_to_income(case: Case) -> float | None:
    facts = case.facts
    return ratio(ratio(facts.amount_cny, facts.term_months), case.transaction.income_monthly_cny)


FEATURES = (
    Feature(
        "form_fill_ms",
        "ms",
        "behaviour",
        "Time taken to fill in the form, of the last form in 24 hours",
        Told("device_state", "fill_ms"),
    ),
    Feature(
        "paste_count",
        "count",
        "behaviour",
        "Pastes into that form",
        Told("device_state", "paste_count"),
    ),
    Feature("amount_cny", "CNY", "behaviour", "Amount applied for", Told("facts", "amount_cny")),
    Feature(
        "amount_to_maximum",
        "ratio",
        "behaviour",
        "Amount over the product's usual maximum",
        _amount_to_maximum,
    ),
    Feature(
        "amount_to_income",
        "ratio",
        "behaviour",
        "Amount over monthly income; an income below 1 CNY counts as 1",
        lambda case: ratio(case.facts.amount_cny, case.transaction.income_monthly_cny),
    ),
    Feature(
        "monthly_payment_to_income",
        "ratio",
        "behaviour",
        "Amount over term, over monthly income; an income below 1 CNY counts as 1",
        _payment_to_income,
    ),
    Feature("term_months", "months", "behaviour", "Term applied for", Told("facts", "term_months")),
    Feature(
        "overdue_count_12m",
        "count",
        "behaviour",
        "Payments overdue in 12 months",
        Told("behaviour", "overdue_count_12m"),
    ),
    Feature(
        "overdue_days_max_24m",
        "days",
        "behaviour",
        "Longest time overdue in 24 months",
        Told("bureau", "overdue_days_max_24m"),
    ),
    Feature(
        "on_time_ratio",
        "share",
        "behaviour",
        "Share of payments made on time",
        Told("behaviour", "on_time_ratio"),
    ),
    Feature(
        "collection_calls_30d",
        "count",
        "behaviour",
        "Calls from debt collectors in 30 days",
        Told("behaviour", "collection_calls_30d"),
    ),
    Feature(
        "collection_sms_30d",
        "count",
        "behaviour",
        "Messages from debt collectors in 30 days",
        Told("behaviour", "collection_sms_30d"),
    ),
    Feature("address_months", "months", "behaviour", "Time at the address", Told("other", "address_months")),
    Feature("address_tier", "level", "behaviour", "Tier of the city", Told("other", "address_tier")),
    Feature(
        "contacts_total",
        "count",
        "behaviour",
        "Contacts in the phone's address book",
        Told("other", "contacts_total"),
    ),
)
