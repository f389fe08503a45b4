"""Coordinates leave the edge as H3 cells and distances only."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone, tzinfo
from typing import NamedTuple

import h3

from models.events import Address, Gps
from models.facts import PlaceFacts

CELL_RESOLUTION = 9
"""About 0.1 square km: a block of flats."""
AREA_RESOLUTION = 6
"""About 36 square km: a small town."""
COARSE_M = 5_000
"""A place known worse than this is nobody's: mobile masts are right to a few kilometres, and what says worse was mostly
found by a network address, which may be a carrier's exit in another province."""
CELL_ACCURACY_M = 1_000
"""A place known worse than this is in no cell and no area for sure: people all over a town would stand on one mast."""
DEGREES_PER_HOUR = 15
LAW_STRAYS_H = 1.5
"""How far lawful time may be from the sun's and people still live by it: China keeps one zone from Shanghai (six
minutes off) to Chengdu (an hour). Where it is more, they rise and sleep by the sun: in Urumqi two hours after Beijing
(by custom, UTC+6), and in any other part of the world."""


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


def believed(accuracy_m: float | None, vpn: bool) -> bool:
    """Whether somebody was where it is said: not when a VPN or proxy may have moved the place to its exit, nor when it
    is too coarse. An accuracy that nobody told is believed."""
    return not vpn and (accuracy_m is None or accuracy_m <= COARSE_M)


def local_time(moment: datetime, lender: tzinfo, gps: Gps | None, vpn: bool) -> datetime:
    """The moment by the clock that people at the place live by: the lender's, or where the sun is further from that
    than `LAW_STRAYS_H` the nautical zone's, of whole hours by longitude. The lender's too where no place is
    believed."""
    lawful = moment.astimezone(lender)
    if gps is None or position(gps.lat, gps.lon) is None or not believed(gps.accuracy_m, vpn):
        return lawful
    sun_h = gps.lon / DEGREES_PER_HOUR
    ahead_h = (lawful.utcoffset() or timedelta()) / timedelta(hours=1)
    apart_h = abs(sun_h - ahead_h)
    if min(apart_h, 24 - apart_h) <= LAW_STRAYS_H:  # across the date line as well
        return lawful
    return moment.astimezone(timezone(timedelta(hours=round(sun_h))))
