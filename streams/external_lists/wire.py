"""The JSON that a list service is sent, and the JSON it answers with. docs/operations.md has an example of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from models.enrichment import ListHit
from models.events import ListedKind, Severity, Text, Time, Token
from models.facts import Identifier, epoch_ms
from models.redaction import redact
from streams.external_lists.protocol import ListServiceError

HITS_MAX = 1_000


class Asked(Struct, frozen=True):
    """One identifier."""

    kind: str
    token: str


class Question(Struct, frozen=True):
    """The body of the request."""

    identifiers: list[Asked]


class Entry(Struct, frozen=True, kw_only=True):
    """One entry of the service's list; fields that we do not know are ignored."""

    kind: ListedKind
    token: Token
    severity: Severity = "medium"
    reason: Text | None = None
    source: Text | None = None
    evidence: Text | None = None
    added_at: Time | None = None
    expires_at: Time | None = None


class Answer(Struct, frozen=True, kw_only=True):
    """The body of the response: the entries for the identifiers asked about; an empty list says that none is listed."""

    hits: Annotated[list[Entry], Meta(max_length=HITS_MAX)]


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Answer)


def encode_question(identifiers: Sequence[Identifier]) -> bytes:
    """The request's body."""
    return _encoder.encode(Question([Asked(each.kind, each.token) for each in identifiers]))


def decode_answer(body: bytes, identifiers: Sequence[Identifier], list_name: str, asked_ms: int) -> list[ListHit]:
    """The hits of a response; of an entry that does not say since when, since it was asked. Free text is redacted.

    Raises ListServiceError when it is no such JSON, or speaks of what it was not asked about.
    """
    try:
        entries = _decoder.decode(body).hits
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise ListServiceError("garbage", f"not an answer: {error}") from error
    asked = {(each.kind, each.token) for each in identifiers}
    if not all((entry.kind, entry.token) in asked for entry in entries):
        raise ListServiceError("garbage", "it speaks of an identifier that it was not asked about")
    return [_hit(entry, list_name, asked_ms) for entry in entries]


def _hit(entry: Entry, list_name: str, asked_ms: int) -> ListHit:
    return ListHit(
        kind=entry.kind,
        token=entry.token,
        list=list_name,
        severity=entry.severity,
        reason=redact(entry.reason),
        source=redact(entry.source),
        evidence=redact(entry.evidence),
        added_ms=asked_ms if entry.added_at is None else epoch_ms(entry.added_at),
        expires_ms=None if entry.expires_at is None else epoch_ms(entry.expires_at),
    )
