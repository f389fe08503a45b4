"""The walk outward: over strong links alone, nearest first, each application once, within bounds."""

from __future__ import annotations

import pytest

from models.recall import search as search_module
from models.recall.search import Search, strong_partners
from models.recall.seen import SeenApplication
from tests.models.recall.people import chain, seen, walk


def ways(world: list[SeenApplication], search: Search) -> list[tuple[int, str]]:
    return [(each.distance, " ".join(each.path)) for each in walk(world, search).reached]


def test_a_chain_is_followed_to_its_end_with_the_kinds_that_link_it() -> None:
    world = chain(["bank_card", "face_id", "device_id", "bank_card"])
    assert ways(world, Search({"A-1": (0, [])})) == [
        (0, "A-1"),
        (1, "A-1 bank_card A-0"),
        (1, "A-1 face_id A-2"),
        (2, "A-1 face_id A-2 device_id A-3"),
        (3, "A-1 face_id A-2 device_id A-3 bank_card A-4"),
    ]


def test_everybody_is_reached_once_and_by_the_shortest_way() -> None:
    everybody = ["A-0", "A-1", "A-2", "A-3"]
    world = [seen(each, {"device_id": [other for other in everybody if other != each]}) for each in everybody]
    assert [distance for distance, _ in ways(world, Search({"A-2": (0, [])}))] == [0, 1, 1, 1]


@pytest.mark.parametrize(("hops", "reached"), [(0, 1), (1, 2), (2, 3), (9, 5)])
def test_no_more_links_are_followed_than_was_said(hops: int, reached: int) -> None:
    world = chain(["bank_card"] * 4)
    assert len(ways(world, Search({"A-0": (0, [])}, hops))) == reached


def test_weak_links_lead_nowhere_alone_but_together() -> None:
    assert strong_partners(seen("A-0", {"address": ["A-1"], "employer": ["A-2"]})) == {}
    both = seen("A-0", {"address": ["A-1", "A-2", "A-3"], "employer": ["A-1"]})
    assert strong_partners(both) == {"A-1": "address"}


def test_who_is_known_to_be_honest_leads_on_to_nobody_and_a_fraud_does() -> None:
    first, second, third = chain(["bank_card", "bank_card"])
    for label, reached in (("honest", 2), ("fraud", 3)):
        marked = seen("A-1", {"bank_card": ["A-0", "A-2"]}, label=label)
        assert len(ways([first, marked, third], Search({"A-0": (0, [])}))) == reached
    assert second.label == ""


def test_devices_alike_link_nobody_here() -> None:
    assert strong_partners(seen("A-0", {"device_like": ["A-1", "A-2", "A-3"]})) == {}


def test_names_that_stand_for_nothing_are_passed_by() -> None:
    search = Search({"A-0": (0, []), "gone": (0, [])})
    assert ways([seen("A-0")], search) == [(0, "A-0")]
    assert not search.cut


@pytest.mark.parametrize(("most", "cut"), [(5, False), (4, True)])
def test_of_too_many_the_nearest_are_reached(monkeypatch: pytest.MonkeyPatch, most: int, cut: bool) -> None:
    monkeypatch.setattr(search_module, "REACHED_MAX", most)
    search = walk(chain(["bank_card"] * 4), Search({"A-0": (0, [])}))
    assert (len(search.reached), search.cut) == (most, cut)


def test_a_path_from_a_list_begins_with_what_is_listed() -> None:
    world = chain(["bank_card"])
    assert ways(world, Search({"A-0": (0, ["phone"])}, 1)) == [(0, "phone A-0"), (1, "phone A-0 bank_card A-1")]


def test_members_of_the_ring_that_links_do_not_reach_any_more_are_reached_over_the_ring() -> None:
    world = [*chain(["bank_card", "face_id"]), seen("A-8", {"device_id": ["A-9"]}), seen("A-9", {"device_id": ["A-8"]})]
    search = walk(world, Search({"A-0": (0, [])}))
    search.add_ring("ring-x", ["A-0", "A-1", "A-8"])
    assert ways(world, search)[3:] == [(3, "A-0 ring-x A-8"), (4, "A-0 ring-x A-8 device_id A-9")]
    lonely = Search({"A-7": (0, [])})
    walk(world, lonely).add_ring("ring-x", ["A-8"])
    assert lonely.wanted() == []


def test_a_crowd_that_the_policy_knows_weighs_what_it_says() -> None:
    kiosk = seen("A-0", {"device_id": ["A-1", "A-2"]})
    assert set(strong_partners(kiosk)) == {"A-1", "A-2"}
    assert strong_partners(kiosk, {("device_id", "token"): 0.5}) == {}
