"""How `LinkIndex.look` sees an application: the same for both implementations, and read from what look.lua answers."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Callable, Sequence
from struct import Struct as Packed
from typing import NamedTuple

from msgspec import Struct, msgpack

from models.enrichment import RETENTION_MS, UNLINKED_KINDS, Neighbour
from models.recall.seen import Holder, SeenApplication, Shared
from models.rings.state import RING_PREFIX
from streams.index.graph import Graph
from streams.index.layout import (
    CHANNEL_CODES,
    IDENTIFIER_CHARACTERS,
    KIND_CODES,
    KIND_OF_CODE,
    LOAN_CODES,
    short_hash,
)
from streams.index.node import Node

PHONE, CONTACT = KIND_CODES["phone"], KIND_CODES["contact_phone"]
_UNLINKED = {KIND_CODES[kind] for kind in UNLINKED_KINDS}

_NAME, _ENTRY = 11, Packed(">6s11s6s1s")
"""As storage.lua writes an entry: time, node, applicant, channel."""
_FLAGS_AT, _COUNT_AT, _PLACE_AT, _HEAD = 26, 27, 28, 34
"""Behind a node's wire form: flags, number of identifiers, length of the place, and where that begins."""
_LOAN = 36
"""What the loan is multiplied by in the flags."""
_ONE_HOP = b"\x01"
_CHANNELS = {code.encode(): channel for channel, code in CHANNEL_CODES.items()}
_LOANS = {code: loan for loan, code in LOAN_CODES.items()}


class Other(NamedTuple):
    """Who else has an identifier."""

    name: str
    applicant: str
    channel: str


def shared(identifiers: Sequence[str], channel: str, others_of: Callable[[str], Sequence[Other]]) -> list[Shared]:
    """What an application that came by `channel` shares with whom. `others_of` gives those besides it that have an
    identifier, newest first."""
    found: dict[tuple[str, str], list[Other]] = {}
    for identifier in identifiers:
        code, token = identifier[0], identifier[1:]
        if code not in _UNLINKED and code != CONTACT:
            found[KIND_OF_CODE[code], token] = list(others_of(identifier))
        if code in (PHONE, CONTACT):
            namers = others_of(CONTACT + token)
            if code == CONTACT or namers:
                both = {each.name: each for each in (*namers, *others_of(PHONE + token))}
                found["contact_phone", token] = list(both.values())
    return [
        Shared(
            kind,
            token,
            dict(Counter([channel, *(each.channel for each in others)])),
            [Holder(each.name, each.applicant) for each in others],
        )
        for (kind, token), others in found.items()
        if others
    ]


def look_at(graph: Graph, node: Node | None, ring: str) -> SeenApplication | None:
    """An application in memory; None for one that was never observed. `ring`: the name of its ring, empty for none."""
    if node is None or not node.application_id:
        return None

    def others_of(identifier: str) -> list[Other]:
        others = graph.others(identifier, node.time, node).nodes
        return [Other(each.name, each.applicant, each.channel) for each in others]

    return SeenApplication(
        name=node.name,
        application_id=node.application_id,
        occurred_ms=node.time,
        applicant=node.applicant,
        amount_cny=node.amount_cny or 0.0,
        decision=node.decision,
        label=node.label,
        loan=node.loan,
        shared=shared(node.identifiers, node.channel, others_of),
        ring_id=RING_PREFIX + ring if ring else None,
    )


class _Looked(Struct, frozen=True, array_like=True):
    """Of one application, what look.lua answers."""

    name: str
    node: bytes
    stored: list[tuple[str, bytes]]
    """Identifiers, of its own or of another role of the same number, and their entries."""
    ring: str
    """Empty: none."""


_reply_decoder = msgpack.Decoder(list[_Looked | None])
_neighbour_decoder = msgpack.Decoder(Neighbour)


def seen_applications(reply: bytes) -> list[SeenApplication | None]:
    """The applications of an answer, None for one that was never observed."""
    return [None if each is None else _seen(each) for each in _reply_decoder.decode(reply)]


def _seen(looked: _Looked) -> SeenApplication:
    size, entries = looked.node[0], dict(looked.stored)
    head = _neighbour_decoder.decode(b"\x9a" + looked.node[1 : 1 + size] + _ONE_HOP)

    def others_of(identifier: str) -> list[Other]:
        return [
            Other(name.decode(), urlsafe_b64encode(applicant).decode(), _CHANNELS[channel])
            for time, name, applicant, channel in _ENTRY.iter_unpack(entries.get(identifier, b""))
            if abs(int.from_bytes(time) - head.occurred_ms) < RETENTION_MS and name.decode() != looked.name
        ]

    return SeenApplication(
        name=looked.name,
        application_id=head.application_id,
        occurred_ms=head.occurred_ms,
        applicant=head.applicant,
        amount_cny=head.amount_cny,
        decision=head.decision,
        label=head.label,
        loan=_LOANS[looked.node[1 + size + _FLAGS_AT] // _LOAN % len(_LOANS)],
        shared=shared(_identifiers(looked.node[1 + size :]), head.channel, others_of),
        ring_id=RING_PREFIX + looked.ring if looked.ring else None,
    )


def _identifiers(node: bytes) -> list[str]:
    """What stands behind a node's wire form."""
    beginning = _HEAD + node[_PLACE_AT]
    end = beginning + node[_COUNT_AT] * IDENTIFIER_CHARACTERS
    return [node[at : at + IDENTIFIER_CHARACTERS].decode() for at in range(beginning, end, IDENTIFIER_CHARACTERS)]


def holders(stored: bytes | None) -> list[str]:
    """The names of the newest applications of an identifier, newest first, from what is stored of it."""
    if stored is None:
        return []
    if len(stored) == _NAME:
        return [stored.decode()]
    return [name.decode() for _, name, _, _ in _ENTRY.iter_unpack(stored)]


def application_name(application_id: str) -> str:
    """By which name the index knows an application."""
    return short_hash(application_id)
