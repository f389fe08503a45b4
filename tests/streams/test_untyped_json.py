"""JSON without a type: whether it is JSON, and which number keeps it from being JSON."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.untyped_json import MAX_NESTING, NotFiniteError, NotJsonError, parse, plain_name

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
NUMBERS = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@given(VALUES)
def test_json_is_parsed_as_it_is(value: Any) -> None:
    assert parse(json.dumps(value).encode()) == value


def test_the_path_of_the_first_number_that_is_not_finite_is_told() -> None:
    for raw, path in [
        (b'{"a": {"b": [1, NaN]}, "c": NaN}', "a.b[1]"),
        (b"[Infinity]", "[0]"),
        (b"-Infinity", "$"),
        (b'{"a b": 1e999}', "?"),
        (b'{"a": {"13800000001": 1e999}}', "a.?"),
    ]:
        with pytest.raises(NotFiniteError) as caught:
            parse(raw)
        assert caught.value.path == path


@pytest.mark.parametrize("raw", [b"NaN]", b'{"a": NaN', b"nan", b"+Infinity", b'"\\ud800"', b"\xff NaN", b"[NaN,]"])
def test_json_that_is_broken_otherwise_too_is_not_json(raw: bytes) -> None:
    with pytest.raises(NotJsonError):
        parse(raw)


@pytest.mark.parametrize("inside", [b"", b"NaN"])
def test_nesting_is_allowed_up_to_the_limit(inside: bytes) -> None:
    too_deep = b"[" * (MAX_NESTING + 1) + inside + b"]" * (MAX_NESTING + 1)
    with pytest.raises(NotJsonError):
        parse(too_deep)
    if inside:
        with pytest.raises(NotFiniteError):
            parse(too_deep[1:-1])
    else:
        assert parse(too_deep[1:-1])


def test_a_name_of_64_letters_is_plain_and_a_longer_one_or_a_number_is_not() -> None:
    assert plain_name("a" * 64) == "a" * 64
    assert plain_name("a" * 65) == plain_name("1a") == plain_name("a\n") == plain_name("") == "?"
