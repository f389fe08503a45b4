"""The lists in memory: the counterpart of lists.lua."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from models.enrichment import ListHit, NearCandidate
from models.events import ListedKind
from models.facts import ApplicationFacts, ListEntryFacts, epoch_ms
from streams.index.layout import KIND_CODES, KIND_OF_CODE, LIST_KINDS, list_number, short_hash, short_identifier
from streams.index.near import NearEntries, near_candidates
from streams.index.protocol import ListedEntry

_LISTED_CODE = {KIND_CODES[kind]: KIND_CODES[listed] for kind, listed in LIST_KINDS.items()}


class _Entry(Struct):
    """One list's word on an identifier."""

    changed: tuple[int, str]
    facts: ListEntryFacts
    expires_ms: int | None
    hits: int = 0
    last_hit_ms: int = 0

    def holds(self, time: int) -> bool:
        return self.facts.action == "add" and (self.expires_ms is None or self.expires_ms > time)

    def as_hit(self, kind: str) -> ListHit:
        facts = self.facts
        return ListHit(
            kind,
            facts.token,
            facts.list,
            facts.severity,
            facts.reason,
            facts.source,
            facts.evidence,
            self.changed[0],
            self.expires_ms,
        )


class Lists:
    """All entries, by identifier as the index names it and by list."""

    def __init__(self) -> None:
        self._entries: dict[str, dict[str, _Entry]] = {}
        self._near = NearEntries()

    def put(self, facts: ListEntryFacts) -> bool:
        """Take the entry's word, if it is the newest of its list on its identifier. Returns whether it is."""
        of_identifier = self._entries.setdefault(short_identifier(facts.kind, facts.token), {})
        changed, known = (facts.occurred_ms, short_hash(facts.event_id)), of_identifier.get(facts.list)
        if known is not None and changed <= known.changed:
            return False
        self._near.change(None if known is None else known.facts, facts)
        expires_ms = None if facts.expires_at is None else epoch_ms(facts.expires_at)
        if known is None:
            of_identifier[facts.list] = _Entry(changed, facts, expires_ms)
        else:
            known.changed, known.facts, known.expires_ms = changed, facts, expires_ms
        return True

    def hits(self, identifier: str, time: int, counts: bool = False) -> list[ListHit]:
        """What an application's identifier hits at a time. `counts`: each is counted as a hit."""
        code = _LISTED_CODE.get(identifier[0])
        if code is None or (entries := self._entries.get(code + identifier[1:])) is None:
            return []
        found = [entry for entry in entries.values() if entry.holds(time)]
        if counts:
            for entry in found:
                entry.hits, entry.last_hit_ms = entry.hits + 1, max(entry.last_hit_ms, time)
        kind = KIND_OF_CODE[identifier[0]]
        return [entry.as_hit(kind) for entry in found]

    def hits_of(
        self, identifiers: Iterable[str], tokens: Mapping[str, str], time: int, counts: bool = False
    ) -> list[ListHit]:
        """What the identifiers of an application hit, under its own `tokens`: the whole ones of those that it names."""
        if not self._entries:
            return []
        return [
            replace(hit, token=tokens.get(identifier[1:], identifier[1:]))
            for identifier in identifiers
            for hit in self.hits(identifier, time, counts)
        ]

    def has_any(self, identifiers: Iterable[str], time: int) -> bool:
        """Whether one of the identifiers hits anything."""
        return bool(self._entries) and any(self.hits(each, time) for each in identifiers)

    def near(self, application: ApplicationFacts) -> list[NearCandidate]:
        """The entries that hold and are found under an application's keys of near hits."""
        found = []
        for at, parts, (identifier, _, number) in self._near.under(application):
            for entry in self._entries[identifier].values():
                if list_number(entry.facts.list) == number and entry.holds(application.occurred_ms):
                    found.append((at, parts, entry.as_hit(entry.facts.kind)))
        return near_candidates(application, found)

    def entries(self, kind: ListedKind, token: str) -> list[ListedEntry]:
        """The entries of an identifier that have not been removed."""
        return [
            ListedEntry(
                kind,
                token,
                entry.facts.list,
                entry.facts.severity,
                entry.facts.reason,
                entry.facts.source,
                entry.facts.evidence,
                entry.changed[0],
                entry.expires_ms,
                entry.hits,
                entry.last_hit_ms or None,
            )
            for entry in self._entries.get(short_identifier(kind, token), {}).values()
            if entry.facts.action == "add"
        ]
