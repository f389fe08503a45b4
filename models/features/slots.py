"""Whose past a feature of `amounts` and `label_history` is about."""

from __future__ import annotations

from typing import NamedTuple

from models.facts import IdentifierKind


class Slot(NamedTuple):
    """An entity that an application may name."""

    name: str
    """What the features' names begin with."""
    kind: IdentifierKind
    of: str
    """For the features' meanings."""


PERSON = Slot("person", "id_number", "of the applicant")
MERCHANT = Slot("merchant", "merchant_id", "at the merchant")
SLOTS = (
    PERSON,
    Slot("bank_card", "bank_card", "with the bank card"),
    Slot("phone", "phone", "with the phone"),
    Slot("device", "device_id", "with the device"),
    MERCHANT,
    Slot("store", "store_id", "at the store"),
    Slot("sales_rep", "sales_rep_id", "through the sales rep"),
)
"""One for each of `models.entities.ENTITY_KINDS`."""

MAIN_SLOTS = (PERSON, MERCHANT)
"""Those of whom all is told; of the others, what tells most."""
