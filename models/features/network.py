"""Who this application belongs with. `models.network` says what a ring and a strong link are."""

from __future__ import annotations

from models.features.case import D7, D30, D90, H24, HOUR_MS, Case, applicants
from models.features.feature import Feature


def _ring_span_h(case: Case) -> float | None:
    if case.network is None or case.network.ring_span_ms is None:
        return None
    return case.network.ring_span_ms / HOUR_MS


FEATURES = (
    Feature(
        "linked_applications",
        "applications",
        "network",
        "Other applications that share an identifier which is not too crowded to mean anything",
        lambda case: case.network.link_summary.linked_applications if case.network else None,
    ),
    Feature(
        "ring_size",
        "applications",
        "network",
        "Applications in the ring, this one included; 1 is no ring",
        lambda case: case.network.link_summary.ring_size if case.network else None,
    ),
    Feature(
        "ring_density",
        "share",
        "network",
        "Share of the ring's pairs that are strongly linked; missing without a ring",
        lambda case: case.network.link_summary.density if case.network else None,
    ),
    Feature(
        "ring_merchants",
        "count",
        "network",
        "Merchants in the ring",
        lambda case: case.network.link_summary.merchants if case.network else None,
    ),
    Feature(
        "ring_applicants",
        "applicants",
        "network",
        "Applicants in the ring",
        lambda case: case.network.ring_applicants if case.network else None,
    ),
    Feature(
        "ring_amount_cny",
        "CNY",
        "network",
        "Amount applied for in the ring, this application's included",
        lambda case: case.network.ring_amount_cny if case.network else None,
    ),
    Feature(
        "fraud_distance",
        "links",
        "network",
        "Links to the nearest confirmed fraud; missing when there is none in the neighbourhood",
        lambda case: case.network.link_summary.fraud_distance if case.network else None,
    ),
    Feature(
        "frauds_in_neighbourhood",
        "applications",
        "network",
        "Confirmed frauds within reach of links that mean something; likewise the next three",
        lambda case: case.network.near_frauds if case.network else None,
    ),
    Feature(
        "honest_in_neighbourhood",
        "applications",
        "network",
        "Confirmed honest applications",
        lambda case: case.network.near_honest if case.network else None,
    ),
    Feature(
        "refused_in_neighbourhood",
        "applications",
        "network",
        "Rejected applications",
        lambda case: case.network.near_refused if case.network else None,
    ),
    Feature(
        "listed_in_neighbourhood",
        "applications",
        "network",
        "Applications with an identifier on a blacklist",
        lambda case: case.network.near_listed if case.network else None,
    ),
    Feature(
        "strong_links",
        "applications",
        "network",
        "Other applications strongly linked with this one, directly",
        lambda case: case.network.strong_links if case.network else None,
    ),
    Feature(
        "contact_applicants_30d",
        "applicants",
        "network",
        "Applicants who named the same contact in 30 days (the largest over contacts)",
        applicants("contact_phone", D30),
    ),
    Feature(
        "contact_applicants_90d",
        "applicants",
        "network",
        "Applicants who named the same contact in 90 days (the largest over contacts)",
        applicants("contact_phone", D90),
    ),
    Feature(
        "employer_applicants_24h",
        "applicants",
        "network",
        "Applicants of the same employer in 24 hours",
        applicants("employer", H24),
    ),
    Feature(
        "employer_applicants_7d",
        "applicants",
        "network",
        "Applicants of the same employer in 7 days",
        applicants("employer", D7),
    ),
    Feature(
        "neighbourhood_truncated",
        "flag",
        "network",
        "The neighbourhood was larger than what is looked at",
        lambda case: bool(case.observation.truncated) if case.observation else None,
    ),
    Feature("ring_span_h", "h", "network", "From the ring's first application to its last", _ring_span_h),
    Feature(
        "ring_share_24h",
        "share",
        "network",
        "Share of the ring's applications in the last 24 hours; missing without a ring",
        lambda case: case.network.ring_share_24h if case.network else None,
    ),
)
