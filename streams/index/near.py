"""Near hits: the keys that an application looks under, and list entries under theirs in memory; the counterpart of
near.lua."""

from __future__ import annotations

from collections.abc import Iterable

from models.enrichment import NEAR_PER_KEY, ListHit, NearCandidate
from models.facts import ApplicationFacts, ListEntryFacts
from models.near.forms import PART_CHARACTERS, keys_of
from streams.index.layout import list_number, short_identifier

EntryName = tuple[str, str, int]
"""Identifier as the index names it, whole token, and the list's number."""


def near_keys(application: ApplicationFacts) -> list[str]:
    """The keys of all of its forms, in their order."""
    return [key for form in application.near for key in keys_of(form)]


def near_candidates(application: ApplicationFacts, found: Iterable[tuple[int, str, ListHit]]) -> list[NearCandidate]:
    """What was found under those keys: each the key's position, the parts of the entry's form, and the entry."""
    bases = [form.basis for form in application.near for _ in keys_of(form)]
    return [NearCandidate(bases[at], _split(parts), hit) for at, parts, hit in found]


def _split(parts: str) -> list[str]:
    return [parts[at : at + PART_CHARACTERS] for at in range(0, len(parts), PART_CHARACTERS)]


class NearEntries:
    """Entries by their keys: of more than `NEAR_PER_KEY` under one those with the first names."""

    def __init__(self) -> None:
        self._entries: dict[str, dict[EntryName, str]] = {}

    def change(self, before: ListEntryFacts | None, after: ListEntryFacts) -> None:
        """Take an entry out from under the keys that it had, and put it under those that it has now."""
        name = entry_name(after)
        for key in _keys(before):
            self._entries.get(key, {}).pop(name, None)
        for form in after.near if after.action == "add" else ():
            for key in keys_of(form):
                under = self._entries.setdefault(key, {})
                under[name] = "".join(form.parts)
                if len(under) > NEAR_PER_KEY:
                    del under[max(under)]

    def under(self, application: ApplicationFacts) -> list[tuple[int, str, EntryName]]:
        """What there is under an application's keys: the key's position, the parts, and the entry; each entry's form
        once."""
        if not self._entries:
            return []
        seen: dict[tuple[EntryName, str], int] = {}
        for at, key in enumerate(near_keys(application)):
            for name, parts in sorted(self._entries.get(key, {}).items()):
                seen.setdefault((name, parts), at)
        return [(at, parts, name) for (name, parts), at in seen.items()]


def entry_name(entry: ListEntryFacts) -> EntryName:
    """What an entry is called under its keys."""
    return short_identifier(entry.kind, entry.token), entry.token, list_number(entry.list)


def _keys(entry: ListEntryFacts | None) -> list[str]:
    return [] if entry is None or entry.action == "remove" else [key for form in entry.near for key in keys_of(form)]
