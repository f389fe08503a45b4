"""Where people are: points on the map, addresses and network addresses."""

from __future__ import annotations

import math
from random import Random
from typing import NamedTuple

from scripts.simulator.cities import CITIES, CITY_WEIGHTS, City

METRES_PER_DEGREE = 111_195
"""Length of one degree of latitude on a sphere of radius 6,371 km."""

CITY_RADIUS_M = 6_000
"""Standard deviation of homes and shops around a city's centre, in metres along each axis."""

STREETS = (
    "人民路",
    "解放路",
    "中山路",
    "建设路",
    "和平街",
    "文化路",
    "新华街",
    "长江路",
    "青年路",
    "滨河路",
    "学院路",
    "花园街",
)


class Place(NamedTuple):
    """A point, WGS 84, in degrees."""

    lat: float
    lon: float


def near(rng: Random, centre: Place, spread_m: float) -> Place:
    """A point around `centre`, normally distributed with `spread_m` metres along each axis."""
    north_m, east_m = rng.gauss(0, spread_m), rng.gauss(0, spread_m)
    lat = centre.lat + north_m / METRES_PER_DEGREE
    lon = centre.lon + east_m / (METRES_PER_DEGREE * math.cos(math.radians(centre.lat)))
    return Place(round(lat, 6), round(lon, 6))


def distance_km(one: Place, other: Place) -> float:
    """Great-circle distance in kilometres (haversine, sphere of radius 6,371 km)."""
    lat_one, lat_other = math.radians(one.lat), math.radians(other.lat)
    half_lat, half_lon = (lat_other - lat_one) / 2, math.radians(other.lon - one.lon) / 2
    root = math.sin(half_lat) ** 2 + math.cos(lat_one) * math.cos(lat_other) * math.sin(half_lon) ** 2
    return 2 * 6_371 * math.asin(math.sqrt(root))


def random_city(rng: Random) -> City:
    """A city, the larger the likelier."""
    return rng.choices(CITIES, CITY_WEIGHTS)[0]


def far_city(rng: Random, home: City, at_least_km: float) -> City:
    """A city at least `at_least_km` away from `home`: every city has several within reach of 900 km and beyond."""
    here = Place(home.lat, home.lon)
    return rng.choice([city for city in CITIES if distance_km(here, Place(city.lat, city.lon)) >= at_least_km])


def somewhere_in(rng: Random, city: City) -> Place:
    """A point in the city's built-up area."""
    return near(rng, Place(city.lat, city.lon), CITY_RADIUS_M)


def building(rng: Random, city: City) -> str:
    """The address of a building, without a room."""
    _, district = rng.choice(city.districts)
    return f"{city.name}市{district}{rng.choice(STREETS)}{rng.randint(1, 899)}号{rng.randint(1, 30)}栋"


def room(rng: Random) -> str:
    return f"{rng.randint(1, 6)}单元{rng.randint(1, 28)}{rng.randint(1, 4):02d}室"


def home_ip(rng: Random, city: City) -> str:
    """The address of one household."""
    return f"{city.ip_octet}.{rng.randint(128, 255)}.{rng.randint(0, 255)}.{rng.randint(1, 254)}"


def carrier_ip(rng: Random, city: City) -> str:
    """One of the addresses that a city's mobile subscribers share behind their carrier."""
    return f"{city.ip_octet}.64.{rng.randint(0, 15)}.{rng.randint(1, 254)}"


def vpn_ip(rng: Random) -> str:
    """One of some 2,000 exits of VPN services."""
    return f"45.76.{rng.randint(0, 7)}.{rng.randint(1, 254)}"


def hosting_ips(rng: Random, count: int) -> list[str]:
    """`count` rented addresses next to each other, in one /24."""
    block = f"47.{rng.randint(0, 255)}.{rng.randint(0, 255)}"
    first = rng.randint(1, 254 - count)
    return [f"{block}.{first + offset}" for offset in range(count)]
