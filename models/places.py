"""Coordinates leave the edge as H3 cells and distances only."""

from __future__ import annotations

from typing import NamedTuple

import h3

from models.events import Address, Gps
from models.facts import PlaceFacts

CELL_RESOLUTION = 9
"""About 0.1 square km: a block of flats."""
AREA_RESOLUTION = 6
"""About 36 square km: a small town."""
CELL_ACCURACY_M = 1_000
"""A place that is known worse than this is in no cell and no area for sure: mobile masts place a phone so well in town,
and what says worse was mostly found by a network address, so that all customers of a carrier stand on one spot."""


class Position(NamedTuple):
    """Degrees, WGS 84."""

    lat: float
    lon: float


def position(lat: float | None, lon: float | None) -> Position | None:
    """A position, or None when half of it is missing, or at exactly (0, 0): what a receiver without a fix reports."""
    if lat is None or lon is None or (lat == 0 and lon == 0):
        return None
    return Position(lat, lon)


def cell(where: Position) -> str:
    """The H3 cell of a position, of resolution 9."""
    text: str = h3.latlng_to_cell(where.lat, where.lon, CELL_RESOLUTION)
    return text


def place_facts(gps: Gps | None, address: Address | None) -> PlaceFacts | None:
    """Cells of the device and of the home, and the distance between them. None when neither is known."""
    device = None if gps is None else position(gps.lat, gps.lon)
    home = None if address is None else position(address.lat, address.lon)
    if device is None and home is None:
        return None
    gps_cell = None if device is None else cell(device)
    return PlaceFacts(
        gps_cell=gps_cell,
        gps_area=None if gps_cell is None else h3.cell_to_parent(gps_cell, AREA_RESOLUTION),
        gps_accuracy_m=None if gps is None or device is None else gps.accuracy_m,
        address_cell=None if home is None else cell(home),
        # To the metre: more digits would tell more about the two places than the cells do
        gps_address_km=None if device is None or home is None else round(h3.great_circle_distance(device, home), 3),
    )


def sure_of_cell(place: PlaceFacts | None) -> bool:
    """Whether the device was in its cell and area, as well as can be known; an accuracy that nobody told is good."""
    return (
        place is not None
        and place.gps_cell is not None
        and (place.gps_accuracy_m is None or place.gps_accuracy_m <= CELL_ACCURACY_M)
    )
