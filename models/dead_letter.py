"""Dead letters: inputs that could not be processed (topic `dead-letters`, key: the input's own key).

They alone carry the raw payload, and so may hold personal data; their `repr` shows none of it.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Literal

from msgspec import Struct

from models.events import Time

ErrorCode = Literal[
    "not_json",
    "not_an_object",
    "invalid_field",
    "missing_field",
    "too_large",
    "clock_ahead",
    "internal",
]
WHOLE_RECORD = "$"
"""The path of an error that no single field is to blame for."""


class DeadLetterError(Struct, frozen=True, kw_only=True):
    """What was wrong."""

    code: ErrorCode
    path: str
    """The field, as in `applicant.contacts[1].phone`; `$` is the record as a whole."""
    message: str
    """For people; holds no value of the record."""


class DeadLetter(Struct, frozen=True, kw_only=True):
    """An input that could not be processed, and where it came from."""

    topic: str
    """Full name, with prefix."""
    partition: int
    offset: int
    key: str | None
    """As text; bytes that are not UTF-8 are replaced here, and stand unchanged in the Kafka record's own key."""
    failed_at: Time
    error: DeadLetterError
    payload_base64: str
    """The value as it came; empty when there was none."""

    @classmethod
    def of(
        cls,
        *,
        topic: str,
        partition: int,
        offset: int,
        key: bytes | None,
        failed_at: Time,
        error: DeadLetterError,
        payload: bytes | None,
    ) -> DeadLetter:
        """A dead letter for a Kafka record as it was read."""
        return cls(
            topic=topic,
            partition=partition,
            offset=offset,
            key=None if key is None else key.decode(errors="replace"),
            failed_at=failed_at,
            error=error,
            payload_base64=b64encode(payload or b"").decode(),
        )

    @property
    def payload(self) -> bytes:
        """The value as it came. Raises ValueError (binascii.Error) when the text is not base64."""
        return b64decode(self.payload_base64, validate=True)

    def __repr__(self) -> str:
        return f"<DeadLetter {self.topic}-{self.partition}@{self.offset} {self.error.code}>"
