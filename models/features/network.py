"""Who this application belongs with. `models.network` says what a ring and a strong link are."""

from __future__ import annotations

from models.features.case import D7, D30, D90, H24, HOUR_MS, Case, ratio
from models.features.feature import Feature
from models.features.told import Told, applicants


def _truncated(case: Case) -> bool | None:
    """A town has more applications than are kept singly; they are only counted, and none of them is near for that."""
    if case.observation is None:
        return None
    return any(cut != "identifier:gps_area" for cut in case.observation.truncated)


def _ring_applicants(case: Case) -> int | None:
    return None if case.network is None else case.ring.applicants if case.ring is not None else 1


def _ring_amount_cny(case: Case) -> float | None:
    return None if case.network is None else case.ring.amount_cny if case.ring is not None else case.facts.amount_cny


def _employer_share_7d(case: Case) -> float | None:
    employer = case.velocity.get("employer")
    return None if employer is None else ratio(employer.counts[D7], employer.counts[D90])


FEATURES = (
    Feature(
        "linked_applications",
        "applications",
        "network",
        "Other applications that share an identifier which is not too crowded to mean anything",
        Told("network", "link_summary.linked_applications"),
    ),
    Feature(
        "ring_size",
        "applications",
        "network",
        "Applications in the ring, this one included; 1 is no ring",
        Told("network", "link_summary.ring_size"),
    ),
    Feature(
        "ring_density",
        "share",
        "network",
        "Share of the ring's pairs that are strongly linked; missing without a ring",
        Told("network", "link_summary.density"),
    ),
    Feature(
        "ring_merchants",
        "count",
        "network",
        "Merchants in the ring",
        Told("network", "link_summary.merchants"),
    ),
    Feature(
        "ring_applicants",
        "applicants",
        "network",
        "Applicants in the ring",
        _ring_applicants,
    ),
    Feature(
        "ring_amount_cny",
        "CNY",
        "network",
        "Amount applied for in the ring, this application's included",
        _ring_amount_cny,
    ),
    Feature(
        "fraud_distance",
        "links",
        "network",
        "Links to the nearest confirmed fraud; missing when there is none in the neighbourhood",
        Told("network", "link_summary.fraud_distance"),
    ),
    Feature(
        "fraud_closeness",
        "share",
        "network",
        "Weight of what links this application with a confirmed fraud, 1 for a strong link; missing when there is none",
        Told("network", "fraud_closeness"),
    ),
    Feature(
        "frauds_in_neighbourhood",
        "applications",
        "network",
        "Confirmed frauds within reach of links that mean something; likewise the next three",
        Told("network", "near_frauds"),
    ),
    Feature(
        "honest_in_neighbourhood",
        "applications",
        "network",
        "Confirmed honest applications",
        Told("network", "near_honest"),
    ),
    Feature(
        "refused_in_neighbourhood",
        "applications",
        "network",
        "Rejected applications",
        Told("network", "near_refused"),
    ),
    Feature(
        "listed_in_neighbourhood",
        "applications",
        "network",
        "Applications with an identifier on a blacklist",
        Told("network", "near_listed"),
    ),
    Feature(
        "strong_links",
        "applications",
        "network",
        "Other applications strongly linked with this one, directly",
        Told("network", "strong_links"),
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
        "employer_share_7d",
        "share",
        "network",
        "Share of the employer's applications of 90 days that came in the last 7 days: 1 for one never heard of before",
        _employer_share_7d,
    ),
    Feature(
        "neighbourhood_truncated",
        "flag",
        "network",
        "The neighbourhood was larger than what is looked at",
        _truncated,
    ),
    Feature(
        "ring_span_h",
        "h",
        "network",
        "From the ring's first application to its last",
        Told("ring", "last_ms", f"(value - part.first_ms) / {HOUR_MS}"),
    ),
    Feature(
        "ring_share_24h",
        "share",
        "network",
        "Share of the ring's applications in the last 24 hours; missing without a ring, likewise what follows",
        Told("ring", "size_24h", "value / part.size"),
    ),
    Feature("ring_size_24h", "applications", "network", "Its applications in 24 hours", Told("figures", "size_24h")),
    Feature(
        "ring_size_7d",
        "applications",
        "network",
        "Its applications in 7 days",
        Told("ring", "size_7d"),
    ),
    Feature(
        "ring_rarity",
        "share",
        "network",
        "How seldom honest people share the rarest thing that applicants of the ring share",
        Told("figures", "rarity"),
    ),
    Feature(
        "ring_insularity",
        "share",
        "network",
        "Share of the weight of the ring's links that stays inside the ring",
        Told("figures", "insularity"),
    ),
    Feature(
        "ring_equal_amounts",
        "share",
        "network",
        "Share of the ring's other applications that ask for nearly the same amount",
        Told("figures", "equal_amounts"),
    ),
    Feature(
        "ring_same_sales_rep",
        "share",
        "network",
        "Share of the ring's other applications that came through the same sales rep",
        Told("figures", "same_sales_rep"),
    ),
    Feature(
        "ring_same_address",
        "share",
        "network",
        "Share of the ring's other applications that gave this one's address",
        Told("figures", "same_address"),
    ),
    Feature("ring_frauds", "applications", "network", "Confirmed frauds in the ring", Told("figures", "frauds")),
    Feature("ring_honest", "applications", "network", "Confirmed honest applications in it", Told("figures", "honest")),
    Feature("ring_refused", "applications", "network", "Rejected applications in it", Told("figures", "refused")),
    Feature(
        "ring_listed", "applications", "network", "Its applications with something listed", Told("figures", "listed")
    ),
    Feature(
        "ring_suspicion",
        "share",
        "network",
        "Probability that the ring is fraud, by its figures alone",
        Told("network", "suspicion"),
    ),
)
