from itertools import combinations
from random import Random
from typing import Any

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.enrichment import Link, Neighbour
from models.link_weights import NEGLIGIBLE, STRONG, link_weight
from models.network import Network, summarise
from models.rings.living import LivingRing
from tests.builders import DAY_MS, HOUR_MS, NOON_MS, application, token
from tests.builders_network import SELF, link, neighbour, observation

THIS = application("A-1", merchant_id="M-1")


def strangers(count: int, **fields: Any) -> list[Neighbour]:
    return [neighbour(f"N-{number}", **fields) for number in range(count)]


def device_ring(members: int, **fields: Any) -> Network:
    """This application and so many others on one device."""
    return summarise(THIS, observation(strangers(members, **fields), [link("device_id", SELF, *range(members))]))


def ring_of(network: Network) -> LivingRing:
    assert network.ring is not None
    return network.ring


def test_an_application_without_neighbours_is_alone() -> None:
    network = summarise(THIS, observation())
    assert network.link_summary.linked_applications == 0
    assert network.link_summary.ring_size == 1
    assert network.link_summary.ring_id is None
    assert network.link_summary.density is None
    assert network.link_summary.fraud_distance is None
    assert network.link_summary.merchants == 1
    assert network.ring is None
    assert network.figures is None


def test_an_app_device_with_six_applicants_makes_a_ring() -> None:
    network = device_ring(5)
    assert network.link_summary.ring_size == 6
    assert network.link_summary.linked_applications == 5
    assert network.link_summary.shared == {"device_id": 5}
    assert network.link_summary.density == 1
    assert ring_of(network).applicants == 6
    assert network.strong_links == 5


def test_a_kiosk_with_forty_store_applicants_makes_no_ring() -> None:
    kiosk = link("device_id", SELF, *range(40), channels={"store": 41})
    network = summarise(THIS, observation(strangers(40, label="fraud", decision="reject", listed=True), [kiosk]))
    assert network.link_summary.ring_size == 1
    assert network.link_summary.fraud_distance is None
    assert network.link_summary.shared == {"device_id": 40}
    assert network.link_summary.linked_applications == 0
    assert (network.near_frauds, network.near_refused, network.near_listed) == (0, 0, 0)


def test_an_offices_ip_with_sixty_four_applicants_makes_no_ring() -> None:
    network = summarise(THIS, observation(strangers(63), [link("ip", SELF, *range(63))]))
    assert network.link_summary.ring_size == 1
    assert network.link_summary.linked_applications == 0


def test_a_crowded_identifier_whose_applications_were_not_fetched_still_tells_how_many_share_it() -> None:
    network = summarise(THIS, observation([], [link("ip", SELF, degree=64)]))
    assert network.link_summary.shared == {"ip": 63}
    assert network.link_summary.ring_size == 1


@pytest.mark.parametrize("sharing", [["gps_cell", "ip"], ["employer", "ip"], ["gps_cell", "employer", "ip"]])
def test_few_neighbours_or_colleagues_are_not_welded_either(sharing: list[str]) -> None:
    links = [link(kind, SELF, 0, 1, degree=4) for kind in sharing]
    network = summarise(THIS, observation(strangers(2), links))
    assert network.link_summary.ring_size == 1
    assert network.link_summary.linked_applications == 2


def test_two_weak_kinds_together_link_strongly() -> None:
    cell, employer = link("gps_cell", SELF, 0, 1, token="c"), link("employer", SELF, 0, 2, token="e")
    apart = [summarise(THIS, observation(strangers(3), [shared])) for shared in (cell, employer)]
    assert [network.link_summary.ring_size for network in apart] == [1, 1]
    together = summarise(THIS, observation(strangers(3), [cell, employer]))
    assert ring_of(together).members == ["N-0", "A-1"]
    assert together.strong_links == 1
    assert together.link_summary.linked_applications == 3


def test_a_family_that_shares_phone_address_and_contacts_is_a_small_ring() -> None:
    links = [
        link("phone", SELF, 0, 1),
        link("address", SELF, 0, 1),
        link("contact_phone", SELF, 0, token="mother"),
        link("contact_phone", 0, 1, token="father"),
    ]
    network = summarise(THIS, observation(strangers(2), links))
    assert network.link_summary.ring_size == 3
    assert network.link_summary.shared == {"phone": 2, "address": 2, "contact_phone": 1}


def test_one_applicant_who_applies_again_is_no_ring() -> None:
    me = THIS.applicant_token[:8]
    again = [neighbour("A-0", me, decision="reject"), neighbour("A-00", me)]
    network = summarise(THIS, observation(again, [link("id_number", SELF, 0, 1), link("device_id", SELF, 0, 1)]))
    assert network.link_summary.ring_size == 1
    assert network.link_summary.ring_id is None
    assert network.ring is None
    assert network.link_summary.linked_applications == 2
    assert network.near_refused == 1


def test_a_ring_counts_every_application_of_its_applicants() -> None:
    neighbours = [neighbour("N-0", "same"), neighbour("N-1", "same")]
    network = summarise(THIS, observation(neighbours, [link("device_id", SELF, 0, 1)]))
    assert network.link_summary.ring_size == 3
    assert ring_of(network).applicants == 2


