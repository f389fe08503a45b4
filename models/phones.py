"""Phone numbers: E.164, and what their shape tells. Numbers without a country code are mainland ones.

Numbering plan and parsing are libphonenumber's; plain mainland numbers take a short cut that gives the same answers.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumberFormat, PhoneNumberType

from models.regions import province_of_phone
from models.text import compatible

VIRTUAL_OPERATOR_SEGMENTS = frozenset({"162", "165", "167", "170", "171"})
"""Segments that the Ministry of Industry and Information Technology gave to virtual operators."""

_PLAIN = re.compile(r"(?:(?:\+|00)?86)?(1[3-9][0-9]{9})|0([1-9][0-9]{8,10})")
"""A mainland mobile, or a fixed line with its area code."""
_SEPARATORS = str.maketrans("", "", " -")
_MAINLAND_MOBILE = re.compile(r"\+861[3-9][0-9]{9}")
_CHINA: Any = PhoneMetadata.metadata_for_region("CN")
_GIVEN_OUT = re.compile(_CHINA.mobile.national_number_pattern)
"""The mainland's mobile ranges, as libphonenumber has them."""
_MOBILE_PREFIX = 10
"""Characters of `+86` and the seven digits that say whether a mobile number is given out, and where."""
_MASK = "*"


class PhoneFacts(NamedTuple):
    """What a phone number's shape tells. None is unknown."""

    valid: bool
    """The number lies in a range that is given out."""
    mobile: bool | None = None
    province: str | None = None
    """Two-digit GB/T 2260 code."""
    segment: str | None = None
    """First three digits of a mainland mobile."""
    virtual_operator: bool | None = None
    """None for anything but a mainland mobile."""


def normalise_phone(raw: str) -> str | None:
    """E.164 (`+8613800000001`), without any extension. None when it is no number, or masked (`138****0001`): a masked
    number would make strangers the same."""
    plain = _PLAIN.fullmatch(raw) or _PLAIN.fullmatch(compatible(raw).translate(_SEPARATORS))
    if plain is not None:
        return f"+86{plain[1] or plain[2]}"
    return _parse(raw)


def read_phone(phone: str | None) -> PhoneFacts:
    """Facts about a number in E.164; None, what could not be normalised, is an invalid number."""
    if phone is None:
        return PhoneFacts(valid=False)
    if _MAINLAND_MOBILE.fullmatch(phone):
        return _read_mainland_mobile(phone[:_MOBILE_PREFIX])
    return _read_other(phone)


@lru_cache(maxsize=8_192)
def _parse(raw: str) -> str | None:
    if _MASK in compatible(raw):
        return None
    try:
        number = phonenumbers.parse(raw, "CN")
    except phonenumbers.NumberParseException:
        return None
    text: str = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return text


def _read_mainland_mobile(prefix: str) -> PhoneFacts:
    valid = _GIVEN_OUT.fullmatch(prefix[3:] + "0000") is not None
    segment = prefix[3:6]
    return PhoneFacts(
        valid=valid,
        mobile=True if valid else None,
        province=province_of_phone(prefix) if valid else None,
        segment=segment,
        virtual_operator=segment in VIRTUAL_OPERATOR_SEGMENTS,
    )


@lru_cache(maxsize=8_192)
def _read_other(phone: str) -> PhoneFacts:
    number_type = phonenumbers.number_type(phonenumbers.parse(phone))
    if number_type == PhoneNumberType.UNKNOWN:
        return PhoneFacts(valid=False)
    mobile = number_type in (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
    return PhoneFacts(valid=True, mobile=mobile, province=province_of_phone(phone))
