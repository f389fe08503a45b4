"""What holds of the codec whatever the bytes are."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.events import EVENT_TYPES
from streams.codec import InvalidRecord, decode

RAW = (Path(__file__).parents[2] / "docs" / "examples" / "applications.json").read_bytes()
FIELDS: dict[str, Any] = json.loads(RAW)
NOW = datetime(2026, 12, 31, tzinfo=UTC)


def application(**fields: Any) -> bytes:
    return json.dumps(FIELDS | fields).encode()


@given(st.binary(max_size=300), st.sampled_from(sorted(EVENT_TYPES)))
def test_whatever_the_bytes_decoding_ends_in_a_record_or_in_an_invalid_record(raw: bytes, topic: str) -> None:
    with pytest.raises(InvalidRecord):
        decode(topic, raw, NOW)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.datetimes().map(lambda t: t.isoformat() + "Z"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([*FIELDS, "added"]), JSON, max_size=4))
def test_whatever_the_fields_hold_decoding_ends_in_a_record_or_in_an_invalid_record(fields: dict[str, Any]) -> None:
    try:
        decoded = decode("applications", application(**fields), NOW)
    except InvalidRecord as error:
        assert error.path.split(".")[0].split("[")[0] in {*FIELDS, "$", "added"}
    else:
        assert {path.split(".")[0] for path in decoded.unknown} <= {*FIELDS, "added"}


@given(JSON.filter(lambda value: "NaN" not in json.dumps(value) and "Infinity" not in json.dumps(value)))
def test_an_unknown_field_changes_nothing_about_the_record(value: Any) -> None:
    with_unknown = decode("applications", application(added=value), NOW)
    assert with_unknown.record == decode("applications", application(), NOW).record
    assert with_unknown.unknown == ("added",)


@given(st.integers(min_value=0), st.data())
def test_a_record_with_one_byte_changed_is_decoded_or_refused(seed: int, data: st.DataObject) -> None:
    raw = bytearray(RAW)
    raw[seed % len(raw)] = data.draw(st.integers(0, 255))
    try:
        decode("applications", bytes(raw), NOW)
    except InvalidRecord as error:
        assert error.message
