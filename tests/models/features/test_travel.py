from math import asin, cos, radians, sin, sqrt

import h3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.enrichment import Sighting
from models.features.travel import distance_km, fastest_journey, store_distance_km
from tests.builders import HOUR_MS, MINUTE_MS, NOON_MS
from tests.builders_network import sighting
from tests.strategies import CELLS


def cell_at(lat: float, lng: float) -> str:
    return str(h3.latlng_to_cell(lat, lng, 9))


QINGDAO, JINAN, NEXT_TO_QINGDAO = cell_at(36.07, 120.38), cell_at(36.65, 117.12), cell_at(36.07, 120.39)


def test_qingdao_is_about_three_hundred_km_from_jinan() -> None:
    assert distance_km(QINGDAO, JINAN) == pytest.approx(299, abs=1)


@given(CELLS, CELLS)
def test_distances_are_haversine_and_the_same_there_and_back(one: str, other: str) -> None:
    (lat, lng), (lat2, lng2) = h3.cell_to_latlng(one), h3.cell_to_latlng(other)
    chord = (
        sin(radians(lat2 - lat) / 2) ** 2 + cos(radians(lat)) * cos(radians(lat2)) * sin(radians(lng2 - lng) / 2) ** 2
    )
    assert distance_km(one, other) == pytest.approx(2 * 6371.007 * asin(min(1, sqrt(chord))), rel=1e-3, abs=1e-3)
    assert distance_km(one, other) == pytest.approx(distance_km(other, one))


def test_nobody_seen_is_no_journey() -> None:
    assert fastest_journey(QINGDAO, 0, NOON_MS, []) is None


@pytest.mark.parametrize("hours", [2, -2])
def test_speed_is_distance_over_time_before_and_after(hours: int) -> None:
    journey = fastest_journey(QINGDAO, 0, NOON_MS, [sighting(cell=JINAN, occurred_ms=NOON_MS - hours * HOUR_MS)])
    assert journey is not None
    assert journey.km == distance_km(QINGDAO, JINAN)
    assert journey.speed_kmh == pytest.approx(journey.km * 60 / 121)  # two hours, and a minute between clocks


def test_a_sighting_24_hours_away_counts_and_an_older_one_does_not() -> None:
    at_the_edge = sighting(cell=JINAN, occurred_ms=NOON_MS - 24 * HOUR_MS)
    beyond = sighting(cell=JINAN, occurred_ms=NOON_MS - 24 * HOUR_MS - 1)
    assert fastest_journey(QINGDAO, 0, NOON_MS, [at_the_edge]) is not None
    assert fastest_journey(QINGDAO, 0, NOON_MS, [beyond]) is None


@pytest.mark.parametrize(("elapsed_ms", "minutes"), [(0, 1), (MINUTE_MS, 2), (-MINUTE_MS, 2)])
def test_clocks_may_be_a_minute_apart(elapsed_ms: int, minutes: int) -> None:
    journey = fastest_journey(QINGDAO, 0, NOON_MS, [sighting(cell=JINAN, occurred_ms=NOON_MS - elapsed_ms)])
    assert journey is not None
    assert journey.speed_kmh == pytest.approx(60 * journey.km / minutes)


def test_a_place_told_through_a_vpn_is_no_place() -> None:
    assert fastest_journey(QINGDAO, 0, NOON_MS, [sighting(cell=JINAN, vpn=True)]) is None


@pytest.mark.parametrize(("accuracy_m", "believable"), [(5_000, True), (5_000.1, False), (None, True)])
def test_a_place_known_worse_than_within_five_km_is_no_place(accuracy_m: float | None, believable: bool) -> None:
    there = fastest_journey(QINGDAO, 0, NOON_MS, [sighting(cell=JINAN, accuracy_m=accuracy_m)])
    here = fastest_journey(QINGDAO, accuracy_m, NOON_MS, [sighting(cell=JINAN)])
    assert (there is not None) == (here is not None) == believable


def test_an_accuracy_nobody_told_counts_as_the_worst_that_is_believed() -> None:
    untold = fastest_journey(QINGDAO, None, NOON_MS, [sighting(cell=JINAN, accuracy_m=None)])
    worst = fastest_journey(QINGDAO, 5_000, NOON_MS, [sighting(cell=JINAN, accuracy_m=5_000)])
    assert untold == worst


def test_both_accuracy_radii_are_taken_off_the_distance_down_to_none() -> None:
    apart_km = distance_km(QINGDAO, NEXT_TO_QINGDAO)
    partly = fastest_journey(QINGDAO, 200, NOON_MS, [sighting(cell=NEXT_TO_QINGDAO, accuracy_m=300)])
    wholly = fastest_journey(QINGDAO, 900, NOON_MS, [sighting(cell=NEXT_TO_QINGDAO, accuracy_m=900)])
    assert partly is not None
    assert partly.km == pytest.approx(apart_km - 0.5)
    assert wholly == (0, 0)


def test_the_fastest_journey_is_not_the_longest() -> None:
    far_long_ago = sighting(cell=JINAN, occurred_ms=NOON_MS - 20 * HOUR_MS)
    near_just_now = sighting(cell=NEXT_TO_QINGDAO, occurred_ms=NOON_MS - MINUTE_MS)
    journey = fastest_journey(QINGDAO, 0, NOON_MS, [far_long_ago, near_just_now])
    assert journey is not None
    assert journey.km == distance_km(QINGDAO, NEXT_TO_QINGDAO)


def test_a_store_is_where_most_sightings_are_whatever_a_few_far_ones_say() -> None:
    seen = [sighting("store_id", cell=QINGDAO)] * 3 + [sighting("store_id", cell=JINAN)] * 2
    assert store_distance_km(QINGDAO, seen) == pytest.approx(0, abs=1e-6)
    assert store_distance_km(JINAN, seen) == pytest.approx(distance_km(QINGDAO, JINAN))


def test_a_stores_place_is_known_from_five_sightings_on() -> None:
    seen = [sighting("store_id", cell=QINGDAO)] * 5
    assert store_distance_km(JINAN, seen) is not None
    assert store_distance_km(JINAN, seen[:4]) is None


def test_only_places_that_are_believed_say_where_a_store_is() -> None:
    seen = [sighting("store_id", cell=QINGDAO)] * 5
    doubtful = [sighting("store_id", cell=JINAN, vpn=True)] * 9 + [sighting("store_id", cell=JINAN, accuracy_m=9e3)] * 9
    assert store_distance_km(QINGDAO, seen + doubtful) == pytest.approx(0, abs=1e-6)
    assert store_distance_km(QINGDAO, doubtful) is None


@given(CELLS, st.lists(st.builds(lambda cell: sighting(cell=cell), CELLS)))
def test_no_journey_is_longer_than_half_round_the_earth(cell: str, seen: list[Sighting]) -> None:
    journey = fastest_journey(cell, 0, NOON_MS, seen)
    assert journey is None or 0 <= journey.km <= 20_100
