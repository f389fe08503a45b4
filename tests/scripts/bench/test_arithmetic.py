"""Quantiles, ratios, rates and the schedule of an open loop."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.bench.arithmetic import due_s, late_ms, median_ratio, quantile, rate_per_s, warmed_up

values = st.lists(st.floats(0, 1e6), min_size=1, max_size=200)


def test_a_quantile_is_a_value_that_occurred() -> None:
    assert quantile([1.0, 2.0, 3.0, 4.0], 0.5) == 2.0
    assert quantile([1.0, 2.0, 3.0, 4.0], 0.51) == 3.0


def test_p999_of_a_thousand_values_is_the_second_longest() -> None:
    ordered = [float(number) for number in range(1, 1_001)]
    assert quantile(ordered, 0.999) == 999.0
    assert quantile(ordered, 0.9991) == 1_000.0


@given(values, st.floats(0, 1))
def test_so_large_a_share_does_not_exceed_its_quantile(given_values: list[float], share: float) -> None:
    ordered = sorted(given_values)
    found = quantile(ordered, share)
    assert found in ordered
    assert sum(value <= found for value in ordered) >= share * len(ordered)


@given(values)
def test_the_ends_are_the_shortest_and_the_longest(given_values: list[float]) -> None:
    ordered = sorted(given_values)
    assert (quantile(ordered, 0.0), quantile(ordered, 1.0)) == (ordered[0], ordered[-1])


def test_of_no_values_there_is_no_quantile() -> None:
    with pytest.raises(ValueError, match="no values"):
        quantile([], 0.5)


def test_a_run_in_which_the_whole_machine_was_slow_does_not_move_the_ratio() -> None:
    assert median_ratio([700.0, 70.0, 720.0], [1_000.0, 100.0, 1_000.0]) == pytest.approx(0.7)


def test_every_run_needs_its_counterpart() -> None:
    with pytest.raises(ValueError, match="zip"):
        median_ratio([1.0], [1.0, 2.0])


def test_a_rate_leaves_the_first_tenth_out() -> None:
    slow_start = [0, 60_000]
    steady = [60_000 + 10 * number for number in range(1, 19)]
    assert warmed_up(20) == 2
    assert rate_per_s(slow_start + steady) == pytest.approx(100.0)
    assert rate_per_s(list(reversed(slow_start + steady))) == pytest.approx(100.0)


def test_a_rate_of_answers_that_came_in_one_millisecond_is_a_number() -> None:
    assert rate_per_s([5] * 10) == pytest.approx(8_000.0)


def test_an_open_loop_waits_for_nobody() -> None:
    assert [due_s(number, 50.0) for number in range(3)] == [0.0, 0.02, 0.04]


def test_a_record_counts_from_when_it_was_due_and_not_from_when_it_went_out() -> None:
    due, sent, arrived = 10.0, 12.0, 12.003
    assert late_ms(due, arrived) == pytest.approx(2_003.0)
    assert late_ms(due, arrived) > late_ms(sent, arrived)
