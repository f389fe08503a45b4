"""A person or a place as it can be compared with others that are written differently, in keyed hashes alone."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

NearBasis = Literal["id_number", "birth_date", "address"]
"""What must be equal for a near hit: the visible ends of the ID number, the birth date, the numbers of the address."""

Anchor = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{8}$(?!\n)")]
Part = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{3}$(?!\n)")]
PARTS_MAX = 6


class NearForm(Struct, frozen=True, array_like=True, gc=False):
    """Made by `models.near.forms`."""

    basis: NearBasis
    anchor: Anchor
    """Keyed hash of what must be equal."""
    parts: Annotated[list[Part], Meta(min_length=2, max_length=PARTS_MAX)]
    """Keyed hashes of what may differ a little, in order: characters of the name or of the street."""
