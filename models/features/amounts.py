"""How the amount compares with what the same applicant, card, device or merchant applied for before."""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter

from models.features.amount_summary import UNUSUAL_Z
from models.features.feature import Feature, Unit
from models.features.slots import SLOTS, Slot

_OF_EVERY_SLOT: tuple[tuple[str, Unit, str, str], ...] = (
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
_OF_MAIN_SLOTS: tuple[tuple[str, Unit, str, str], ...] = (
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
"""Each: the name behind the slot's, the unit, the field of `AmountSummary`, the meaning."""


def usual_amount(features: Mapping[str, float | None]) -> bool | None:
    """Whether the amount was usual for its applicant, by the features frozen when it was decided; None when too little
    was known of the applicant."""
    robust_z = features.get("person_amount_robust_z")
    return None if robust_z is None else robust_z < UNUSUAL_Z


def fields(slot: Slot) -> list[tuple[str, str]]:
    """A slot's features, and the field of `AmountSummary` that each of them is."""
    return [(f"{slot.name}_{name}", field) for name, _, field, _ in _rows(slot)]


def _rows(slot: Slot) -> tuple[tuple[str, Unit, str, str], ...]:
    return _OF_EVERY_SLOT + (_OF_MAIN_SLOTS if slot.main else ())


def _features(slot: Slot) -> list[Feature]:
    return [
        Feature(
            f"{slot.name}_{name}",
            unit,
            "amounts",
            meaning.format(of=slot.of),
            attrgetter(f"amounts.{slot.name}.{field}"),
        )
        for name, unit, field, meaning in _rows(slot)
    ]


FEATURES = tuple(feature for slot in SLOTS for feature in _features(slot))
