from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import h3
import pytest

from models.events import Address, Gps
from models.places import AREA_RESOLUTION, CELL_RESOLUTION, local_time, place_facts, position, sure_of_cell
from tests.raw_records import SHANGHAI

QINGDAO = Gps(lat=36.07, lon=120.38, accuracy_m=20.0)
HOME = Address(lat=36.06, lon=120.38)


def test_a_device_has_a_cell_and_the_area_around_it() -> None:
    place = place_facts(QINGDAO, None) or pytest.fail()
    assert place.gps_cell == h3.latlng_to_cell(36.07, 120.38, 9)
    assert place.gps_area == h3.cell_to_parent(place.gps_cell, 6)
    assert (h3.get_resolution(place.gps_cell), h3.get_resolution(place.gps_area)) == (CELL_RESOLUTION, AREA_RESOLUTION)
    assert place.gps_accuracy_m == 20.0
    assert (place.address_cell, place.gps_address_km) == (None, None)


def test_the_distance_to_the_home_is_the_great_circle() -> None:
    place = place_facts(QINGDAO, HOME) or pytest.fail()
    # A hundredth of a degree of latitude: pi * 6371 km / 180 / 100
    assert place.gps_address_km == pytest.approx(1.112, abs=0.001)
    assert len(str(place.gps_address_km).partition(".")[2]) <= 3


def test_no_distance_is_zero_when_both_are_the_same_place() -> None:
    place = place_facts(QINGDAO, Address(lat=36.07, lon=120.38)) or pytest.fail()
    assert place.gps_address_km == 0.0


def test_a_home_without_a_device_has_its_cell_only() -> None:
    place = place_facts(None, HOME) or pytest.fail()
    assert place.address_cell is not None
    assert (place.gps_cell, place.gps_area, place.gps_accuracy_m, place.gps_address_km) == (None, None, None, None)


def test_nothing_known_is_no_place() -> None:
    assert place_facts(None, None) is None
    assert place_facts(None, Address(text="…", lat=36.06)) is None


def test_a_receiver_without_a_fix_is_nowhere() -> None:
    assert position(0.0, 0.0) is None
    assert place_facts(Gps(lat=0.0, lon=0.0, accuracy_m=5.0), None) is None
    assert position(0.0, 120.0) == (0.0, 120.0)
    assert position(36.0, 0.0) == (36.0, 0.0)


@pytest.mark.parametrize(("lat", "lon"), [(90.0, 180.0), (-90.0, -180.0), (90.0, 0.0), (0.0, 180.0)])
def test_the_edges_of_the_map_have_cells(lat: float, lon: float) -> None:
    assert (place_facts(Gps(lat=lat, lon=lon), None) or pytest.fail()).gps_cell is not None


MIDNIGHT = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
"""In Beijing."""


def minute_at(lon: float, lat: float = 40.0, accuracy_m: float | None = 20.0, vpn: bool = False) -> int:
    local = local_time(MIDNIGHT, SHANGHAI, Gps(lat=lat, lon=lon, accuracy_m=accuracy_m), vpn)
    return local.hour * 60 + local.minute


@pytest.mark.parametrize(
    ("lon", "hour"),
    [
        (121.5, 0),  # Shanghai
        (104.1, 0),  # Chengdu: the sun is an hour behind, and people keep Beijing's time
        (97.5, 0),  # an hour and a half behind
        (97.4, 22),
        (87.6, 22),  # Urumqi
        (142.5, 0),
        (142.6, 2),
        (-0.1, 16),  # London
        (-179.9, 4),  # beyond the date line
    ],
)
def test_people_live_by_the_sun_where_the_lenders_clock_is_further_from_it_than_an_hour_and_a_half(
    lon: float, hour: int
) -> None:
    assert minute_at(lon) == hour * 60


def test_without_a_believed_place_the_lenders_clock_counts() -> None:
    assert local_time(MIDNIGHT, SHANGHAI, None, vpn=False).hour == 0
    assert minute_at(0.0, lat=0.0) == 0  # no fix
    assert minute_at(-0.1, accuracy_m=5_000.1) == 0
    assert minute_at(-0.1, accuracy_m=5_000) == minute_at(-0.1, accuracy_m=None) == 16 * 60
    assert minute_at(-0.1, vpn=True) == 0


def test_the_date_line_is_no_distance() -> None:
    fiji = ZoneInfo("Pacific/Fiji")
    assert local_time(MIDNIGHT, fiji, Gps(lat=-17.0, lon=-179.5), vpn=False).tzinfo is fiji


@pytest.mark.parametrize(("accuracy_m", "sure"), [(None, True), (1_000, True), (1_000.1, False)])
def test_a_cell_is_sure_when_the_place_is_known_within_a_kilometre(accuracy_m: float | None, sure: bool) -> None:
    assert sure_of_cell(place_facts(Gps(lat=36.0, lon=120.0, accuracy_m=accuracy_m), None)) is sure
    assert not sure_of_cell(None)
    assert not sure_of_cell(place_facts(None, HOME))
