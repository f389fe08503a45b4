"""Resident identity numbers of mainland China (GB 11643) and, as they are, the numbers of other documents."""

from __future__ import annotations

import re
from datetime import date
from operator import mul
from typing import NamedTuple

from models.regions import province_of_id_number
from models.text import compatible

OLDEST_BIRTH_YEAR = 1900

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_CHARACTERS = "10X98765432"
_ZERO = ord("0") * sum(_WEIGHTS)
_NOT_IN_NUMBERS = re.compile(r"[^\w*]+|_+")
_OLD_STYLE = re.compile(r"[0-9]{15}")
_MAINLAND = re.compile(r"[0-9]{17}[0-9X]")
_MEANT_AS_MAINLAND = re.compile(r"[0-9*]{14,}[0-9X*]")
"""Fifteen digits and more are no other document's number; an asterisk masks a digit."""


class IdNumberFacts(NamedTuple):
    """What an ID number tells. None is unknown."""

    valid: bool | None = None
    """Eighteen characters, plausible birth date, check digit right. None for other documents."""
    age_years: int | None = None
    """Whole years, reached on the birthday (of 29 February: on 1 March in common years)."""
    male: bool | None = None
    province: str | None = None
    """Two-digit GB/T 2260 code."""


def normalise_id_number(raw: str) -> str | None:
    """Upper case, letters and digits only; the old style of 15 digits becomes the 18 that the same person has now."""
    number = compatible(_NOT_IN_NUMBERS.sub("", compatible(raw).upper()))
    if _OLD_STYLE.fullmatch(number):
        body = f"{number[:6]}19{number[6:]}"
        return body + check_character(body)
    return number or None


def check_character(body: str) -> str:
    """The eighteenth character for the seventeen digits before it (ISO 7064, MOD 11-2)."""
    return _CHECK_CHARACTERS[(sum(map(mul, _WEIGHTS, body.encode())) - _ZERO) % 11]


def read_id_number(number: str, today: date) -> IdNumberFacts:
    """Facts about a normalised number on the day of the application."""
    if not _MAINLAND.fullmatch(number):
        meant = _MEANT_AS_MAINLAND.fullmatch(number) is not None
        return IdNumberFacts(valid=False if meant else None)
    birth = _birth_date(number, today)
    return IdNumberFacts(
        valid=birth is not None and check_character(number[:17]) == number[17],
        age_years=None if birth is None else _whole_years(birth, today),
        male=int(number[16]) % 2 == 1,
        province=province_of_id_number(number),
    )


def _birth_date(number: str, today: date) -> date | None:
    try:
        birth = date.fromisoformat(number[6:14])
    except ValueError:
        return None
    return birth if birth.year >= OLDEST_BIRTH_YEAR and birth <= today else None


def _whole_years(birth: date, today: date) -> int:
    return today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))
