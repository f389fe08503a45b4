"""Identifiers of a history may be what they are called, or codes that stand for them: a table is often made anonymous
before it is given away. A code is taken as it stands, and tells nothing but whether two rows have the same."""

from __future__ import annotations

import re

from models.identifiers import RawKind, normalise, passes_luhn
from models.phones import read_phone

_MASK = "*"
_MASKED_KINDS: tuple[RawKind, ...] = ("phone", "contact_phone", "bank_card", "email")
_ID_NUMBER = re.compile(r"[0-9]{17}[0-9Xx]|[0-9]{15}")
_CARD = re.compile(r"[0-9][0-9 -]{10,22}[0-9]")


def spelling(kind: RawKind, raw: str) -> str | None:
    """The one spelling of a value. None when nothing is left of it, or it is masked: strangers would be the same."""
    if kind in _MASKED_KINDS and _MASK in raw:
        return None
    normal = normalise(kind, raw) if is_telling(kind, raw) else None
    return normal if normal is not None else raw.strip() or None


def is_telling(kind: RawKind, raw: str) -> bool:
    """The value is itself what its kind says, as far as one can see, and no code."""
    if kind == "id_number":
        return _ID_NUMBER.fullmatch(raw.strip()) is not None
    if kind in ("phone", "contact_phone"):
        return read_phone(normalise(kind, raw)).valid
    if kind == "bank_card":
        return _CARD.fullmatch(raw.strip()) is not None and passes_luhn(normalise(kind, raw) or "")
    if kind == "email":
        return "@" in raw
    return True
