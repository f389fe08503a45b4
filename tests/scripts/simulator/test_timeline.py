"""Event time: windows, hours, milliseconds."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from scripts.simulator.timeline import DAY_S, HONEST_HOURS, NIGHT_HOURS, Window, local_time, part_of, pick_time

WEEK = Window(1_800_000_000, 1_800_000_000 + 7 * DAY_S)


def test_times_are_local_and_to_the_millisecond() -> None:
    assert local_time(1_800_000_000.123_456).isoformat() == "2027-01-15T16:00:00.123000+08:00"


@given(st.randoms(use_true_random=False), st.floats(0, 1e6), st.floats(0, 1e6))
def test_a_part_is_inside_and_as_long_as_asked_or_as_there_is(rng: Random, span_s: float, length_s: float) -> None:
    span = Window(1_000, 1_000 + span_s)
    part = part_of(rng, span, length_s)
    assert span.start <= part.start <= part.end <= span.end
    assert abs(part.length_s - min(length_s, span.length_s)) < 1e-6


def test_honest_people_seldom_apply_after_midnight() -> None:
    rng = Random(1)
    hours = [local_time(pick_time(rng, WEEK, HONEST_HOURS)).hour for _ in range(5_000)]
    assert 0.005 < sum(hour < 6 for hour in hours) / len(hours) < 0.03


def test_night_work_is_done_at_night() -> None:
    rng = Random(1)
    hours = [local_time(pick_time(rng, WEEK, NIGHT_HOURS)).hour for _ in range(2_000)]
    assert sum(hour < 6 or hour >= 22 for hour in hours) / len(hours) > 0.7


@given(st.randoms(use_true_random=False))
def test_a_window_without_a_choice_gives_its_only_moment(rng: Random) -> None:
    assert pick_time(rng, Window(1_800_000_000, 1_800_000_000), HONEST_HOURS) == 1_800_000_000