def test_the_ring_id_does_not_change_when_a_later_member_joins() -> None:
    founder = neighbour("N-0", occurred_ms=NOON_MS - DAY_MS)
    small = summarise(THIS, observation([founder], [link("bank_card", SELF, 0)]))
    later = neighbour("N-1", occurred_ms=NOON_MS + HOUR_MS)
    grown = summarise(THIS, observation([later, founder], [link("bank_card", SELF, 0, 1)]))
    assert small.link_summary.ring_id == grown.link_summary.ring_id is not None
    assert ring_of(grown).members == ["N-0", "A-1", "N-1"]


def test_every_member_knows_the_ring_by_the_same_id() -> None:
    seen_by_this = summarise(THIS, observation([neighbour("N-0")], [link("bank_card", SELF, 0)]))
    other = application("N-0", at_ms=NOON_MS - HOUR_MS)
    me = neighbour("A-1", THIS.applicant_token[:8], occurred_ms=NOON_MS)
    seen_by_the_other = summarise(other, observation([me], [link("bank_card", SELF, 0)]))
    assert seen_by_this.link_summary.ring_id == seen_by_the_other.link_summary.ring_id


def test_rings_that_merge_go_on_under_the_older_ones_id() -> None:
    older, newer = neighbour("N-0", occurred_ms=NOON_MS - 2 * DAY_MS), neighbour("N-1", occurred_ms=NOON_MS - DAY_MS)
    apart = [summarise(THIS, observation([member], [link("phone", SELF, 0)])) for member in (older, newer)]
    merged = summarise(THIS, observation([newer, older], [link("bank_card", SELF, 1), link("phone", SELF, 0)]))
    assert merged.link_summary.ring_id == apart[0].link_summary.ring_id != apart[1].link_summary.ring_id


def test_of_two_founders_at_one_moment_the_smaller_application_id_names_the_ring() -> None:
    pair = [neighbour("N-0"), neighbour("N-1")]
    card = [link("bank_card", SELF, 0, 1)]
    either_order = {summarise(THIS, observation(order, card)).link_summary.ring_id for order in (pair, pair[::-1])}
    assert len(either_order) == 1


def test_a_fraud_that_shares_an_identifier_is_one_link_away() -> None:
    assert device_ring(2, label="fraud").link_summary.fraud_distance == 1


def test_a_fraud_linked_with_a_neighbour_is_two_links_away() -> None:
    neighbours = [neighbour("N-0"), neighbour("N-1", label="fraud", hop=2)]
    network = summarise(THIS, observation(neighbours, [link("phone", SELF, 0), link("address", 0, 1)]))
    assert network.link_summary.fraud_distance == 2
    assert network.near_frauds == 1


def test_a_weak_link_reaches_a_fraud_and_a_negligible_one_does_not() -> None:
    fraud = [neighbour("N-0", label="fraud")]
    for degree, distance in [(6, 1), (7, None)]:  # 0.5 for 3, so NEGLIGIBLE for 6
        network = summarise(THIS, observation(fraud, [link("employer", SELF, 0, degree=degree)]))
        assert network.link_summary.fraud_distance == distance


def test_a_confirmed_honest_neighbour_is_no_fraud() -> None:
    network = device_ring(2, label="honest")
    assert network.link_summary.fraud_distance is None
    assert (network.near_frauds, network.near_honest) == (0, 2)


def test_flags_are_counted_over_both_hops_and_listed_links_over_direct_strong_ones() -> None:
    neighbours = [
        neighbour("N-0", listed=True, decision="reject"),
        neighbour("N-1", listed=True, hop=2, decision="reject"),
        neighbour("N-2", listed=True),
    ]
    links = [link("device_id", SELF, 0), link("device_id", 0, 1, token="u"), link("address", SELF, 2)]
    network = summarise(THIS, observation(neighbours, links))
    assert network.near_listed == 3
    assert network.near_refused == 2
    assert network.strong_links_listed == 1


def test_a_chain_is_less_dense_than_a_clique() -> None:
    chain = [link("device_id", SELF, 0), link("phone", 0, 1)]
    network = summarise(THIS, observation(strangers(2), chain))
    assert network.link_summary.ring_size == 3
    assert network.link_summary.density == pytest.approx(2 / 3)


def test_a_rings_merchants_amount_and_span_are_its_members_together() -> None:
    neighbours = [
        neighbour("N-0", merchant_id="M-2", amount_cny=1000.0, occurred_ms=NOON_MS - 2 * HOUR_MS),
        neighbour("N-1", merchant_id="", amount_cny=2000.0, occurred_ms=NOON_MS - 1 * HOUR_MS),
        neighbour("N-2", merchant_id="M-9", amount_cny=9000.0),
    ]
    network = summarise(THIS, observation(neighbours, [link("bank_card", SELF, 0, 1)]))
    assert network.link_summary.merchants == 2
    assert ring_of(network).amount_cny == (THIS.amount_cny or 0) + 3000
    assert ring_of(network).last_ms - ring_of(network).first_ms == 2 * HOUR_MS


