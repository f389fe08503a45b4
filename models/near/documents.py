"""What a mainland ID number shows although part of it is masked, and the birth date that a whole one tells."""

from __future__ import annotations

import re
from datetime import date

from models.id_numbers import OLDEST_BIRTH_YEAR
from models.text import compatible

REGION_DIGITS, LAST_CHARACTERS = 3, 4
"""What must be visible at the least: masks that are in use show the first three digits or more and the last four
characters or more (`110***********0038`, `110101********0038`). Together about 340 regions times 10,000."""

_WHOLE = re.compile(r"[0-9]{17}[0-9X]")
_MASK = re.compile(r"[*•●]+|X{4,}|\.{2,}")
"""An X alone may be the check character, and a few may stand in a passport's number."""
_VISIBLE_START = re.compile(r"[0-9]{3,14}$")
_VISIBLE_END = re.compile(r"^[0-9]{3,12}[0-9X]")


def is_masked(raw: str) -> bool:
    """Part of the number is hidden."""
    return _MASK.search(_plain(raw)) is not None


def ends_of(raw: str) -> str | None:
    """The first three digits and the last four characters of a mainland ID number, masked or whole; None when they do
    not show."""
    number = raw if raw.isalnum() else _plain(raw)
    if _WHOLE.fullmatch(number):
        return number[:REGION_DIGITS] + number[-LAST_CHARACTERS:]
    masks = list(_MASK.finditer(number))
    if not masks:
        return None
    start, end = number[: masks[0].start()], number[masks[-1].end() :]
    if not _VISIBLE_START.fullmatch(start) or not _VISIBLE_END.fullmatch(end) or len(start) + len(end) >= 18:
        return None
    return start[:REGION_DIGITS] + end[-LAST_CHARACTERS:]


def _plain(raw: str) -> str:
    return re.sub(r"[\s-]", "", compatible(raw)).upper()


def birth_date_of(number: str) -> date | None:
    """The birth date in a whole, normalised mainland ID number; None when it has none that can be."""
    if not _WHOLE.fullmatch(number):
        return None
    try:
        birth = date.fromisoformat(number[6:14])
    except ValueError:
        return None
    return birth if birth.year >= OLDEST_BIRTH_YEAR else None
