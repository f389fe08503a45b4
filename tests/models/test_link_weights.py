import pytest
from msgspec.structs import replace

from models.enrichment import Link
from models.entities import NO_PROFILE, EntityProfileOf
from models.link_weights import (
    HONEST_DOUBTED,
    KIND_WEIGHTS,
    NEGLIGIBLE,
    SHOP_WEIGHTS,
    STRONG,
    colleagues,
    honest_factor,
    is_likeness_explained,
    link_weight,
    store_share,
    telling_links,
)
from tests.builders import application
from tests.builders_network import SELF, link, neighbour, observation, velocity


def weight(kind: str, applicants: int, channels: dict[str, int] | None = None) -> float:
    """Weight of an identifier of that kind that so many applicants share."""
    shared = link(kind, *range(applicants), channels=channels)
    return link_weight(shared, [f"applicant {number}" for number in range(applicants)])


def test_six_people_on_a_device_weigh_more_than_two() -> None:
    assert weight("device_id", 6) > weight("device_id", 2)


@pytest.mark.parametrize("kind", ["device_id", "phone", "email"])
def test_a_couple_sharing_a_device_a_phone_or_an_email_is_strongly_linked(kind: str) -> None:
    assert weight(kind, 2) >= STRONG


def test_one_contact_named_by_two_is_not_strong_alone_but_named_by_three_it_is() -> None:
    assert NEGLIGIBLE <= weight("contact_phone", 2) < STRONG <= weight("contact_phone", 3)


@pytest.mark.parametrize("kind", sorted(KIND_WEIGHTS))
def test_a_weight_is_whole_up_to_the_crowd_and_falls_beyond(kind: str) -> None:
    crowd = KIND_WEIGHTS[kind].crowd
    assert weight(kind, crowd) == KIND_WEIGHTS[kind].weight
    assert weight(kind, 2 * crowd) == pytest.approx(KIND_WEIGHTS[kind].weight / 2)


@pytest.mark.parametrize("kind", ["ip", "gps_cell", "employer", "address", "device_like"])
def test_what_an_office_or_a_dormitory_shares_is_negligible(kind: str) -> None:
    assert weight(kind, 64) < NEGLIGIBLE


@pytest.mark.parametrize(
    ("kinds", "strong"),
    [
        (["gps_cell", "employer"], True),
        (["gps_cell", "ip"], False),
        (["employer", "ip"], False),
    ],
)
def test_which_weak_kinds_are_strong_together(kinds: list[str], strong: bool) -> None:
    assert (sum(weight(kind, 2) for kind in kinds) >= STRONG) is strong


def test_a_device_is_a_shops_from_half_its_applications_on() -> None:
    shops = SHOP_WEIGHTS["device_id"]
    assert weight("device_id", 4, {"store": 2, "h5": 2}) == shops.weight * shops.crowd / 4
    assert weight("device_id", 4, {"store": 1, "h5": 3}) == KIND_WEIGHTS["device_id"].weight


@pytest.mark.parametrize("applicants", range(2, 65))
def test_a_shops_kiosk_place_and_network_never_link_strongly_even_together(applicants: int) -> None:
    assert sum(weight(kind, applicants, {"store": applicants}) for kind in ("device_id", "gps_cell", "ip")) < STRONG


def test_one_applicants_many_applications_crowd_nothing() -> None:
    repeated = link("address", *range(20))
    assert link_weight(repeated, ["A"] * 19 + ["B"]) == weight("address", 2)


def test_applications_that_were_not_returned_crowd_an_identifier_too() -> None:
    assert link_weight(link("ip", 0, 1, degree=12), ["A", "B"]) == weight("ip", 12)


@pytest.mark.parametrize("kind", ["merchant_id", "store_id", "sales_rep_id", "ip_block", "profile"])
def test_what_brings_strangers_together_by_trade_links_nobody(kind: str) -> None:
    assert weight(kind, 2) == 0


def test_the_store_share_of_no_known_channels_is_zero() -> None:
    assert store_share({}) == 0


def test_devices_alike_are_a_weak_sign_from_five_people_on() -> None:
    assert weight("device_like", 4) == 0
    assert NEGLIGIBLE <= weight("device_like", 5) < STRONG


