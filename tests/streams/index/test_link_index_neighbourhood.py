"""The contract of every link index: whom it finds around an application, and what links them."""

import pytest

from models.enrichment import CROWD, NEIGHBOURS_MAX, UNLINKED_KINDS, WEAK_KINDS, Link
from models.facts import IdentifierKind
from streams.index.protocol import LinkIndex
from tests.builders import MINUTE_MS, NOON_MS, application, token
from tests.streams.index.observing import hops, link, observe

STRONG: tuple[IdentifierKind, ...] = ("bank_card", "email", "address", "device_id", "face_id")


async def test_who_shares_an_identifier_is_a_neighbour(index: LinkIndex) -> None:
    first = application("A-1", device_id="d", channel="app", merchant_id="m", amount_cny=1234.5)
    observation = await observe(index, first, application("A-2", at_ms=NOON_MS + MINUTE_MS, device_id="d"))
    (neighbour,) = observation.neighbours
    assert neighbour.application_id == "A-1"
    assert neighbour.occurred_ms == NOON_MS
    assert neighbour.applicant == first.applicant_token[:8]
    assert (neighbour.merchant_id, neighbour.channel, neighbour.amount_cny) == ("m", "app", 1234.5)
    assert (neighbour.decision, neighbour.label, neighbour.listed, neighbour.hop) == ("", "", False, 1)
    assert observation.links == [Link("device_id", token("device_id", "d"), 2, {"h5": 1, "app": 1}, [-1, 0])]


async def test_who_shares_nothing_is_none(index: LinkIndex) -> None:
    observation = await observe(index, application("A-1", device_id="d1"), application("A-2", device_id="d2"))
    assert (observation.neighbours, observation.links) == ([], [])


@pytest.mark.parametrize("kind", UNLINKED_KINDS)
async def test_merchants_and_networks_link_nobody(index: LinkIndex, kind: IdentifierKind) -> None:
    observation = await observe(index, application("A-1", shared={kind: "x"}), application("A-2", shared={kind: "x"}))
    assert (observation.neighbours, observation.links) == ([], [])


@pytest.mark.parametrize("kind", WEAK_KINDS)
async def test_a_weak_identifier_is_looked_through_until_it_is_crowded(index: LinkIndex, kind: IdentifierKind) -> None:
    crowd = [application(f"A-{i}", shared={kind: "x"}, channel="store") for i in range(CROWD + 1)]
    observation = await observe(index, *crowd[:CROWD])
    assert len(observation.neighbours) == CROWD - 1
    assert len(link(observation, kind).members) == CROWD
    observation = await observe(index, crowd[CROWD])
    assert observation.neighbours == []
    assert link(observation, kind) == Link(kind, token(kind, "x"), CROWD + 1, {"store": CROWD + 1}, [-1])


async def test_a_crowded_weak_identifier_still_links_who_is_found_otherwise(index: LinkIndex) -> None:
    crowd = [application(f"A-{i}", ip="x", device_id="d" if i == 3 else None) for i in range(CROWD)]
    observation = await observe(index, *crowd, application("A-now", ip="x", device_id="d"))
    assert hops(observation) == {"A-3": 1}
    assert link(observation, "ip").members == [-1, 0]


async def test_neighbours_are_followed_two_hops_and_no_further(index: LinkIndex) -> None:
    chain = [
        application("A-3", bank_card="b3", shared={"email": "e2"}),
        application("A-2", device_id="d1", shared={"email": "e2"}, ip="1"),
        application("A-1", device_id="d1", bank_card="b0"),
        application("A-4", bank_card="b3"),
    ]
    observation = await observe(index, *chain, application("A-0", bank_card="b0"))
    assert hops(observation) == {"A-1": 1, "A-2": 2}
    assert [(link.kind, sorted(link.members)) for link in observation.links] == [
        ("bank_card", [-1, 0]),
        ("device_id", [0, 1]),
    ]


@pytest.mark.parametrize("kind", WEAK_KINDS)
async def test_weak_identifiers_lead_to_no_second_hop(index: LinkIndex, kind: IdentifierKind) -> None:
    observation = await observe(
        index,
        application("A-far", bank_card="b"),
        application("A-weakly", bank_card="b", shared={kind: "x"}),
        application("A-strongly", device_id="d", shared={kind: "y"}),
        application("A-further", shared={kind: "y"}),
        application("A-now", device_id="d", shared={kind: "x"}),
    )
    assert hops(observation) == {"A-strongly": 1, "A-weakly": 1}


