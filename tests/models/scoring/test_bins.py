"""Bins: which points a value gets, and which tables are refused."""

from __future__ import annotations

import math

import pytest

from models.scoring.bins import BinnedFeature, compile_points

TWO_EDGES = BinnedFeature("x", (1.0, 3.0), (10.0, 20.0, 30.0), missing=-1.0)


@pytest.mark.parametrize(
    ("value", "points"),
    [(-5.0, 10.0), (0.999, 10.0), (1.0, 20.0), (2.999, 20.0), (3.0, 30.0), (99.0, 30.0), (None, -1.0)],
)
def test_a_value_at_an_edge_is_in_the_bin_above(value: float | None, points: float) -> None:
    assert compile_points([TWO_EDGES])({"x": value}) == [points]


def test_missing_is_neutral_unless_the_table_says_otherwise() -> None:
    assert compile_points([BinnedFeature("x", (1.0,), (5.0, 6.0))])({"x": None}) == [0.0]


def test_points_come_in_the_tables_order() -> None:
    other = BinnedFeature("y", (0.0,), (-7.0, 7.0))
    assert compile_points([other, TWO_EDGES])({"x": 1.0, "y": -1.0}) == [-7.0, 20.0]


@pytest.mark.parametrize(
    ("edges", "points", "problem"),
    [
        ((), (1.0,), "at least one edge"),
        ((2.0, 1.0), (1.0, 2.0, 3.0), "must rise"),
        ((1.0, 1.0), (1.0, 2.0, 3.0), "must rise"),
        ((1.0,), (1.0, 2.0, 3.0), "1 edges make 2 bins; points has 3"),
        ((math.inf,), (1.0, 2.0), "finite"),
        ((1.0,), (1.0, math.nan), "finite"),
    ],
)
def test_a_table_that_makes_no_sense_is_refused(
    edges: tuple[float, ...], points: tuple[float, ...], problem: str
) -> None:
    with pytest.raises(ValueError, match=problem):
        BinnedFeature("x", edges, points)
