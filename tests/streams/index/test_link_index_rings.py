"""Living rings, in both link indexes: what decisions join stays joined, grows and merges, whatever the order."""

import pytest

from models.enrichment import RETENTION_MS, RINGS_MAX
from models.facts import ApplicationFacts, Identifier
from models.rings.state import RING_MEMBERS_NAMED, RingJoin, RingState, ring_id_of
from streams.index.layout import RING_FOUNDERS, RING_ROWS, RING_SHARED, ring_name, short_hash
from streams.index.protocol import LabelFlagChange, LinkIndex, ResultToRemember, StoredResult
from tests.builders import DAY_MS, HOUR_MS, NOON_MS, application, list_entry, token
from tests.streams.index.observing import observe


def member(number: int, at_ms: int | None = None, **fields: object) -> ApplicationFacts:
    """Application A-<number>, as many minutes past noon, of one person each."""
    at_ms = NOON_MS + number * 60_000 if at_ms is None else at_ms
    return application(f"A-{number}", at_ms=at_ms, **fields)  # type: ignore[arg-type]


def found(*numbers: int, founder: int | None = None, device: str = "d") -> RingJoin:
    """These applications share a device; the ring is the first one's unless told otherwise."""
    named = min(numbers) if founder is None else founder
    return RingJoin(
        ring_id=ring_id_of(f"A-{named}"),
        founded_ms=NOON_MS + named * 60_000,
        members=[f"A-{number}" for number in numbers],
        shared=[Identifier("device_id", token("device_id", device))],
    )


def result(number: int, ring: RingJoin | None, flag: str = "approve", event: str = "") -> ResultToRemember:
    return ResultToRemember(
        event_id=event or f"e-A-{number}",
        application_id=f"A-{number}",
        occurred_ms=NOON_MS + number * 60_000,
        decision_flag=flag,  # type: ignore[arg-type]
        result=StoredResult(b"{}", [], b"{}"),
        alert_ids=[],
        ring=ring,
    )


async def ring(index: LinkIndex, number: int, at_ms: int = NOON_MS + DAY_MS) -> RingState:
    state = await index.ring(ring_id_of(f"A-{number}"), at_ms)
    assert state is not None
    return state


def test_a_ring_is_stored_under_the_name_of_the_application_that_it_is_named_by() -> None:
    assert ring_name(ring_id_of("A-1")) == short_hash("A-1")


async def test_who_shares_nothing_is_in_no_ring(index: LinkIndex) -> None:
    assert (await observe(index, member(1), member(2))).rings == []
    assert await index.ring(ring_id_of("A-1"), NOON_MS) is None
    assert await index.ring("no ring", NOON_MS) is None
    assert await index.ring_members(ring_id_of("A-1")) == []


async def test_the_next_who_shares_something_sees_the_ring(index: LinkIndex) -> None:
    await observe(index, member(1, device_id="d"), member(2, device_id="d", merchant_id="m", sales_rep_id="r"))
    await index.remember([result(2, found(2, 1))])
    seen = await observe(index, member(3, device_id="d"))
    (of,) = seen.rings
    assert [seen.neighbours[position].application_id for position in of.positions] == ["A-2", "A-1"]
    assert of.state == RingState(
        ring_id=ring_id_of("A-1"),
        founded_ms=NOON_MS + 60_000,
        first_ms=NOON_MS + 60_000,
        last_ms=NOON_MS + 120_000,
        size=2,
        size_24h=2,
        size_7d=2,
        applicants=2,
        amount_cny=2 * 6999.0,
        approved=1,
        approved_cny=6999.0,
        refused=0,
        frauds=0,
        honest=0,
        listed=0,
        merchants=1,
        sales_reps=1,
        same_sales_rep=1,
        same_amount=2,
        shared={"device_id": 1},
        merged=[],
        members=["A-2", "A-1"],
    )
    assert await ring(index, 1, NOON_MS + 3 * 60_000) == of.state


async def test_a_ring_keeps_its_id_when_it_grows_and_when_older_applications_join(index: LinkIndex) -> None:
    await observe(index, *map(member, range(1, 6)))
    await index.remember([result(3, found(3, 2))])
    await index.remember([result(4, found(4, 2, 1, founder=2))])
    state = await ring(index, 2)
    assert state.ring_id == ring_id_of("A-2")
    assert state.members == ["A-4", "A-3", "A-2", "A-1"]
    assert state.first_ms == NOON_MS + 60_000 < state.founded_ms
    assert state.merged == []


