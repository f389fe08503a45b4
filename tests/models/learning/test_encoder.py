"""From names and values to columns."""

from __future__ import annotations

import math
import pickle
from copy import deepcopy

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.learning.encoder import ANOMALY, CATEGORY_COLUMNS, Encoder


def encoder(**features: float | None) -> Encoder:
    made = Encoder()
    made.notice(features, {"channel": "h5"})
    return made


def test_missing_is_not_a_number_and_not_zero() -> None:
    vector = encoder(amount=None, age=None).encode({"amount": None, "age": 0.0}, {}, None)
    assert np.isnan(vector[:2]).all()
    assert vector[2] == 0.0


def test_what_is_absent_or_infinite_is_missing() -> None:
    assert np.isnan(encoder(amount=1.0, age=1.0).encode({"age": math.inf}, {}, None)[:3]).all()


def test_columns_never_move_when_names_are_added() -> None:
    made = encoder(amount=1.0)
    before = list(made.columns)
    assert made.notice({"amount": 1.0, "late": 2.0}, {"channel": "h5", "product": "cash"})
    assert made.columns[: len(before)] == before
    assert len(made.columns) == len(before) + 1 + CATEGORY_COLUMNS
    assert not made.notice({"amount": 1.0, "late": 2.0}, {"channel": "app"})


def test_names_not_noticed_have_no_column() -> None:
    made = encoder(amount=1.0)
    one = made.encode({"amount": 1.0}, {}, 0.5)
    other = made.encode({"amount": 1.0, "new": 5.0}, {"new": "x"}, 0.5)
    assert one.tolist() == other.tolist()


def test_a_category_is_its_levels_labels_so_far() -> None:
    made = encoder()
    [(name, position)] = made.categories()
    for number in range(200):
        made.count({"channel": "h5" if number % 2 else "api"}, fraud=number % 20 == 0)
    lift, seen = made.encode({}, {"channel": "api"}, None)[position : position + CATEGORY_COLUMNS]
    assert (name, seen) == ("channel", 100.0)
    assert lift > 1.5
    assert made.encode({}, {"channel": "h5"}, None)[position] < 1


def test_categories_have_their_columns_in_the_order_in_which_they_come() -> None:
    encoder = Encoder()
    encoder.notice({}, dict.fromkeys("zebra", "x"))
    assert [name for name, _ in encoder.categories()] == list("zebra")


def test_a_category_has_columns_from_its_first_value_on() -> None:
    encoder = Encoder()
    assert not encoder.notice({}, {"channel": None})
    assert (encoder.columns, encoder.categories()) == ([ANOMALY], [])
    assert encoder.notice({}, {"channel": "h5"})
    assert [name for name, _ in encoder.categories()] == ["channel"]


def test_numbers_too_large_for_single_precision_are_missing() -> None:
    made = encoder(amount=1.0)
    one = made.encode({"amount": 1e300}, {}, None)
    [many] = made.encode_all([{"amount": -1e300}], [{}], [None])
    assert np.isnan([one[1], many[1]]).all()


VALUES = st.none() | st.floats(width=32, allow_nan=False) | st.integers(-(2**40), 2**40)
ROWS = st.lists(st.dictionaries(st.sampled_from("abcde"), VALUES), min_size=1, max_size=6)


@given(ROWS)
def test_many_are_encoded_as_each_is_by_its_names(rows: list[dict[str, float | None]]) -> None:
    made = encoder(a=1.0, b=2.0)
    made.notice(dict.fromkeys("abcd"), {"product": "cash"})
    made.count({"channel": "h5"}, fraud=True)
    kinds = [{"channel": "h5" if row else None} for row in rows]
    anomalies = [row.get("a") for row in rows]
    vectors = made.encode_all(rows, kinds, anomalies)
    for row, kind, anomaly, vector in zip(rows, kinds, anomalies, vectors, strict=True):
        one = made.encode(row, kind, anomaly)
        assert np.array_equal(one, vector, equal_nan=True)
        for column, value in zip(made.columns, one.tolist(), strict=True):
            if column in "abcd":
                told = row.get(column)
                expected = math.nan if told is None or math.isinf(told) else float(np.float32(told))
                assert value == expected or (math.isnan(value) and math.isnan(expected))


def test_a_copy_or_one_from_a_snapshot_encodes_the_same_and_nothing_but_state_is_kept() -> None:
    made = encoder(amount=1.0, age=None)
    expected = made.encode({"amount": 7.0, "age": 3.0}, {"channel": "h5"}, 0.5).tolist()
    for copy in (deepcopy(made), pickle.loads(pickle.dumps(made))):  # noqa: S301 - just made
        assert copy.encode({"amount": 7.0, "age": 3.0}, {"channel": "h5"}, 0.5).tolist() == expected
    assert b"itemgetter" not in pickle.dumps(made)
