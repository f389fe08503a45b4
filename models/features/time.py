"""When the application was made, in the lender's time zone."""

from __future__ import annotations

from models.features.feature import Feature

NIGHT_FROM_MINUTE = 30
NIGHT_TO_MINUTE = 330
SATURDAY = 5

FEATURES = (
    Feature("local_hour", "hour", "time", "Time of day", lambda case: case.facts.local_minute / 60),
    Feature(
        "night",
        "flag",
        "time",
        "From 00:30 up to 05:30",
        lambda case: NIGHT_FROM_MINUTE <= case.facts.local_minute < NIGHT_TO_MINUTE,
    ),
    Feature("weekend", "flag", "time", "Saturday or Sunday", lambda case: case.facts.local_weekday >= SATURDAY),
)
