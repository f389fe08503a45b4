import h3
import pytest

from models.facts import PlaceFacts
from tests.builders import CELL, application
from tests.builders_network import SELF, features_of, link, neighbour, observation, sighting, velocity

FAR = str(h3.latlng_to_cell(36.65, 117.12, 9))
WINDOWS = [1, 2, 3, 4, 5]


@pytest.mark.parametrize("kind", ["device_id", "phone", "id_number"])
def test_a_journey_is_from_where_device_phone_or_applicant_was_seen(kind: str) -> None:
    features = features_of(application(gps_cell=CELL), observation(sightings=[sighting(kind, cell=FAR)]))
    assert features["travel_km"] is not None
    assert features["travel_km"] > 100
    assert features["travel_speed_kmh"] == pytest.approx(features["travel_km"] * 60 / 61)  # an hour and a minute


def test_an_application_through_a_vpn_makes_no_journey() -> None:
    features = features_of(application(gps_cell=CELL, vpn=True), observation(sightings=[sighting(cell=FAR)]))
    assert (features["travel_km"], features["travel_speed_kmh"]) == (None, None)


def test_stores_do_not_travel_and_nobody_travels_from_their_own_application() -> None:
    seen = [sighting("store_id", cell=FAR), sighting("device_id", cell=FAR, application_id="A-1")]
    features = features_of(application("A-1", gps_cell=CELL), observation(sightings=seen))
    assert features["travel_speed_kmh"] is None


def test_without_a_place_there_is_no_journey_and_no_distance() -> None:
    seen = [sighting(), *[sighting("store_id")] * 5]
    features = features_of(application(), observation(sightings=seen))
    assert (features["travel_km"], features["travel_speed_kmh"], features["gps_store_km"]) == (None, None, None)


def test_staying_where_one_was_is_a_journey_of_nothing() -> None:
    features = features_of(application(gps_cell=CELL), observation(sightings=[sighting()]))
    assert (features["travel_km"], features["travel_speed_kmh"]) == (0, 0)


def test_distances_from_home_and_store_and_the_accuracy_are_given() -> None:
    place = PlaceFacts(gps_cell=CELL, gps_address_km=12.5, gps_accuracy_m=30)
    features = features_of(application(place=place), observation(sightings=[sighting("store_id")] * 5))
    assert features["gps_address_km"] == 12.5
    assert features["gps_accuracy_m"] == 30
    assert features["gps_store_km"] == pytest.approx(0, abs=1e-6)


def test_applicants_in_a_cell_and_behind_an_address_are_counted_in_their_windows() -> None:
    kinds = ("gps_cell", "ip", "ip_block")
    answer = observation(velocity=[velocity(kind, [9] * 5, WINDOWS) for kind in kinds])
    features = features_of(application(), answer)
    assert [features[f"gps_cell_applicants_{window}"] for window in ("1h", "24h", "7d")] == [1, 2, 3]
    assert [features[f"ip_applicants_{window}"] for window in ("1h", "24h")] == [1, 2]
    assert features["ip_block_applicants_24h"] == 2


def test_usual_in_a_cell_is_five_times_the_mean_of_the_areas_other_cells_over_29_days() -> None:
    area = velocity("gps_area", [0, 100, 0, 100 + 29 * 342 + 40, 0])
    cell = velocity("gps_cell", [0, 6, 0, 46, 0], [0, 15, 0, 0, 0])
    features = features_of(application(), observation(velocity=[area, cell]))
    assert features["gps_area_count_30d"] == area.counts[3]
    assert features["gps_cell_usual_24h"] == pytest.approx(5)
    assert features["gps_cell_crowd_ratio"] == pytest.approx(3)


@pytest.mark.parametrize(("elsewhere", "ratio"), [(0, 4), (29 * 342 // 5, 4), (2 * 29 * 342 // 5 + 1, 2)])
def test_less_than_one_usual_counts_as_one(elsewhere: int, ratio: float) -> None:
    area, cell = velocity("gps_area", [0, 4, 4, 4 + elsewhere, 4]), velocity("gps_cell", [0, 4, 4, 4, 4], [4] * 5)
    features = features_of(application(), observation(velocity=[area, cell]))
    assert features["gps_cell_crowd_ratio"] == pytest.approx(ratio, rel=1e-3)


def test_an_area_that_was_counted_less_than_its_cell_is_as_empty_as_can_be() -> None:
    area, cell = velocity("gps_area", [1] * 5), velocity("gps_cell", [0, 1, 9, 9, 9], [1] * 5)
    assert features_of(application(), observation(velocity=[area, cell]))["gps_cell_usual_24h"] == 0


def test_without_an_area_nothing_is_usual() -> None:
    features = features_of(application(), observation(velocity=[velocity("gps_cell", [9] * 5)]))
    assert (features["gps_cell_usual_24h"], features["gps_cell_crowd_ratio"]) == (None, None)


def test_a_crowded_cells_store_share_is_known_though_its_applications_were_not_fetched() -> None:
    cell = velocity("gps_cell", [40] * 5)
    crowd = link("gps_cell", SELF, token=cell.token, degree=40, channels={"store": 10, "app": 30})
    features = features_of(application(gps_cell=CELL), observation([], [crowd], velocity=[cell]))
    assert features["gps_cell_store_share"] == 0.25


def test_colleagues_in_a_cell_and_behind_an_address_are_those_who_name_one_employer() -> None:
    people = [neighbour("A-2"), neighbour("A-3")]
    links = [link("gps_cell", SELF, 0, 1), link("ip", SELF, 0), link("employer", SELF, 0)]
    features = features_of(application(), observation(people, links))
    assert (features["gps_cell_colleagues"], features["ip_colleagues"]) == (0.5, 1.0)


def test_of_a_crowd_that_was_not_fetched_as_many_are_colleagues_as_the_employer_has_at_most() -> None:
    links = [link("gps_cell", SELF, 0, degree=40), link("employer", SELF, 0)]  # fetched because a colleague
    answer = observation([neighbour("A-2")], links, velocity=[velocity("employer", [10] * 5)])
    assert features_of(application(), answer)["gps_cell_colleagues"] == 0.25


def test_who_is_alone_in_a_cell_has_no_colleagues_there_and_a_shops_network_is_told_by_its_channels() -> None:
    answer = observation(links=[link("gps_cell", SELF)], velocity=[velocity("ip", [1] * 5)])
    features = features_of(application(channel="store"), answer)
    assert features["gps_cell_colleagues"] is None
    assert features["ip_store_share"] == 1.0
