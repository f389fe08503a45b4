"""Bins of a feature and the index of how far a distribution moved."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.learning.stability import (
    COMMONEST,
    NOT_SEEN,
    NumberBins,
    ValueBins,
    columns,
    missing_share,
    stability_index,
)

NUMBERS = st.lists(st.none() | st.sampled_from([0.0, 1.0, math.inf]) | st.floats(allow_nan=False), max_size=50)
VALUES = st.lists(st.none() | st.sampled_from("abcdefgh"), max_size=50)


@given(NUMBERS, NUMBERS)
def test_every_number_is_in_one_bin_and_missing_ones_in_the_last(
    reference: list[float | None], recent: list[float | None]
) -> None:
    counts = NumberBins.of(reference).count(recent)
    assert counts.sum() == len(recent)
    assert counts[-1] == sum(value is None for value in recent)


@given(VALUES, VALUES)
def test_every_value_is_in_one_bin_and_missing_ones_in_the_last(
    reference: list[str | None], recent: list[str | None]
) -> None:
    counts = ValueBins.of(reference).count(recent)
    assert counts.sum() == len(recent)
    assert counts[-1] == sum(value is None for value in recent)


@given(NUMBERS)
def test_the_same_numbers_have_not_moved(column: list[float | None]) -> None:
    bins = NumberBins.of(column)
    assert stability_index(bins.counts, bins.count(column)) == 0.0


def test_the_index_is_the_textbooks() -> None:
    before, after = np.array([100, 300, 600]), np.array([200, 300, 500])
    shares = [(counts + NOT_SEEN) / (counts + NOT_SEEN).sum() for counts in (before, after)]
    expected = sum((a - b) * math.log(a / b) for b, a in zip(*shares, strict=True))
    assert stability_index(before, after) == pytest.approx(expected)
    assert stability_index(before, after) == pytest.approx(0.1 * math.log(2) + 0.1 * math.log(6 / 5), abs=0.005)


def test_a_constant_that_moves_either_way_has_moved() -> None:
    bins = NumberBins.of([12.0] * 400)
    for moved in (6.0, 24.0):
        assert stability_index(bins.counts, bins.count([moved] * 400)) > 1


def test_ten_equal_bins_of_numbers_that_do_not_repeat() -> None:
    column = [float(value) for value in range(1_000)]
    between = NumberBins.of(column).counts[:-1:2]
    assert len(between) == 10 and set(between.tolist()) <= {99, 100}


def test_what_goes_missing_has_moved() -> None:
    bins = NumberBins.of([float(value) for value in range(400)])
    half: list[float | None] = [float(value) if value % 2 else None for value in range(400)]
    assert missing_share(bins.count(half)) == 0.5
    assert stability_index(bins.counts, bins.count(half)) > 1


def test_only_the_commonest_values_have_bins_of_their_own() -> None:
    bins = ValueBins.of([f"v{number}" for number in range(COMMONEST + 5) for _ in range(number + 1)])
    assert len(bins.values) == COMMONEST
    assert bins.values[0] == f"v{COMMONEST + 4}"
    assert bins.counts[-2] == sum(range(1, 6))


def test_a_name_that_is_not_in_all_rows_is_missing_in_the_others() -> None:
    numbers, values = columns([({"x": 1.0}, {}), ({"y": 2.0}, {"c": "v"})])
    assert (numbers, values) == ({"x": [1.0, None], "y": [None, 2.0]}, {"c": [None, "v"]})