async def test_two_rings_that_merge_through_one_person_become_one_with_both_histories(index: LinkIndex) -> None:
    await observe(index, *(member(number, sales_rep_id=f"r{number % 2}") for number in range(1, 8)))
    await index.remember([result(2, found(2, 1, device="one"), "reject")])
    await index.remember([result(5, found(5, 4, device="two")), result(6, found(6, 5, founder=4, device="two"))])
    await index.set_labels([LabelFlagChange(application_id="A-4", flag="fraud", occurred_ms=NOON_MS + HOUR_MS)])
    apart = [await ring(index, founder) for founder in (1, 4)]
    assert [each.size for each in apart] == [2, 3]

    await index.remember([result(7, found(7, 1, 4, device="three"))])
    state = await ring(index, 1)
    assert state == await ring(index, 4), "the old id leads to it"
    assert state.ring_id == ring_id_of("A-1")
    assert state.merged == [ring_id_of("A-4")]
    assert state.members == ["A-7", "A-6", "A-5", "A-4", "A-2", "A-1"]
    assert (state.size, state.frauds, state.refused, state.approved) == (6, 1, 1, 3)
    assert state.approved_cny == 3 * 6999.0
    assert state.amount_cny == sum(each.amount_cny for each in apart) + 6999.0
    assert state.shared == {"device_id": 3}
    assert (state.sales_reps, state.same_sales_rep) == (2, 3)
    for number in (2, 6):
        (of,) = (await observe(index, member(number))).rings
        assert of.positions[0] == -1
        assert of.state == await ring(index, 1, NOON_MS + number * 60_000)


async def test_what_becomes_of_members_is_counted(index: LinkIndex) -> None:
    await observe(index, *map(member, (1, 2, 3)))
    await index.remember([result(1, None, "reject"), result(3, found(3, 2, 1))])
    await index.set_labels(
        [
            LabelFlagChange(application_id="A-2", flag="fraud", occurred_ms=NOON_MS),
            LabelFlagChange(application_id="A-3", flag="honest", occurred_ms=NOON_MS),
        ]
    )
    await index.put_list_entries([list_entry("phone", "phone of A-1")])
    state = await ring(index, 1)
    assert (state.approved, state.refused, state.frauds, state.honest, state.listed) == (1, 1, 1, 1, 1)
    await index.set_labels([LabelFlagChange(application_id="A-2", flag="", occurred_ms=NOON_MS + 1)])
    await index.put_list_entries([list_entry("phone", "phone of A-1", action="remove", at_ms=NOON_MS + 1)])
    await index.remember([result(3, None, "reject", "e-later")])
    state = await ring(index, 1)
    assert (state.approved, state.refused, state.frauds, state.honest, state.listed) == (1, 1, 0, 1, 0)


async def test_an_application_that_is_changed_counts_as_it_is_now(index: LinkIndex) -> None:
    await observe(index, member(1), member(2))
    await index.remember([result(2, found(2, 1))])
    await observe(index, member(1, NOON_MS + 5 * HOUR_MS, event_id="e-again", amount_cny=1.5, merchant_id="m"))
    state = await ring(index, 1)
    assert state.size == 2
    assert state.amount_cny == 6999.0 + 1.5
    assert state.merchants == 1
    assert (state.first_ms, state.last_ms) == (NOON_MS + 120_000, NOON_MS + 5 * HOUR_MS)


async def test_a_repeated_join_changes_nothing(index: LinkIndex) -> None:
    await observe(index, *map(member, (1, 2, 3)))
    for _ in range(3):
        await index.remember([result(2, found(2, 1)), result(3, found(3, 2, founder=1))])
        await index.remember([result(3, found(3, 2, founder=1), event="e-other")])
    assert (await ring(index, 1)).members == ["A-3", "A-2", "A-1"]


async def test_of_results_of_one_event_only_the_first_joins(index: LinkIndex) -> None:
    await observe(index, *map(member, (1, 2, 3)))
    await index.remember([result(3, None), result(3, found(3, 1))])
    assert await index.ring(ring_id_of("A-1"), NOON_MS) is None


async def test_members_are_told_whether_or_not_they_are_neighbours(index: LinkIndex) -> None:
    await observe(index, *map(member, (1, 2, 3)))
    await index.remember([result(3, found(3, 2, 1), "reject")])
    await index.set_labels([LabelFlagChange(application_id="A-1", flag="fraud", occurred_ms=NOON_MS)])
    members = await index.ring_members(ring_id_of("A-1"))
    assert [each.application_id for each in members] == ["A-3", "A-2", "A-1"]
    assert [each.decision for each in members] == ["reject", "", ""]
    assert [each.label for each in members] == ["", "", "fraud"]
    assert members[0].applicant == token("id_number", "id of A-3")[:8]
    assert members[0].amount_cny == 6999.0
    assert members[0].occurred_ms == NOON_MS + 180_000


