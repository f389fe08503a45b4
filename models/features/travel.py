"""Distances between H3 cells, and what the places where people, devices and stores were seen say about a journey.

Distances are great-circle distances between cell centres (haversine on the mean Earth radius, as in the H3 library);
a cell of resolution 9 is about 0.2 km across its edge, which is the error to expect.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from statistics import median_low
from typing import NamedTuple

import h3

from models.enrichment import Sighting
from models.places import COARSE_M, believed

HOUR_MS = 3_600_000
TRAVEL_WITHIN_MS = 24 * HOUR_MS
"""Sightings longer before or after the application say nothing about a journey."""
CLOCKS_APART_MS = 60_000
"""Clocks of two systems are no better than this, so every journey may have had a minute more."""
STORE_SIGHTINGS = 5
"""A store's place is known from this many sightings on."""


class Journey(NamedTuple):
    """How the applicant would have had to travel."""

    speed_kmh: float
    km: float
    """Beyond what the accuracy of both places explains."""


def fastest_journey(
    cell: str, accuracy_m: float | None, occurred_ms: int, sightings: Iterable[Sighting]
) -> Journey | None:
    """The fastest journey between this place and moment and any of the sightings within a day; None without any.

    The places' accuracy radii are taken off the distance, and a minute is added to the time. Places that are not
    `believed` take no part; whether the application itself used a VPN is for the caller to know.
    """
    if not believed(accuracy_m, vpn=False):
        return None
    fastest_kmh, fastest_km = -1.0, 0.0
    for sighting in sightings:
        elapsed_ms = abs(occurred_ms - sighting.occurred_ms)
        if elapsed_ms <= TRAVEL_WITHIN_MS and believed(sighting.accuracy_m, sighting.vpn):
            inaccuracy_km = (_radius_m(accuracy_m) + _radius_m(sighting.accuracy_m)) / 1000
            km = max(0.0, distance_km(cell, sighting.cell) - inaccuracy_km)
            speed_kmh = km * HOUR_MS / (elapsed_ms + CLOCKS_APART_MS)
            if speed_kmh > fastest_kmh:
                fastest_kmh, fastest_km = speed_kmh, km
    return Journey(fastest_kmh, fastest_km) if fastest_kmh >= 0 else None


def _radius_m(accuracy_m: float | None) -> float:
    """An accuracy that nobody told is as bad as is still believed."""
    return COARSE_M if accuracy_m is None else accuracy_m


def store_distance_km(cell: str, sightings: Iterable[Sighting]) -> float | None:
    """Distance to where the store is: the medians of its sightings' latitudes and longitudes, which a few customers far
    away do not move. None with fewer than `STORE_SIGHTINGS` that are `believed`."""
    places = [_centre(seen.cell) for seen in sightings if believed(seen.accuracy_m, seen.vpn)]
    if len(places) < STORE_SIGHTINGS:
        return None
    store = median_low([lat for lat, _ in places]), median_low([lng for _, lng in places])
    return float(h3.great_circle_distance(_centre(cell), store, unit="km"))


def distance_km(cell: str, other: str) -> float:
    """Great-circle distance between the centres of two H3 cells, in km."""
    if cell == other:  # where most sightings are
        return 0.0
    return float(h3.great_circle_distance(_centre(cell), _centre(other), unit="km"))


@lru_cache(maxsize=4_096)
def _centre(cell: str) -> tuple[float, float]:
    lat, lng = h3.cell_to_latlng(cell)
    return lat, lng
