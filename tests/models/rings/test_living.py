"""A ring is what is remembered of it and what can be seen from here, each application counted once."""

from typing import Any

from models.enrichment import Neighbour
from models.facts import Identifier
from models.rings.living import SELF, LivingRing, living_ring
from models.rings.state import RingOf, RingState, ring_id_of
from tests.builders import DAY_MS, HOUR_MS, NOON_MS, application
from tests.builders_network import neighbour

THIS = application("A-1", merchant_id="M-1", amount_cny=1000.0)
OWN = THIS.applicant_token[:8]


def state(ring_id: str, **fields: Any) -> RingState:
    """Ten applications by eight people over ten days."""
    defaults: dict[str, Any] = {
        "founded_ms": NOON_MS - 10 * DAY_MS,
        "first_ms": NOON_MS - 10 * DAY_MS,
        "last_ms": NOON_MS - HOUR_MS,
        "size": 10,
        "size_24h": 2,
        "size_7d": 6,
        "applicants": 8,
        "amount_cny": 50_000.0,
        "approved": 5,
        "approved_cny": 20_000.0,
        "refused": 1,
        "frauds": 2,
        "honest": 1,
        "listed": 1,
        "merchants": 3,
        "sales_reps": 2,
        "same_sales_rep": 4,
        "same_amount": 3,
        "shared": {"bank_card": 2},
        "merged": [],
        "members": ["N-0", "R-9", "R-8"],
    }
    return RingState(**(defaults | {"ring_id": ring_id} | fields))


def ring(neighbours: list[Neighbour], component: list[int], *rings: RingOf) -> LivingRing:
    found = living_ring(THIS, neighbours, component, rings, [Identifier("bank_card", "t")])
    assert found is not None
    return found


def test_a_new_ring_is_what_can_be_seen() -> None:
    found = ring([neighbour("N-0", occurred_ms=NOON_MS - 2 * DAY_MS, merchant_id="M-2")], [0])
    assert found.ring_id == found.join.ring_id == ring_id_of("N-0")
    assert (found.size, found.size_24h, found.size_7d, found.applicants, found.merchants) == (2, 1, 2, 2, 2)
    assert (found.first_ms, found.last_ms, found.before) == (NOON_MS - 2 * DAY_MS, NOON_MS, [])
    assert found.members == ["N-0", "A-1"]


def test_who_applies_again_is_no_ring_but_belongs_to_the_one_that_they_are_in() -> None:
    again = [neighbour("N-0", OWN)]
    assert living_ring(THIS, again, [0], [], []) is None
    assert ring(again, [0], RingOf(state("ring-a"), [0])).size == 11


def test_a_ring_has_members_beyond_what_can_be_seen() -> None:
    found = ring([neighbour("N-0")], [0], RingOf(state("ring-a"), [0]))
    assert (found.ring_id, found.size, found.size_24h, found.size_7d) == ("ring-a", 11, 3, 7)
    assert (found.applicants, found.amount_cny) == (9, 51_000.0)
    assert (found.frauds, found.honest, found.refused, found.listed) == (2, 1, 1, 1)
    assert found.members == ["R-8", "R-9", "N-0", "A-1"]
    assert found.join.members == ["A-1", "N-0"]


def test_a_member_that_applies_again_is_not_counted_twice() -> None:
    found = ring([neighbour("N-0")], [0], RingOf(state("ring-a"), [SELF, 0]))
    assert (found.size, found.size_24h, found.applicants, found.amount_cny) == (10, 2, 8, 50_000.0)
    assert found.join.members == ["A-1"]


def test_rings_that_merge_are_both_and_keep_the_older_ones_id() -> None:
    one, other = neighbour("N-0", "both"), neighbour("N-1", "both")
    older = RingOf(state("ring-b", founded_ms=NOON_MS - 20 * DAY_MS, first_ms=NOON_MS - 30 * DAY_MS), [1])
    found = ring([one, other], [0, 1], RingOf(state("ring-a"), [0]), older)
    assert found.ring_id == "ring-b"
    assert [each.ring_id for each in found.before] == ["ring-b", "ring-a"]
    assert found.size == 21
    assert found.applicants == 8 + 8 - 1 + 1  # who is in both is one
    assert found.frauds == 4
    assert found.first_ms == NOON_MS - 30 * DAY_MS
    assert found.join.members == ["A-1", "N-0", "N-1"]


def test_a_ring_of_neighbours_that_are_not_strongly_linked_is_not_this_ones() -> None:
    far = RingOf(state("ring-a"), [1])
    assert ring([neighbour("N-0"), neighbour("N-1")], [0], far).size == 2
    assert living_ring(THIS, [neighbour("N-0"), neighbour("N-1")], [], [far], []) is None


def test_a_merchant_that_is_not_known_is_none() -> None:
    assert ring([neighbour("N-0", merchant_id="")], [0]).merchants == 1
