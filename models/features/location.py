"""Where the application came from, and whether the applicant can have been there."""

from __future__ import annotations

from models.features.case import D7, H1, H24, applicants
from models.features.feature import Feature

FEATURES = (
    Feature(
        "travel_speed_kmh",
        "km/h",
        "location",
        "Fastest journey between here and where the device, phone or applicant was seen within 24 hours, "
        "location accuracy and a minute between clocks allowed for; places told through a VPN, or known worse than "
        "within 5 km, left out",
        lambda case: case.journey.speed_kmh if case.journey else None,
    ),
    Feature(
        "travel_km",
        "km",
        "location",
        "Length of that journey",
        lambda case: case.journey.km if case.journey else None,
    ),
    Feature(
        "gps_address_km",
        "km",
        "location",
        "Distance from the home address",
        lambda case: case.place.gps_address_km,
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
        lambda case: case.place.gps_accuracy_m,
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
        "gps_cell_store_share",
        "share",
        "location",
        "Share of the cell's applications that came by the channel store: a shop stands there",
        lambda case: case.store_share("gps_cell"),
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
        "ip_block_applicants_24h",
        "applicants",
        "location",
        "Applicants from the address block (/24 or /48) in 24 hours",
        applicants("ip_block", H24),
    ),
)
