"""What a feature is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from models.features.case import Value

Group = Literal[
    "identity",
    "device",
    "location",
    "velocity",
    "multi_lender",
    "network",
    "blacklist",
    "liveness",
    "merchant",
    "behaviour",
    "time",
    "amounts",
    "label_history",
]
Unit = Literal[
    "applicants",
    "applications",
    "characters",
    "CNY",
    "count",
    "days",
    "deviations",
    "flag",
    "h",
    "hour",
    "km",
    "km/h",
    "level",
    "links",
    "m",
    "months",
    "ms",
    "ratio",
    "share",
    "years",
]
"""A `flag` is 0 or 1, a `share` 0 to 1, a `ratio` 0 or more, an `hour` one of the day, 0 up to 24; `deviations` are
standard deviations, below 0 for less than usual."""


@dataclass(frozen=True, slots=True)
class Feature:
    """One number about an application."""

    name: str
    unit: Unit
    group: Group
    meaning: str
    """For the risk team, without a full stop."""
    value: Value
    """None is missing; a bool stands for 0 and 1. Never infinite, never NaN."""
