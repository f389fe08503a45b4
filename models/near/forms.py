"""Forms: what of a person or a place can be compared past the edge, where no raw value goes.

A form has an anchor, which must be equal (the visible ends of an ID number, a birth date, the numbers of an address),
and parts, which may differ a little (characters of the name or of the street). Both are keyed hashes, and those of the
parts are salted with the anchor: the same character is another hash with another anchor, so nobody can count surnames.
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Sequence
from datetime import date
from hashlib import blake2b

from models.identifiers import NearDomain, Tokeniser
from models.near.addresses import read_address
from models.near.documents import ends_of
from models.near.form import NearBasis, NearForm
from models.near.names import name_parts

ANCHOR_CHARACTERS = 8
"""48 bits."""
PART_CHARACTERS = 3
"""18 bits, within one anchor."""
LEAST_PARTS = 2
"""One character is no name."""
KEYED_PARTS = 4
"""Keys are made of the last so many parts: a bounded number of keys, whatever the name."""

_DIGEST_BYTES, _DIGEST_CHARACTERS = 3, 4
_DOMAINS: dict[NearBasis, NearDomain] = {
    "id_number": "near id_number",
    "birth_date": "near birth_date",
    "address": "near address",
}
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def person_forms(
    name: str | None, id_number: str | None, birth_date: date | None, tokeniser: Tokeniser
) -> list[NearForm]:
    """Of a name with an ID number, whole or masked, and with a birth date; none without a name."""
    parts = [] if name is None else name_parts(name)
    if len(parts) < LEAST_PARTS:
        return []
    ends = None if id_number is None else ends_of(id_number)
    forms = [] if ends is None else [_form("id_number", ends, parts, tokeniser)]
    if birth_date is not None:
        forms.append(_form("birth_date", birth_date.isoformat(), parts, tokeniser))
    return forms


def address_forms(address: str | None, tokeniser: Tokeniser) -> list[NearForm]:
    """Of an address that has a number and a word in it."""
    place = None if address is None else read_address(address)
    return [] if place is None else [_form("address", place.numbers, place.words, tokeniser)]


def keys_of(form: NearForm) -> list[str]:
    """Where a form is found, in an order of its own: its parts in any order, or all of them but one. Two forms that
    differ in one part share a key. (Deletes on both sides: W. Garbe, "SymSpell", 2012.)"""
    parts, anchor = "".join(sorted(form.parts[-KEYED_PARTS:])), form.anchor
    keys = [parts + anchor]
    if len(parts) > LEAST_PARTS * PART_CHARACTERS:
        for at in range(0, len(parts), PART_CHARACTERS):
            keys.append(parts[:at] + parts[at + PART_CHARACTERS :] + anchor)
    return keys


def _form(basis: NearBasis, anchor: str, parts: Sequence[str], tokeniser: Tokeniser) -> NearForm:
    anchor = tokeniser.token(_DOMAINS[basis], anchor)
    keyed, digests = blake2b(key=anchor.encode(), digest_size=_DIGEST_BYTES), bytearray()
    for part in parts:
        hashed = keyed.copy()
        hashed.update(part.encode())
        digests += hashed.digest()
    text = b2a_base64(digests).translate(_URL_SAFE).decode()
    ends = range(PART_CHARACTERS, _DIGEST_CHARACTERS * len(parts), _DIGEST_CHARACTERS)
    return NearForm(basis, anchor[:ANCHOR_CHARACTERS], [text[end - PART_CHARACTERS : end] for end in ends])
