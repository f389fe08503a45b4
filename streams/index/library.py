"""The Valkey Function library of the link index: its Lua files behind constants that come from Python, so that a
bound or a kind is written down once. Its version is the hash of its text and part of every name in it: workers of two
releases find each their own functions on one server."""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path

from models.enrichment import (
    CROWD,
    HOP_TWO_KINDS,
    NEAR_PER_KEY,
    NEIGHBOURS_MAX,
    NEIGHBOURS_PER_IDENTIFIER,
    RETENTION_MS,
    RINGS_MAX,
    SIGHTINGS_PER_SUBJECT,
    UNLINKED_KINDS,
    WEAK_KINDS,
    WINDOWS_MS,
)
from models.entities import (
    BINS_PER_OCTAVE,
    DAY_MS,
    DAYS_KEPT,
    ENTITY_KINDS,
    FRAUD_CODE,
    FRAUDS_KEPT,
    LABELLED_KEPT,
    RECENT_KEPT,
)
from models.facts import IdentifierKind
from models.rings.state import RING_MEMBERS_NAMED
from streams.index.layout import (
    BASE64URL,
    BUCKETS_KEPT,
    BUCKETS_PER_WINDOW,
    CHANNEL_CODES,
    DECISION_CODES,
    DECISION_RANKS,
    DEVICE_EVENTS_KEPT,
    EVENTS_PER_APPLICATION,
    IDENTIFIERS_PER_APPLICATION,
    KIND_CODES,
    LABEL_CODES,
    LIST_BUCKET_CHARACTERS,
    LIST_KINDS,
    NEAR_BUCKET_CHARACTERS,
    NO_CENTS,
    PERSON_KINDS,
    PREFIX_CHARACTERS,
    RING_FOUNDERS,
    RING_ROWS,
    RING_SHARED,
    WHOLE_TOKEN_CHARACTERS,
    WORDS_MAX,
)
from streams.index.records import PLACED_KINDS

_FILES = (
    "storage.lua",
    "lists.lua",
    "near.lua",
    "neighbourhood.lua",
    "profiles.lua",
    "rings.lua",
    "arrival.lua",
    "observe.lua",
    "look.lua",
    "update.lua",
)


def _kind(kind: IdentifierKind, code: str) -> str:
    """One row of the table of kinds: `KINDS[byte of code] = {name = ..., ...}`; what does not apply is absent."""
    listed = LIST_KINDS.get(kind)
    fields = [
        f'name = "{kind}"',
        f'listed = "{KIND_CODES[listed]}"' if listed else "",
        "own = true" if kind != "contact_phone" else "",
        "links = true" if kind not in UNLINKED_KINDS else "",
        "weak = true" if kind in WEAK_KINDS else "",
        "hop_two = true" if kind in HOP_TWO_KINDS else "",
        "placed = true" if kind in PLACED_KINDS else "",
        "entity = true" if kind in ENTITY_KINDS else "",
        f"person = {PERSON_KINDS.index(kind) + 1}" if kind in PERSON_KINDS else "",
        f'namers = "{KIND_CODES["contact_phone"]}"' if kind == "phone" else "",
        f'holders = "{KIND_CODES["phone"]}"' if kind == "contact_phone" else "",
    ]
    return f"  [{ord(code)}] = {{{', '.join(filter(None, fields))}}},"


def _constants() -> str:
    numbers = {
        "RETENTION": RETENTION_MS,
        "PER_IDENTIFIER": NEIGHBOURS_PER_IDENTIFIER,
        "NODES_MAX": NEIGHBOURS_MAX,
        "CROWD": CROWD,
        "RINGS_MAX": RINGS_MAX,
        "RING_FOUNDERS": RING_FOUNDERS,
        "RING_SHARED": RING_SHARED,
        "RING_ROWS": RING_ROWS,
        "RING_NAMED": RING_MEMBERS_NAMED,
        "PREFIX": PREFIX_CHARACTERS,
        "SIGHTINGS_PER_SUBJECT": SIGHTINGS_PER_SUBJECT,
        "DEVICE_EVENTS_KEPT": DEVICE_EVENTS_KEPT,
        "BUCKETS_PER_WINDOW": BUCKETS_PER_WINDOW,
        "BUCKETS_KEPT": BUCKETS_KEPT,
        "EVENTS_PER_APPLICATION": EVENTS_PER_APPLICATION,
        "IDENTIFIERS_PER_APPLICATION": IDENTIFIERS_PER_APPLICATION,
        "NO_CENTS": NO_CENTS,
        "LIST_BUCKET": LIST_BUCKET_CHARACTERS,
        "LIST_REST": WHOLE_TOKEN_CHARACTERS - LIST_BUCKET_CHARACTERS,
        "WORDS_MAX": WORDS_MAX,
        "NEAR_BUCKET": NEAR_BUCKET_CHARACTERS,
        "NEAR_PER_KEY": NEAR_PER_KEY,
        "DAY": DAY_MS,
        "DAYS_KEPT": DAYS_KEPT,
        "RECENT_KEPT": RECENT_KEPT,
        "LABELLED_KEPT": LABELLED_KEPT,
        "FRAUDS_KEPT": FRAUDS_KEPT,
        "BINS_PER_OCTAVE": BINS_PER_OCTAVE,
        "FRAUD_CODE": FRAUD_CODE,
    }
    return "\n".join(
        [
            *(f"local {name} = {value}" for name, value in numbers.items()),
            f'local TOKEN_CHARACTERS = "{BASE64URL}"',
            f"local WINDOWS = {{{', '.join(map(str, WINDOWS_MS))}}}",
            "local CHANNELS = {",
            *(f'  ["{code}"] = "{name}",' for name, code in CHANNEL_CODES.items()),
            "}",
            "local LABEL_RANKS = {",
            *(f'  ["{code}"] = {rank},' for rank, code in enumerate(LABEL_CODES.values())),
            "}",
            "local DECISION_RANKS = {",
            *(f'  ["{code}"] = {DECISION_RANKS[flag]},' for flag, code in DECISION_CODES.items()),
            "}",
            "local KINDS = {",
            *(_kind(kind, code) for kind, code in KIND_CODES.items()),
            "}",
        ]
    )


_BODY = "\n".join([_constants(), *(Path(__file__).with_name(name).read_text("utf-8") for name in _FILES)])

VERSION = blake2b(_BODY.encode(), digest_size=5).hexdigest()

SOURCE = f'#!lua name=tidegate_{VERSION}\nlocal VERSION = "{VERSION}"\n{_BODY}'
"""What `FUNCTION LOAD` takes."""


def function(name: str) -> str:
    """The full name of a function of this library."""
    return f"{name}_{VERSION}"
