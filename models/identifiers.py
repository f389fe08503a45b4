"""Identifiers: one spelling for each value (`normalise`), and the keyed token that stands for it (`Tokeniser`).

Raw values end here. Whoever lists, looks up or compares identifiers normalises them the same way.
"""

from __future__ import annotations

import re
from binascii import b2a_base64
from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256
from typing import Literal, get_args

from models.facts import IdentifierKind
from models.id_numbers import normalise_id_number
from models.ip_addresses import normalise_ip
from models.phones import normalise_phone
from models.text import compatible, without_punctuation, without_spaces

RawKind = Literal[
    "id_number",
    "phone",
    "contact_phone",
    "bank_card",
    "email",
    "address",
    "employer",
    "device_id",
    "ip",
    "face_id",
    "merchant_id",
    "store_id",
    "sales_rep_id",
]
"""The identifier kinds that come as one raw value; the others are derived (`profile`, `ip_block`, `gps_cell`,
`gps_area`, `device_like`)."""

NearDomain = Literal["near id_number", "near birth_date", "near address"]
"""What is tokenised beside identifiers: anchors of `models.near.forms`, which equal no token of any identifier."""

TOKEN_BYTES = 16
TOKEN_CHARACTERS = 22

_MASK = "*"
_NOT_DIGITS = re.compile(r"[^0-9]+")
_LUHN_DOUBLED = bytes.maketrans(b"0123456789", bytes((0, 2, 4, 6, 8, 1, 3, 5, 7, 9)))
_LUHN_AS_IS = bytes.maketrans(b"0123456789", bytes(range(10)))

_DOMAINS: dict[str, str] = {"contact_phone": "phone"}
"""Kinds whose tokens equal those of another kind; any other kind is a domain of its own."""
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_BLOCK_BYTES = 64
"""Of SHA-256."""


def normalise(kind: RawKind, raw: str) -> str | None:
    """The one spelling of a value, or None when nothing is left of it: then it is missing.

    Masked phones, cards and e-mail addresses (`138****0001`) are missing too: they would make strangers the same.
    """
    return _NORMALISERS[kind](raw)


def normalise_name(raw: str) -> str | None:
    """NFKC, lower case, without spaces, middle dots and other punctuation."""
    return without_punctuation(raw) or None


def normalise_email(raw: str) -> str | None:
    """NFKC, lower case, without spaces. Dots and plus parts stay: not every provider ignores them."""
    email = without_spaces(raw)
    return None if _MASK in email else email or None


def normalise_card(raw: str) -> str | None:
    """Digits only. The check digit is not enforced: see `passes_luhn`."""
    text = compatible(raw)
    return None if _MASK in text else _NOT_DIGITS.sub("", text) or None


def normalise_text(raw: str) -> str | None:
    """Address or employer: NFKC, lower case, letters and digits only."""
    return without_punctuation(raw) or None


def normalise_id(raw: str) -> str | None:
    """An id that another system gave: as it is, case and all."""
    return raw.strip() or None


def passes_luhn(card: str) -> bool:
    """The last digit of a card number is its check digit (ISO/IEC 7812, annex B)."""
    digits = card.encode()[::-1]
    return (sum(digits[::2].translate(_LUHN_AS_IS)) + sum(digits[1::2].translate(_LUHN_DOUBLED))) % 10 == 0


def profile(name: str | None, phone: str | None) -> str | None:
    """The value behind the kind `profile`, of a normalised name and phone; None when one of them is missing."""
    return None if name is None or phone is None else f"{name}\0{phone}"


_NORMALISERS: dict[RawKind, Callable[[str], str | None]] = {
    "id_number": normalise_id_number,
    "phone": normalise_phone,
    "contact_phone": normalise_phone,
    "bank_card": normalise_card,
    "email": normalise_email,
    "address": normalise_text,
    "employer": normalise_text,
    "device_id": normalise_id,
    "ip": normalise_ip,
    "face_id": normalise_id,
    "merchant_id": normalise_id,
    "store_id": normalise_id,
    "sales_rep_id": normalise_id,
}


class Tokeniser:
    """Turns normalised values into tokens: HMAC-SHA-256 over the kind and the value, cut to 128 bits, in 22 characters
    of base64url. The same value as another kind has another token, but a contact's phone has that of the phone.
    """

    __slots__ = ("_inner", "_outer", "recurring_token")

    def __init__(self, key: bytes) -> None:
        # HMAC by its definition (RFC 2104): copies of two half-done hashes take 1.2 us, of an hmac object 2.2
        key = (sha256(key).digest() if len(key) > _BLOCK_BYTES else key).ljust(_BLOCK_BYTES, b"\0")
        inner = bytes(byte ^ 0x36 for byte in key)
        self._inner = {
            kind: sha256(inner + f"{_DOMAINS.get(kind, kind)}\0".encode())
            for kind in (*get_args(IdentifierKind), *get_args(NearDomain))
        }
        self._outer = sha256(bytes(byte ^ 0x5C for byte in key))
        self.recurring_token: Callable[[IdentifierKind, str], str] = lru_cache(maxsize=8_192)(self.token)
        """`token` that remembers: for what many applications share, such as merchants, cells and shops' devices."""

    def token(self, kind: IdentifierKind | NearDomain, value: str) -> str:
        """The token of a normalised value."""
        inner = self._inner[kind].copy()
        inner.update(value.encode())
        outer = self._outer.copy()
        outer.update(inner.digest())
        return b2a_base64(outer.digest()[:TOKEN_BYTES])[:TOKEN_CHARACTERS].translate(_URL_SAFE).decode()

    def token_of_raw(self, kind: RawKind, raw: str) -> str | None:
        """The token of a raw value, or None when nothing is left of it."""
        value = normalise(kind, raw)
        return None if value is None else self.token(kind, value)
