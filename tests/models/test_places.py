import h3
import pytest

from models.events import Address, Gps
from models.places import AREA_RESOLUTION, CELL_RESOLUTION, place_facts, position

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
