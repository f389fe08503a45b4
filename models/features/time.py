"""When the application was made, by the clock at its place, or the lender's where the place is not known."""

from __future__ import annotations

from models.features.feature import Feature
from models.features.told import Told

NIGHT_FROM_MINUTE = 30
NIGHT_TO_MINUTE = 330
SATURDAY = 5

FEATURES = (
    Feature("local_hour", "hour", "time", "Time of day at the place", Told("facts", "local_minute", "value / 60")),
    Feature(
        "night",
        "flag",
        "time",
        "From 00:30 up to 05:30 at the place",
        Told("facts", "local_minute", f"{NIGHT_FROM_MINUTE} <= value < {NIGHT_TO_MINUTE}"),
    ),
    Feature("weekend", "flag", "time", "Saturday or Sunday", Told("facts", "local_weekday", f"value >= {SATURDAY}")),
)
