"""Which optional groups of an application are missing."""

from __future__ import annotations

from models.facts import ApplicationFacts, IdentifierKind


def missing_groups(facts: ApplicationFacts) -> list[str]:
    """The contract's paths of the groups that were absent, in the contract's order. Of an absent group that holds
    others (`device`, `credit`) only its own path is named."""
    kinds = {identifier.kind for identifier in facts.identifiers}
    absent = [path for path, kind in _IDENTIFIED if kind not in kinds]
    if "address" not in kinds and (facts.place is None or facts.place.address_cell is None):
        absent.append("applicant.address")
    if "employer" not in kinds and facts.identity.employer_phone_is_own is None:
        absent.append("applicant.employer")
    if facts.identity.contacts is None:
        absent.append("applicant.contacts")
    absent += _device(facts, kinds)
    if facts.liveness is None:
        absent.append("liveness")
    absent += _credit(facts)
    return absent


_IDENTIFIED: tuple[tuple[str, IdentifierKind], ...] = (
    ("merchant_id", "merchant_id"),
    ("store_id", "store_id"),
    ("sales_rep_id", "sales_rep_id"),
    ("applicant.email", "email"),
    ("applicant.bank_card", "bank_card"),
)
_CREDIT = ("credit.bureau", "credit.transaction", "credit.behaviour", "credit.other")


def _device(facts: ApplicationFacts, kinds: set[IdentifierKind]) -> list[str]:
    if facts.device is None:
        return ["device"]
    absent = []
    if "device_id" not in kinds:
        absent.append("device.device_id")
    if "ip" not in kinds:
        absent.append("device.ip")
    if facts.place is None or facts.place.gps_cell is None:
        absent.append("device.gps")
    return absent


def _credit(facts: ApplicationFacts) -> list[str]:
    credit = facts.credit
    if credit is None:
        return ["credit"]
    groups = (credit.bureau, credit.transaction, credit.behaviour, credit.other)
    return [path for path, group in zip(_CREDIT, groups, strict=True) if group is None] if None in groups else []
