"""What models see of an application besides numbers: categories of few values. Identifiers are no categories; what is
known of them are features.
"""

from __future__ import annotations

from models.facts import ApplicationFacts

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

CATEGORY_NAMES = (
    "channel",
    "product",
    "local_weekday",
    "id_province",
    "phone_province",
    "phone_segment",
    "device_os",
)
"""Those that every application has, in the order that models keep."""

EXTRA = "extra."
"""What the name of a column starts with that a history has and the contract has no place for."""


def categories(facts: ApplicationFacts) -> dict[str, str | None]:
    """All of `CATEGORY_NAMES`, then the extra ones. None is missing.

    `id_province` and `phone_province` are GB/T 2260 codes, `phone_segment` the first three digits of a mobile number.
    """
    identity = facts.identity
    found: dict[str, str | None] = {
        "channel": facts.channel,
        "product": facts.product,
        "local_weekday": WEEKDAYS[facts.local_weekday],
        "id_province": identity.id_province,
        "phone_province": identity.phone_province,
        "phone_segment": identity.phone_segment,
        "device_os": facts.device.os if facts.device is not None else None,
    }
    if facts.extra is not None:
        for name, value in facts.extra.categorical.items():
            found[EXTRA + name] = value
    return found
