"""Places: distances, cities, network addresses."""

from ipaddress import ip_network
from random import Random

import pytest

from scripts.simulator.cities import CITIES, City
from scripts.simulator.fraud.account_takeover import FAR_KM
from scripts.simulator.places import Place, distance_km, far_city, hosting_ips, near


def test_a_degree_of_latitude_is_111_km() -> None:
    assert distance_km(Place(30, 120), Place(31, 120)) == pytest.approx(111.195, abs=0.01)


def test_beijing_and_shanghai_are_1068_km_apart() -> None:
    assert distance_km(Place(39.904, 116.407), Place(31.230, 121.474)) == pytest.approx(1_068, abs=2)


def test_near_is_within_a_few_spreads() -> None:
    rng, centre = Random(1), Place(45.8, 126.5)
    distances_km = [distance_km(centre, near(rng, centre, 100)) for _ in range(1_000)]
    assert 0.11 < sum(distances_km) / len(distances_km) < 0.14
    assert max(distances_km) < 0.6


@pytest.mark.parametrize("city", CITIES, ids=lambda city: city.name)
def test_every_city_has_another_one_too_far_for_an_hour(city: City) -> None:
    other = far_city(Random(1), city, FAR_KM)
    assert distance_km(Place(city.lat, city.lon), Place(other.lat, other.lon)) >= FAR_KM


def test_rented_addresses_are_different_and_in_one_24() -> None:
    addresses = hosting_ips(Random(1), 4)
    assert len(set(addresses)) == 4
    assert len({ip_network(f"{address}/24", strict=False) for address in addresses}) == 1