async def test_growth_is_counted_up_to_the_application_that_asks(index: LinkIndex) -> None:
    ages = [0, DAY_MS - 1, DAY_MS, 7 * DAY_MS - 1, 7 * DAY_MS, RETENTION_MS - 1, RETENTION_MS]
    await observe(index, *(member(number, NOON_MS - age) for number, age in enumerate(ages)), member(9, NOON_MS + 1))
    await index.remember([result(0, found(0, 1, 2, 3, 4, 5, 6, 9))])
    state = await ring(index, 0, NOON_MS)
    assert (state.size_24h, state.size_7d, state.size) == (2, 4, 7)
    assert (state.first_ms, state.last_ms) == (NOON_MS - RETENTION_MS + 1, NOON_MS + 1)
    assert "A-6" not in state.members
    assert await index.ring(ring_id_of("A-0"), NOON_MS + RETENTION_MS + 1) is None


async def test_beyond_the_newest_members_are_counted_alone(index: LinkIndex) -> None:
    size = RING_ROWS + 10
    await index.observe([member(number) for number in range(size)])
    await index.remember([result(number, None, "reject") for number in range(5)])
    await index.remember([result(size - 1, found(*range(size - 1, -1, -1)))])
    await index.set_labels(
        [LabelFlagChange(application_id=f"A-{each}", flag="fraud", occurred_ms=NOON_MS) for each in (1, 11)]
    )
    state = await ring(index, 0)
    assert (state.size, state.applicants) == (size, RING_ROWS)
    assert (state.refused, state.frauds, state.approved) == (5, 2, 1)
    assert state.amount_cny == size * 6999.0
    assert len(state.members) == RING_MEMBERS_NAMED
    assert len(await index.ring_members(ring_id_of("A-0"))) == RING_ROWS
    await observe(index, member(1, NOON_MS + DAY_MS, event_id="e-again", amount_cny=1.0))
    state = await ring(index, 0)
    assert (state.size, state.frauds, state.members[0]) == (size, 2, "A-1")
    assert state.amount_cny == (size - 1) * 6999.0 + 1.0


async def test_what_members_share_is_told_apart_up_to_a_bound(index: LinkIndex) -> None:
    await observe(index, *map(member, (1, 2)))
    joins = [found(2, 1, device=f"d{number}") for number in range(RING_SHARED + 1)]
    await index.remember([result(2, join, event=f"e-{number}") for number, join in enumerate(joins)])
    assert (await ring(index, 1)).shared == {"device_id": RING_SHARED}


async def test_a_ring_remembers_its_oldest_names_and_the_others_lead_to_it_too(index: LinkIndex) -> None:
    pairs = RING_FOUNDERS + 3
    await observe(index, *map(member, range(2 * pairs)))
    await index.remember([result(2 * pair + 1, found(2 * pair + 1, 2 * pair)) for pair in range(pairs)])
    for pair in range(pairs - 1, 0, -1):
        await index.remember([result(0, found(2 * pair, 2 * pair - 1, founder=2 * pair - 2), event=f"e-merge-{pair}")])
    state = await ring(index, 0)
    assert state.size == 2 * pairs
    assert state.merged == [ring_id_of(f"A-{2 * pair}") for pair in range(1, RING_FOUNDERS)]
    for pair in range(pairs):
        assert await ring(index, 2 * pair) == state


async def test_a_neighbourhood_of_many_rings_tells_the_first_and_says_so(index: LinkIndex) -> None:
    pairs = RINGS_MAX + 1
    await observe(index, *(member(number, shared={"address": "x"}) for number in range(2 * pairs)))
    await index.remember([result(2 * pair + 1, found(2 * pair + 1, 2 * pair)) for pair in range(pairs)])
    seen = await observe(index, member(99, shared={"address": "x"}))
    assert len(seen.rings) == RINGS_MAX
    assert "rings" in seen.truncated
    newest = seen.rings[0]
    assert newest.state.ring_id == ring_id_of(f"A-{2 * pairs - 2}")
    assert newest.positions == [0, 1]


@pytest.mark.parametrize("size", [1, 40])
async def test_long_application_ids_are_told_whole(index: LinkIndex, size: int) -> None:
    name = "A" * size
    await observe(index, application(name), application("B"))
    join = RingJoin(ring_id=ring_id_of(name), founded_ms=NOON_MS, members=["B", name], shared=[])
    await index.remember([result(1, join)])
    assert sorted((await observe(index, application("B"))).rings[0].state.members) == sorted(["B", name])
