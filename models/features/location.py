"""Where the application came from, and whether the applicant can have been there."""

from __future__ import annotations

from models.features.case import D7, D30, H1, H24, Case
from models.features.feature import Feature
from models.features.told import Told, applicants, applications

OTHER_CELLS = 7**3 - 1
"""Cells of resolution 9 in an area of resolution 6, but for one's own."""
NORM_DAYS = 29
"""Of 30 days those before the last 24 hours, so that a crowd of today is not its own norm."""
BUSY = 5
"""People are not spread evenly: a tower or a market may well have five times the mean of its area's cells."""


def _usual_in_cell(case: Case) -> float | None:
    area, cell = case.velocity.get("gps_area"), case.velocity.get("gps_cell")
    if area is None or cell is None:
        return None
    elsewhere = area.counts[D30] - area.counts[H24] - cell.counts[D30] + cell.counts[H24]
    return BUSY * max(0, elsewhere) / (NORM_DAYS * OTHER_CELLS)


def _crowd_ratio(case: Case) -> float | None:
    usual = _usual_in_cell(case)
    return None if usual is None else case.velocity["gps_cell"].applicants[H24] / max(usual, 1.0)


FEATURES = (
    Feature(
        "travel_speed_kmh",
        "km/h",
        "location",
        "Fastest journey between here and where the device, phone or applicant was seen within 24 hours, "
        "location accuracy and a minute between clocks allowed for; places told through a VPN, or known worse than "
        "within 5 km, left out",
        Told("journey", "speed_kmh"),
    ),
    Feature(
        "travel_km",
        "km",
        "location",
        "Length of that journey",
        Told("journey", "km"),
    ),
    Feature(
        "gps_address_km",
        "km",
        "location",
        "Distance from the home address",
        Told("place", "gps_address_km"),
    ),
    Feature(
        "gps_store_km",
        "km",
        "location",
        "Distance from where most of the store's customers apply; missing until five were seen",
        lambda case: case.store_km(),
    ),
    Feature(
        "gps_accuracy_m",
        "m",
        "location",
        "Accuracy radius of the location",
        Told("place", "gps_accuracy_m"),
    ),
    Feature(
        "gps_cell_applicants_1h",
        "applicants",
        "location",
        "Applicants in the same cell (0.1 square km) in an hour",
        applicants("gps_cell", H1),
    ),
    Feature(
        "gps_cell_applicants_24h",
        "applicants",
        "location",
        "Applicants in the same cell in 24 hours",
        applicants("gps_cell", H24),
    ),
    Feature(
        "gps_cell_applicants_7d",
        "applicants",
        "location",
        "Applicants in the same cell in 7 days",
        applicants("gps_cell", D7),
    ),
    Feature(
        "gps_area_count_30d",
        "applications",
        "location",
        "Applications in the area of about 36 square km around the cell in 30 days",
        applications("gps_area", D30),
    ),
    Feature(
        "gps_cell_usual_24h",
        "applications",
        "location",
        "Applications usual in 24 hours for a busy cell of the area: five times the mean of its other cells over the "
        "29 days before",
        _usual_in_cell,
    ),
    Feature(
        "gps_cell_crowd_ratio",
        "ratio",
        "location",
        "Applicants in the cell in 24 hours over what is usual, where less than one counts as one",
        _crowd_ratio,
    ),
    Feature(
        "gps_cell_store_share",
        "share",
        "location",
        "Share of the cell's applications that came by the channel store: a shop stands there",
        lambda case: case.store_share("gps_cell"),
    ),
    Feature(
        "gps_cell_colleagues",
        "share",
        "location",
        "Share of the cell's other applications that name this one's employer: people at work; missing without any",
        lambda case: case.colleagues("gps_cell"),
    ),
    Feature(
        "ip_applicants_1h",
        "applicants",
        "location",
        "Applicants from the IP address in an hour",
        applicants("ip", H1),
    ),
    Feature(
        "ip_applicants_24h",
        "applicants",
        "location",
        "Applicants from the IP address in 24 hours",
        applicants("ip", H24),
    ),
    Feature(
        "ip_colleagues",
        "share",
        "location",
        "Share of the IP address's other applications that name this one's employer; missing without any",
        lambda case: case.colleagues("ip"),
    ),
    Feature(
        "ip_store_share",
        "share",
        "location",
        "Share of the IP address's applications that came by the channel store: the network is a shop's",
        lambda case: case.store_share("ip"),
    ),
    Feature(
        "ip_block_applicants_24h",
        "applicants",
        "location",
        "Applicants from the address block (/24 or /48) in 24 hours",
        applicants("ip_block", H24),
    ),
)
