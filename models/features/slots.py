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
    main: bool = False
    """All is told of it; of the others, what tells most."""


SLOTS = (
    Slot("person", "id_number", "of the applicant", main=True),
    Slot("bank_card", "bank_card", "with the bank card"),
    Slot("phone", "phone", "with the phone"),
    Slot("device", "device_id", "with the device"),
    Slot("merchant", "merchant_id", "at the merchant", main=True),
    Slot("store", "store_id", "at the store"),
    Slot("sales_rep", "sales_rep_id", "through the sales rep"),
)
"""One for each of `models.entities.ENTITY_KINDS`."""
