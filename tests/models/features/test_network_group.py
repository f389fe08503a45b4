from tests.builders import HOUR_MS, NOON_MS, application
from tests.builders_network import SELF, features_of, link, neighbour, observation, velocity

WINDOWS = [1, 2, 3, 4, 5]


def test_a_ring_is_told_in_numbers() -> None:
    neighbours = [
        neighbour("N-0", label="fraud", decision="reject", listed=True, occurred_ms=NOON_MS - 36 * HOUR_MS),
        neighbour("N-1", label="honest", merchant_id="M-2", hop=2),
    ]
    links = [link("bank_card", SELF, 0), link("phone", 0, 1)]
    features = features_of(application(merchant_id="M-1", amount_cny=1000.0), observation(neighbours, links))
    expected = {
        "linked_applications": 1,
        "ring_size": 3,
        "ring_density": 2 / 3,
        "ring_merchants": 2,
        "ring_applicants": 3,
        "ring_amount_cny": 11_000,
        "ring_span_h": 36,
        "ring_share_24h": 2 / 3,
        "ring_size_24h": 2,
        "ring_size_7d": 3,
        "ring_rarity": 1,
        "ring_insularity": 1,
        "ring_equal_amounts": 1 / 2,
        "ring_same_sales_rep": 0,
        "ring_same_address": 0,
        "ring_frauds": 1,
        "ring_honest": 1,
        "ring_refused": 1,
        "ring_listed": 1,
        "fraud_distance": 1,
        "frauds_in_neighbourhood": 1,
        "honest_in_neighbourhood": 1,
        "refused_in_neighbourhood": 1,
        "listed_in_neighbourhood": 1,
        "strong_links": 1,
        "blacklist_linked": 1,
        "neighbourhood_truncated": 0,
    }
    assert {name: features[name] for name in expected} == expected


def test_without_a_ring_what_only_a_ring_has_is_missing() -> None:
    features = features_of(application(), observation())
    assert features["ring_size"] == 1
    for name in ("ring_density", "ring_span_h", "ring_share_24h", "ring_rarity", "ring_suspicion", "fraud_distance"):
        assert features[name] is None


def test_a_cut_neighbourhood_says_so() -> None:
    assert features_of(application(), observation(truncated=["identifier:ip"]))["neighbourhood_truncated"] == 1
    assert features_of(application(), observation(truncated=["identifier:gps_area"]))["neighbourhood_truncated"] == 0


def test_of_several_contacts_the_most_shared_counts_window_by_window() -> None:
    contacts = [
        velocity("contact_phone", [9] * 5, [1, 1, 1, 5, 5]),
        velocity("contact_phone", [9] * 5, [1, 1, 1, 1, 7]),
    ]
    features = features_of(application(), observation(velocity=contacts))
    assert (features["contact_applicants_30d"], features["contact_applicants_90d"]) == (5, 7)


def test_applicants_of_an_employer_are_counted_in_their_windows() -> None:
    features = features_of(application(), observation(velocity=[velocity("employer", [9] * 5, WINDOWS)]))
    assert (features["employer_applicants_24h"], features["employer_applicants_7d"]) == (2, 3)


def test_of_an_employer_that_nobody_had_heard_of_all_applications_are_of_this_week() -> None:
    shell, firm = velocity("employer", [1, 2, 6, 6, 6]), velocity("employer", [1, 2, 6, 20, 60])
    shares = [features_of(application(), observation(velocity=[each]))["employer_share_7d"] for each in (shell, firm)]
    assert shares == [1.0, 0.1]
