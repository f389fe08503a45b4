"""List entries as lists.lua stores them, read from outside: for whoever wants all of them."""

from __future__ import annotations

import struct
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from itertools import product
from typing import NamedTuple, get_args

from msgspec import msgpack

from models.events import ListedKind
from streams.index import wire
from streams.index.layout import (
    BASE64URL,
    KIND_CODES,
    LIST_BUCKET_CHARACTERS,
    WHOLE_TOKEN_CHARACTERS,
    short_identifier,
)
from streams.index.list_wire import REMOVED, SEVERITY_OF_STATUS
from streams.index.protocol import ListedEntry
from streams.index.valkey import ValkeyIndex

READ_DEADLINE_MS = 30_000
"""Nobody waits for it; a server that is away longer ends the reading."""

STARTS_AT_ONCE, FIELDS_AT_ONCE = 32, 1000
"""Of 64 buckets each: the applications of workers wait behind so many for a millisecond at most."""
PARTS = len(get_args(ListedKind)) * len(BASE64URL) ** (LIST_BUCKET_CHARACTERS - 1) // STARTS_AT_ONCE
"""How many parts all entries are."""

_REST = WHOLE_TOKEN_CHARACTERS - LIST_BUCKET_CHARACTERS
_FIXED = struct.Struct(">B5s6s11s6s4s")
_HIT = struct.Struct(">I6s")
_words = msgpack.Decoder(tuple[str | None, str | None, str | None])


class StoredEntry(NamedTuple):
    """One entry in a bucket."""

    token: str
    status: int
    """`REMOVED`, or one of `SEVERITY_OF_STATUS`."""
    list: int
    """Its number."""
    changed_ms: int
    expires_ms: int
    """0: never."""
    words: int
    """The number of its words; 0: it has words of its own."""
    record: bytes
    """All of it."""


def read_bucket(start: str, bucket: bytes | None) -> Iterator[StoredEntry]:
    """The entries of a bucket whose tokens start with `start`, removed ones too, in the order in which they came."""
    bucket, at = bucket or b"", 0
    while at < len(bucket):
        size = bucket[at]
        record = bucket[at : at + size]
        status, number, changed, _, expires, words = _FIXED.unpack_from(record, 1 + _REST)
        yield StoredEntry(
            start + record[1 : 1 + _REST].decode(),
            status,
            int.from_bytes(number),
            int.from_bytes(changed),
            int.from_bytes(expires),
            int.from_bytes(words),
            record,
        )
        at += size


class ListReader(ValkeyIndex):
    """An index whose lists are read as a whole."""

    async def entries(self) -> AsyncIterator[list[ListedEntry]]:
        """Every entry that has not been removed, in parts: by kind, and by how tokens start. What changes meanwhile is
        in it or not. Raises IndexUnavailableError."""
        names, hits = await self._hash("T"), await self._hash("H")
        starts = ["".join(each) for each in product(BASE64URL, repeat=LIST_BUCKET_CHARACTERS - 1)]
        for kind in get_args(ListedKind):
            for at in range(0, len(starts), STARTS_AT_ONCE):
                stored = await self._stored(kind, starts[at : at + STARTS_AT_ONCE])
                own = await self._own_words(kind, [each for each in stored if not each.words])
                yield [
                    _listed(kind, each, names, own.get((each.token, each.list)), hits.get(_hit_name(kind, each)))
                    for each in stored
                ]

    async def _stored(self, kind: ListedKind, starts: Sequence[str]) -> list[StoredEntry]:
        asked: list[wire.Request] = [((self._prefix, KIND_CODES[kind], start),) for start in starts]
        found: list[StoredEntry] = []
        replies = await self._call("list_buckets", asked, READ_DEADLINE_MS)
        for start, reply in zip(starts, replies, strict=True):
            for last, bucket in zip(reply[::2], reply[1::2], strict=True):
                found += [each for each in read_bucket(start + last.decode(), bucket) if each.status != REMOVED]
        return found

    async def _own_words(self, kind: ListedKind, stored: Sequence[StoredEntry]) -> dict[tuple[str, int], bytes]:
        names = [f"{self._prefix}X{short_identifier(kind, each.token)}" for each in stored]
        asked = [("HGET", name, each.list) for name, each in zip(names, stored, strict=True)]
        words = await self._round_trip(asked, READ_DEADLINE_MS)
        return {(each.token, each.list): said for each, said in zip(stored, words, strict=True) if said}

    async def _hash(self, name: str) -> dict[bytes, bytes]:
        """All of a hash."""
        found: dict[bytes, bytes] = {}
        cursor = b"0"
        while True:
            scan = ("HSCAN", self._prefix + name, cursor, "COUNT", FIELDS_AT_ONCE)
            ((cursor, part),) = await self._round_trip([scan], READ_DEADLINE_MS)
            found |= zip(part[::2], part[1::2], strict=True)
            if cursor == b"0":
                return found


def _hit_name(kind: ListedKind, entry: StoredEntry) -> bytes:
    return f"{short_identifier(kind, entry.token)}{entry.list}".encode()


def _listed(
    kind: ListedKind, entry: StoredEntry, names: Mapping[bytes, bytes], own: bytes | None, hits: bytes | None
) -> ListedEntry:
    said = own or names[f"w{entry.words}".encode()]
    reason, source, evidence = _words.decode(b"\x93" + said + (b"" if own else b"\xc0"))
    count, last = _HIT.unpack(hits) if hits is not None else (0, b"")
    return ListedEntry(
        kind,
        entry.token,
        msgpack.decode(names[f"l{entry.list}".encode()]),
        SEVERITY_OF_STATUS[entry.status],
        reason,
        source,
        evidence,
        entry.changed_ms,
        entry.expires_ms or None,
        count,
        int.from_bytes(last) or None,
    )