def test_the_last_day_of_a_ring_leaves_out_the_moment_24_hours_ago_and_what_comes_later() -> None:
    times = [NOON_MS - DAY_MS, NOON_MS - DAY_MS + 1, NOON_MS + 1]
    neighbours = [neighbour(f"N-{number}", occurred_ms=at_ms) for number, at_ms in enumerate(times)]
    network = summarise(THIS, observation(neighbours, [link("bank_card", SELF, 0, 1, 2)]))
    assert ring_of(network).size_24h == 2


@pytest.mark.parametrize(
    ("links", "closeness"),
    [
        ([link("bank_card", SELF, 0)], 1.0),
        ([link("employer", SELF, 0)], 0.5),
        ([link("employer", SELF, 0), link("gps_cell", SELF, 0)], 1.0),
        ([link("employer", SELF, 0, 1, token="e"), link("gps_cell", SELF, 0, token="c")], 1.0),
        ([link("employer", SELF, 1), link("bank_card", 1, 0)], 0.5),
        ([link("employer", SELF, 1), link("gps_cell", 1, 0)], 0.25),
        ([link("bank_card", SELF, 1)], None),
    ],
)
def test_closeness_to_a_fraud_is_the_weight_of_the_links_that_lead_there(
    links: list[Link], closeness: float | None
) -> None:
    network = summarise(THIS, observation([neighbour("N-0", label="fraud"), neighbour("N-1")], links))
    assert network.fraud_closeness == (closeness if closeness is None else pytest.approx(closeness))


def test_of_several_frauds_the_one_that_most_leads_to_counts() -> None:
    frauds = strangers(2, label="fraud")
    network = summarise(THIS, observation(frauds, [link("employer", SELF, 0), link("face_id", SELF, 1)]))
    assert network.fraud_closeness == 1.0


def test_what_was_cut_is_passed_on() -> None:
    assert summarise(THIS, observation(truncated=["nodes"])).link_summary.truncated == ["nodes"]


def test_a_full_neighbourhood_is_one_ring() -> None:
    links = [link("device_id", SELF, *range(31))]
    links += [link("phone", member, member + 1, token=token("phone", str(member))) for member in range(30, 255)]
    network = summarise(THIS, observation(strangers(256), links))
    assert network.link_summary.ring_size == 257


MEMBERS = st.lists(st.integers(-1, 7), min_size=1, max_size=9, unique=True)
LINKS = st.lists(
    st.builds(
        lambda kind, members, crowd, store, number: link(
            kind, *members, degree=len(members) + crowd, channels={"store": store, "h5": 3}, token=str(number)
        ),
        st.sampled_from(["device_id", "phone", "address", "employer", "gps_cell", "ip", "contact_phone", "ip_block"]),
        MEMBERS,
        st.integers(0, 20),
        st.integers(0, 6),
        st.integers(0, 99),
    ),
    max_size=12,
)


@given(LINKS)
def test_the_ring_is_the_component_of_pairs_whose_weights_add_up(links: list[Link]) -> None:
    neighbours = [neighbour(f"N-{number}", label="fraud" if number == 7 else "") for number in range(8)]
    network = summarise(THIS, observation(neighbours, links))

    applicants = [*(other.applicant for other in neighbours), THIS.applicant_token[:8]]
    weights: nx.Graph[int] = nx.Graph()
    weights.add_nodes_from([SELF, *range(8)])
    for shared in links:
        weight = link_weight(shared, applicants)
        if weight >= NEGLIGIBLE:
            for pair in combinations(shared.members, 2):
                known = weights.get_edge_data(*pair, default={"weight": 0.0})["weight"]
                weights.add_edge(*pair, weight=known + weight)
    strong = weights.edge_subgraph(
        [(one, other) for one, other in weights.edges if weights[one][other]["weight"] > STRONG - 1e-9]
    )
    ring = nx.node_connected_component(strong, SELF) if SELF in strong else {SELF}
    near = nx.single_source_shortest_path_length(weights, SELF)

    assert network.link_summary.ring_size == len(ring)
    members = network.ring.members if network.ring is not None else []
    assert {"A-1", *members} == {
        "A-1",
        *(f"N-{member}" for member in ring if member != SELF),
    }
    assert network.link_summary.fraud_distance == near.get(7)
    assert network.link_summary.linked_applications == sum(distance == 1 for distance in near.values())
    assert network.strong_links == (strong.degree(SELF) if SELF in strong else 0)
    if len(ring) > 1:
        assert network.link_summary.density == pytest.approx(nx.density(strong.subgraph(ring)))


@given(LINKS, st.randoms())
def test_the_order_of_the_index_answer_does_not_matter(links: list[Link], random: Random) -> None:
    neighbours = strangers(8)
    shuffled = list(links)
    random.shuffle(shuffled)
    assert summarise(THIS, observation(neighbours, links)) == summarise(THIS, observation(neighbours, shuffled))
