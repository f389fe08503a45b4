"""How the amount compares with what the same applicant, card, device or merchant applied for before."""

from __future__ import annotations

from collections.abc import Mapping

from models.features.amount_summary import UNUSUAL_Z
from models.features.slot_features import Rows, SlotFeatures

_OF_EVERY_SLOT: Rows = (
    (
        "known_applications",
        "applications",
        "applications",
        "Applications {of} that are remembered, besides this one",
    ),
    ("amount_ratio", "ratio", "ratio", "Amount over the mean amount {of} so far, known frauds left out"),
    (
        "amount_robust_z",
        "deviations",
        "robust_z",
        "Amount less the median amount {of}, in standard deviations as their quartiles have them; known frauds left "
        "out; missing when fewer than 5 amounts are known",
    ),
    (
        "amount_share_above",
        "share",
        "share_above",
        "Share of the amounts {of}, known frauds left out, that are as large as this one or larger",
    ),
)
_OF_MAIN_SLOTS: Rows = (
    ("amount_median_ratio", "ratio", "median_ratio", "Amount over the median amount {of}, known frauds left out"),
    ("amount_ratio_7d", "ratio", "ratio_7d", "Amount over the mean amount {of} in 7 days, known frauds left out"),
    ("amount_ratio_30d", "ratio", "ratio_30d", "Amount over the mean amount {of} in 30 days, known frauds left out"),
    ("amount_sum_7d", "CNY", "sum_7d", "Amounts {of} in 7 days besides this one, known frauds left out"),
    ("amount_sum_30d", "CNY", "sum_30d", "Amounts {of} in 30 days besides this one, known frauds left out"),
    ("recent_amount_ratio", "ratio", "recent_ratio", "Mean of the newest 16 amounts {of} over the mean of all"),
    (
        "recent_amount_max_ratio",
        "ratio",
        "recent_max_ratio",
        "Largest of the newest 16 amounts {of} over the mean of all",
    ),
    (
        "unusual_amounts_14d",
        "count",
        "unusual_14d",
        "Of the newest 16 amounts {of}, those of 14 days that are 3 standard deviations above the median or more",
    ),
    ("unusual_amount_age_d", "days", "unusual_age_d", "Time since the newest of these"),
)
"""Fields of `AmountSummary`."""


def usual_amount(features: Mapping[str, float | None]) -> bool | None:
    """Whether the amount was usual for its applicant, by the features frozen when it was decided; None when too little
    was known of the applicant."""
    robust_z = features.get("person_amount_robust_z")
    return None if robust_z is None else robust_z < UNUSUAL_Z


SLOT_FEATURES = SlotFeatures("amounts", "amounts", _OF_EVERY_SLOT, _OF_MAIN_SLOTS)
FEATURES = SLOT_FEATURES.features
