"""Entity profiles as profiles.lua packs them: in fixed widths, so that the server can change single records."""

from __future__ import annotations

from functools import cache
from struct import Struct

from models.entities import EntityProfile

_HEAD = Struct(">HIQIIBHBBB")
"""The numbers of a profile, then how many days, bins, recent, labelled and known frauds follow."""
_DAY, _BIN, _RECENT, _LABELLED = "HIQII", "HI", "IQ", "IB"


def read_profile(packed: bytes) -> EntityProfile:
    """The profile that Lua packed. Raises struct.error on bytes that are none."""
    newest_day, applications, cents, frauds, honest, *counts = _HEAD.unpack_from(packed)
    parts: list[list[int]] = []
    at = _HEAD.size
    for record, count in zip((_DAY, _BIN, _RECENT, _LABELLED, _LABELLED), counts, strict=True):
        if not count:
            parts.append([])
            continue
        records = _records(record, count)
        parts.append([*records.unpack_from(packed, at)])
        at += records.size
    return EntityProfile(newest_day, applications, cents, frauds, honest, *parts)


@cache
def _records(record: str, count: int) -> Struct:
    return Struct(">" + record * count)
