"""List entries on their way to the functions in Valkey and back, and as they are stored there."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct, msgpack

from models.enrichment import ListHit
from models.events import ListedKind, Severity
from models.facts import IdentifierKind, ListEntryFacts, epoch_ms
from models.near.form import NearForm
from models.near.forms import keys_of
from streams.index.layout import (
    KEEP_MS,
    KIND_CODES,
    LIST_KINDS,
    TOKEN_CHARACTERS,
    WHOLE_TOKEN_CHARACTERS,
    list_number,
    short_hash,
    short_identifier,
    words_number,
)
from streams.index.protocol import ListedEntry

_KEEP = str(KEEP_MS)
_LISTED_AS: dict[str, IdentifierKind] = {str(kind): listed for kind, listed in LIST_KINDS.items()}
REMOVED = 0
SEVERITY_OF_STATUS: dict[int, Severity] = {1: "low", 2: "medium", 3: "high"}
"""How an entry stands, by its number in lists.lua: removed, or listed with a severity."""
_STATUSES = {severity: status for status, severity in SEVERITY_OF_STATUS.items()}


class _Entry(Struct, frozen=True, array_like=True):
    """What lists.lua answers of one entry."""

    list: str
    severity: Severity
    reason: str | None
    source: str | None
    evidence: str | None
    added_ms: int
    expires_ms: int | None
    hits: int
    last_hit_ms: int | None


_entries_decoder = msgpack.Decoder(list[_Entry])


def put_request(prefix: str, entries: Iterable[ListEntryFacts]) -> tuple[tuple[object, ...]]:
    """Entries to put in one call."""
    return ((prefix, _KEEP, [_entry(each) for each in entries]),)


def listed_request(prefix: str, kind: ListedKind, token: str) -> tuple[tuple[object, ...]]:
    """The entries of one identifier to read."""
    return ((prefix, short_identifier(kind, token)),)


def listed(kind: ListedKind, token: str, reply: bytes) -> list[ListedEntry]:
    """The answer to `listed_request`."""
    return [
        ListedEntry(
            kind,
            token,
            each.list,
            each.severity,
            each.reason,
            each.source,
            each.evidence,
            each.added_ms,
            each.expires_ms,
            each.hits,
            each.last_hit_ms,
        )
        for each in _entries_decoder.decode(reply)
    ]


def counted_hits(hits: Iterable[ListHit]) -> list[tuple[str, int]]:
    """The entries that an application hit, as lists.lua counts hits."""
    return [(short_identifier(_LISTED_AS[hit.kind], hit.token), list_number(hit.list)) for hit in hits]


def _entry(entry: ListEntryFacts) -> tuple[object, ...]:
    removed = entry.action == "remove"
    token = entry.token.ljust(WHOLE_TOKEN_CHARACTERS, "-")
    return (
        (KIND_CODES[entry.kind] + token)[: 1 + TOKEN_CHARACTERS],
        token[TOKEN_CHARACTERS:WHOLE_TOKEN_CHARACTERS],
        list_number(entry.list),
        entry.list,
        REMOVED if removed else _STATUSES[entry.severity],
        entry.occurred_ms,
        short_hash(entry.event_id),
        0 if entry.expires_at is None or removed else epoch_ms(entry.expires_at),
        words_number(entry.reason, entry.source),
        entry.reason,
        entry.source,
        entry.evidence,
        *(() if removed or not entry.near else _near(entry.near)),
    )


def _near(forms: Iterable[NearForm]) -> tuple[str, list[tuple[str, list[str]]]]:
    """The keys that an entry keeps of itself, and what near.lua puts under them. Two forms at most (a person's), 186
    bytes of keys: a record in a bucket has 203 to spare."""
    found = [("".join(form.parts), keys_of(form)) for form in forms]
    return "".join(f"{key}\n" for _, keys in found for key in keys), found