@pytest.mark.parametrize("applicants", range(2, 20))
def test_devices_alike_are_not_strong_with_their_place_their_network_and_one_employer(applicants: int) -> None:
    counted = [
        found
        for kind in ("device_like", "gps_cell", "ip", "employer")
        if (found := weight(kind, applicants)) >= NEGLIGIBLE
    ]
    with_it = sum(counted) >= STRONG
    assert not with_it or weight("device_like", applicants) == 0


def test_devices_alike_are_strong_with_a_contact_that_they_share() -> None:
    assert weight("device_like", 5) + weight("contact_phone", 2) >= STRONG


def explained(alike: Link, *others: Link, **degrees: int) -> bool:
    counted = [replace(velocity(kind, [1] * 5), degree=degree) for kind, degree in degrees.items()]
    return is_likeness_explained(alike, observation([], [alike, *others], velocity=counted))


def test_a_popular_model_in_a_crowded_place_is_explained() -> None:
    alike = link("device_like", SELF, *range(7))
    assert not explained(alike, gps_cell=16)  # half of all who are there
    assert explained(alike, gps_cell=17)
    assert not explained(alike, gps_cell=16, ip_block=90)  # the cell is the place where it is known
    assert explained(alike, ip_block=90)
    assert not explained(alike)


def test_phones_that_a_company_hands_out_are_explained() -> None:
    alike = link("device_like", SELF, *range(6))
    assert not explained(alike, link("employer", SELF, 0, 1, 9))
    assert explained(alike, link("employer", SELF, 0, 1, 2))  # half of the others
    assert not explained(alike, link("employer", 0, 1, 2, 3))  # is not this one's employer


@pytest.mark.parametrize(("employed", "expected"), [(8, True), (7, False), (0, False), (90, True)])
def test_of_a_crowd_that_was_not_fetched_so_many_may_be_colleagues_as_there_are(employed: int, expected: bool) -> None:
    crowd = link("device_like", SELF, degree=16)
    assert explained(crowd, employer=employed) is expected
    assert colleagues(crowd, observation([], [crowd])) == 0


def test_the_same_phone_bought_by_a_shops_customers_weighs_nothing() -> None:
    assert weight("device_like", 8, {"store": 4, "h5": 4}) == 0


def labelled(kind: str, honest: int, frauds: int) -> EntityProfileOf:
    """The profile of the identifier that `link` makes."""
    return EntityProfileOf(kind, "t", replace(NO_PROFILE, honest=honest, frauds=frauds))


@pytest.mark.parametrize(
    ("honest", "frauds", "factor"),
    [(0, 0, 1), (0, 5, 1), (HONEST_DOUBTED, 0, 1 / 2), (HONEST_DOUBTED + 5, 5, 1 / 2)],
)
def test_confirmed_honest_applications_take_weight_from_a_device_and_frauds_give_it_back(
    honest: int, frauds: int, factor: float
) -> None:
    shared = link("device_id", SELF, 0)
    assert honest_factor(shared, observation(profiles=[labelled("device_id", honest, frauds)])) == factor


def test_that_a_person_is_honest_says_nothing_of_who_uses_their_card() -> None:
    shared = link("bank_card", SELF, 0)
    assert honest_factor(shared, observation(profiles=[labelled("bank_card", 100, 0)])) == 1


def test_a_device_through_which_many_honest_people_came_links_nobody() -> None:
    seen = observation(
        [neighbour("N-0"), neighbour("N-1")],
        [link("device_id", SELF, 0, 1)],
        profiles=[labelled("device_id", 6 * HONEST_DOUBTED, 0)],
    )
    assert telling_links(application(), seen) == []


def test_what_the_policy_knows_as_a_crowds_weighs_what_the_policy_says() -> None:
    seen = observation([neighbour("N-0"), neighbour("N-1")], [link("device_id", SELF, 0, 1)])
    [(_, whole)] = telling_links(application(), seen)
    assert [weight for _, weight in telling_links(application(), seen, {("device_id", "t"): 0.5})] == [whole / 2]
    assert telling_links(application(), seen, {("device_id", "t"): 0.0}) == []
    assert telling_links(application(), seen, {("phone", "t"): 0.0}) == [(seen.links[0], whole)]
