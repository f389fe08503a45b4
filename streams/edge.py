"""The edge: bytes in, facts out. Every topic in is read through here, so no raw identifier goes further."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from models.tokenise import InvalidValueError
from streams.codec import Decoded, InvalidRecord, RecordDecoder

F = TypeVar("F")
Take = Callable[[bytes | None, datetime], Decoded[F]]
"""Takes the value of a Kafka record and the time now. Raises InvalidRecord."""


def edge(decoder: RecordDecoder[Any], tokenise: Callable[[Any], F]) -> Take[F]:
    """Decode by the contract, then tokenise. A value that cannot be tokenised is an invalid field."""

    def take(raw: bytes | None, now: datetime) -> Decoded[F]:
        decoded = decoder(raw, now)
        try:
            facts = tokenise(decoded.record)
        except InvalidValueError as error:
            raise InvalidRecord("invalid_field", error.path, error.message) from None
        return Decoded(facts, decoded.unknown)

    return take
