"""How busy the merchant, the store and the sales rep are."""

from __future__ import annotations

from models.features.case import D30, H1, H24, Case, ratio
from models.features.feature import Feature
from models.features.told import applications

HOURS_30D = 720


def _burst_ratio(case: Case) -> float | None:
    merchant = case.velocity.get("merchant_id")
    return ratio(merchant.counts[H1], merchant.counts[D30] / HOURS_30D) if merchant else None


def _sales_rep_share(case: Case) -> float | None:
    rep, merchant = case.velocity.get("sales_rep_id"), case.velocity.get("merchant_id")
    return ratio(rep.counts[H24], merchant.counts[H24]) if rep and merchant else None


FEATURES = (
    Feature(
        "merchant_count_1h",
        "applications",
        "merchant",
        "Applications at the merchant in an hour",
        applications("merchant_id", H1),
    ),
    Feature(
        "merchant_count_24h",
        "applications",
        "merchant",
        "Applications at the merchant in 24 hours",
        applications("merchant_id", H24),
    ),
    Feature(
        "merchant_count_30d",
        "applications",
        "merchant",
        "Applications at the merchant in 30 days",
        applications("merchant_id", D30),
    ),
    Feature(
        "merchant_burst_ratio",
        "ratio",
        "merchant",
        "The merchant's last hour over its average hour of 30 days, which counts as 1 application at least",
        _burst_ratio,
    ),
    Feature(
        "store_count_24h",
        "applications",
        "merchant",
        "Applications at the store in 24 hours",
        applications("store_id", H24),
    ),
    Feature(
        "sales_rep_count_1h",
        "applications",
        "merchant",
        "Applications through the sales rep in an hour",
        applications("sales_rep_id", H1),
    ),
    Feature(
        "sales_rep_count_24h",
        "applications",
        "merchant",
        "Applications through the sales rep in 24 hours",
        applications("sales_rep_id", H24),
    ),
    Feature(
        "sales_rep_count_30d",
        "applications",
        "merchant",
        "Applications through the sales rep in 30 days",
        applications("sales_rep_id", D30),
    ),
    Feature(
        "sales_rep_share_24h",
        "ratio",
        "merchant",
        "The sales rep's applications over the merchant's in 24 hours",
        _sales_rep_share,
    ),
    Feature(
        "merchant_missing",
        "flag",
        "merchant",
        "The application names no merchant",
        lambda case: case.facts.merchant_id is None,
    ),
)
