"""Which rows are decided together."""

from __future__ import annotations

from scripts.backtest.engine import STRETCH_MS, STRETCH_ROWS, end_of_stretch


def test_a_stretch_has_so_many_rows_at_most() -> None:
    assert end_of_stretch([5] * STRETCH_ROWS, 0) == STRETCH_ROWS
    assert end_of_stretch([5] * (STRETCH_ROWS + 1), 0) == STRETCH_ROWS
    assert end_of_stretch([5] * (STRETCH_ROWS + 1), STRETCH_ROWS) == STRETCH_ROWS + 1


def test_a_stretch_ends_before_the_row_that_is_so_much_later_than_its_first() -> None:
    moments = [0, 100, 100 + STRETCH_MS - 1, 100 + STRETCH_MS, 100 + STRETCH_MS]
    assert end_of_stretch(moments, 1) == 3
    assert end_of_stretch(moments, 3) == 5