async def test_a_crowded_strong_identifier_leads_on_to_nobody(index: LinkIndex) -> None:
    crowd = [application(f"A-{i}", device_id="kiosk", bank_card=f"b{i}") for i in range(CROWD - 1)]
    await observe(index, application("A-family", bank_card="b0"), *crowd)
    observation = await observe(index, application("A-16", device_id="kiosk"))
    assert hops(observation)["A-family"] == 2
    observation = await observe(index, application("A-17", device_id="kiosk"))
    assert len(observation.neighbours) == CROWD
    assert "A-family" not in hops(observation)


async def test_a_crowded_identifier_at_the_second_hop_adds_nobody(index: LinkIndex) -> None:
    crowd = [application(f"A-{i}", device_id="kiosk") for i in range(CROWD - 1)]
    near = application("A-near", device_id="kiosk", bank_card="b")
    observation = await observe(index, *crowd, near, application("A-now", bank_card="b"))
    assert len(observation.neighbours) == CROWD
    await observe(index, application("A-one-more", device_id="kiosk"))
    observation = await observe(index, application("A-now-2", bank_card="b"))
    assert set(hops(observation)) == {"A-near", "A-now"}


async def test_who_names_the_applicant_as_contact_is_linked(index: LinkIndex) -> None:
    observation = await observe(
        index, application("A-1", contacts=["n"]), application("A-2", contacts=["n"]), application("A-3", phone="n")
    )
    assert link(observation, "contact_phone") == Link("contact_phone", token("phone", "n"), 3, {"h5": 3}, [-1, 0, 1])
    assert not any(link.kind == "phone" for link in observation.links)


async def test_who_applies_with_a_contacts_number_is_linked(index: LinkIndex) -> None:
    observation = await observe(index, application("A-1", phone="n"), application("A-2", contacts=["n"]))
    assert link(observation, "contact_phone").members == [-1, 0]


async def test_sharing_a_phone_is_no_contact_link(index: LinkIndex) -> None:
    observation = await observe(index, application("A-1", phone="n"), application("A-2", phone="n"))
    assert [link.kind for link in observation.links] == ["phone"]


async def test_contacts_are_followed_to_the_second_hop(index: LinkIndex) -> None:
    observation = await observe(
        index,
        application("A-2", phone="n"),
        application("A-1", contacts=["n"], device_id="d"),
        application("A-0", device_id="d"),
    )
    assert hops(observation) == {"A-1": 1, "A-2": 2}
    assert link(observation, "contact_phone").members == [0, 1]


@pytest.mark.parametrize(("others", "cut"), [(NEIGHBOURS_MAX, False), (NEIGHBOURS_MAX + 1, True)])
async def test_the_newest_256_neighbours_are_kept(index: LinkIndex, others: int, cut: bool) -> None:
    crowd = [application(f"A-{i}", at_ms=NOON_MS + i, shared={STRONG[i % len(STRONG)]: "x"}) for i in range(others)]
    now = application("A-now", at_ms=NOON_MS + others, shared=dict.fromkeys(STRONG, "x"))
    observation = await observe(index, *crowd, now)
    assert len(observation.neighbours) == NEIGHBOURS_MAX
    assert ("nodes" in observation.truncated) is cut
    assert ("A-0" in hops(observation)) is not cut


async def test_only_the_newest_64_of_an_identifier_are_neighbours(index: LinkIndex) -> None:
    crowd = [application(f"A-{i}", at_ms=NOON_MS + i, device_id="d") for i in range(70)]
    observation = await observe(index, *crowd)
    assert set(hops(observation)) == {f"A-{i}" for i in range(6, 69)}
    assert link(observation, "device_id").degree == 70
    assert observation.truncated == ["identifier:device_id"]


async def test_a_neighbour_is_seen_as_its_newest_event_describes_it(index: LinkIndex) -> None:
    newest = application("A-1", event_id="e-2", at_ms=NOON_MS, device_id="d", channel="app", amount_cny=2.0)
    older = application("A-1", event_id="e-1", at_ms=NOON_MS - 1, device_id="d", channel="h5", amount_cny=1.0)
    observation = await observe(index, newest, older, application("A-2", device_id="d"))
    (neighbour,) = observation.neighbours
    assert (neighbour.occurred_ms, neighbour.channel, neighbour.amount_cny) == (NOON_MS, "app", 2.0)


async def test_what_an_application_had_in_an_earlier_event_links_it_still(index: LinkIndex) -> None:
    await observe(index, application("A-1", device_id="d"), application("A-2", event_id="e-1", device_id="d"))
    changed = await observe(index, application("A-2", event_id="e-2", at_ms=NOON_MS + 1, device_id="clean"))
    assert hops(changed) == {"A-1": 1}
    seen = await observe(index, application("A-3", device_id="d"))
    assert hops(seen) == {"A-2": 1, "A-1": 1}
