"""Dead letters keep what came, byte for byte, and show none of it."""

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.dead_letter import DeadLetter, DeadLetterError


def letter(key: bytes | None, payload: bytes | None) -> DeadLetter:
    return DeadLetter.of(
        topic="tidegate.applications",
        partition=3,
        offset=7,
        key=key,
        failed_at=datetime(2026, 11, 24, tzinfo=UTC),
        error=DeadLetterError(code="internal", path="$", message="wrong"),
        payload=payload,
    )


@given(st.binary())
def test_the_payload_comes_back_byte_for_byte(payload: bytes) -> None:
    assert msgspec.json.decode(msgspec.json.encode(letter(b"k", payload)), type=DeadLetter).payload == payload


def test_a_record_without_value_has_an_empty_payload() -> None:
    assert letter(b"k", None).payload == b""


def test_a_missing_key_is_null_and_bytes_that_are_no_text_are_replaced() -> None:
    assert letter(None, b"").key is None
    assert letter(b"", b"").key == ""
    assert letter(b"A\xff", b"").key == "A�"


def test_a_payload_that_is_no_base64_is_an_error() -> None:
    with pytest.raises(ValueError, match="base64"):
        _ = msgspec.structs.replace(letter(b"k", b"x"), payload_base64="!!!!").payload


def test_its_repr_shows_where_it_came_from_and_neither_key_nor_payload() -> None:
    shown = repr(letter(b"phone:13800000001", b"13800000001"))
    assert shown == "<DeadLetter tidegate.applications-3@7 internal>"
