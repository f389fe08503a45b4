"""Memory is judged by medians of quarters, and a flood is made beforehand."""

from __future__ import annotations

from scripts.chaos.flood import prepared
from scripts.chaos.gauge import Sample
from scripts.chaos.pressure import growth_mib


def samples(*rss: float) -> list[Sample]:
    return [Sample(float(at), each, 0.0, 0) for at, each in enumerate(rss)]


def test_growth_is_between_the_second_quarter_and_the_last() -> None:
    assert growth_mib(samples(100, 150, 200, 200, 205, 210, 230, 230)) == 30


def test_warming_up_is_no_growth_and_one_peak_neither() -> None:
    assert growth_mib(samples(100, 150, 150, 150, 200, 200, 200, 200, 900, 200, 200, 200)) == 0.0
    assert growth_mib(samples(100, 200, 200, 200, 200, 200, 200, 900, 200, 200, 200, 200)) == 0.0


def test_of_a_moment_nothing_is_said() -> None:
    assert growth_mib(samples(1, 2, 3)) == 0.0


def test_a_flood_has_as_many_applications_as_asked_each_with_an_event_of_its_own() -> None:
    drops = prepared(250, "flood")
    assert len({drop.event_id for drop in drops}) == len({drop.key for drop in drops}) == 250
