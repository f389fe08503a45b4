"""The contract of every link index: what it counts, and when an event counts."""

import pytest

from models.enrichment import NEIGHBOURS_PER_IDENTIFIER, RETENTION_MS, WINDOWS_MS
from streams.index.protocol import LinkIndex, ResultToRemember, StoredResult
from tests.builders import DAY_MS, MINUTE_MS, NOON_MS, application
from tests.streams.index.observing import observe, velocity


async def test_an_application_alone_counts_itself_in_every_window(index: LinkIndex) -> None:
    seen = velocity(await observe(index, application(device_id="d")), "device_id")
    assert (seen.counts, seen.applicants, seen.degree) == ([1] * 5, [1] * 5, 1)


async def test_every_identifier_is_counted_in_the_order_given(index: LinkIndex) -> None:
    facts = application(device_id="d", ip="1", merchant_id="m", store_id="s", contacts=["c1", "c2"])
    observation = await observe(index, facts)
    assert [(v.kind, v.token) for v in observation.velocity] == [(i.kind, i.token) for i in facts.identifiers]


@pytest.mark.parametrize("position", range(5))
async def test_a_window_ends_where_it_says(index: LinkIndex, position: int) -> None:
    window = WINDOWS_MS[position]
    observation = await observe(
        index,
        application("A-out", at_ms=NOON_MS - window, device_id="d"),
        application("A-in", at_ms=NOON_MS - window + 1, device_id="d"),
        application("A-now", at_ms=NOON_MS, device_id="d"),
    )
    counts = velocity(observation, "device_id").counts
    assert counts[position] == 2
    assert counts[position + 1 :] == [3] * (4 - position)


async def test_applications_of_the_same_moment_count_for_each_other(index: LinkIndex) -> None:
    observation = await observe(index, application("A-1", device_id="d"), application("A-2", device_id="d"))
    assert velocity(observation, "device_id").counts == [2] * 5


async def test_a_late_event_counts_in_its_own_window(index: LinkIndex) -> None:
    await observe(index, application("A-1", at_ms=NOON_MS, device_id="d"))
    late = await observe(index, application("A-2", at_ms=NOON_MS - MINUTE_MS, device_id="d"))
    assert velocity(late, "device_id").counts == [1] * 5
    assert velocity(late, "device_id").degree == 2
    assert [neighbour.application_id for neighbour in late.neighbours] == ["A-1"]
    later = await observe(index, application("A-3", at_ms=NOON_MS, device_id="d"))
    assert velocity(later, "device_id").counts == [3] * 5


@pytest.mark.parametrize("direction", [-1, 1])
async def test_neighbours_are_at_most_90_days_away(index: LinkIndex, direction: int) -> None:
    observation = await observe(
        index,
        application("A-far", at_ms=NOON_MS + direction * RETENTION_MS, device_id="d"),
        application("A-near", at_ms=NOON_MS + direction * (RETENTION_MS - 1), device_id="d"),
        application("A-now", at_ms=NOON_MS, device_id="d"),
    )
    assert [neighbour.application_id for neighbour in observation.neighbours] == ["A-near"]
    assert velocity(observation, "device_id").degree == 2


async def test_distinct_applicants_are_counted_once(index: LinkIndex) -> None:
    observation = await observe(
        index,
        application("A-1", at_ms=NOON_MS - 2 * DAY_MS, id_number="other", device_id="d"),
        application("A-2", at_ms=NOON_MS - MINUTE_MS, id_number="other", device_id="d"),
        application("A-3", at_ms=NOON_MS - MINUTE_MS, id_number="self", device_id="d"),
        application("A-4", id_number="self", device_id="d"),
    )
    seen = velocity(observation, "device_id")
    assert seen.counts == [3, 3, 4, 4, 4]
    assert seen.applicants == [2, 2, 2, 2, 2]


@pytest.mark.parametrize(("others", "truncated"), [(63, []), (64, ["identifier:merchant_id"])])
async def test_the_newest_64_are_remembered_and_older_ones_counted(
    index: LinkIndex, others: int, truncated: list[str]
) -> None:
    assert others in (NEIGHBOURS_PER_IDENTIFIER - 1, NEIGHBOURS_PER_IDENTIFIER)
    crowd = [application(f"A-{i}", at_ms=NOON_MS + i * MINUTE_MS, merchant_id="m") for i in range(others + 1)]
    observation = await observe(index, *crowd)
    seen = velocity(observation, "merchant_id")
    assert seen.counts == [60, others + 1, others + 1, others + 1, others + 1]
    assert seen.degree == others + 1
    assert seen.applicants[-1] == 64
    assert observation.truncated == truncated


async def test_a_crowd_is_counted_to_a_bucket_in_every_window(index: LinkIndex) -> None:
    gap_ms = 6 * 60 * MINUTE_MS
    crowd = [application(f"A-{i}", at_ms=NOON_MS + i * gap_ms, merchant_id="m") for i in range(400)]
    counts = velocity(await observe(index, *crowd), "merchant_id").counts
    for window, count in zip(WINDOWS_MS, counts, strict=True):
        exact = min(400, -(-window // gap_ms))
        assert exact * 11 / 12 - 1 <= count <= exact


async def test_an_application_older_than_the_newest_64_counts_itself_once(index: LinkIndex) -> None:
    crowd = [application(f"A-{i}", at_ms=NOON_MS + i * MINUTE_MS, merchant_id="m") for i in range(1, 71)]
    await observe(index, *crowd)
    late = application("A-late", merchant_id="m")
    for _ in range(2):
        seen = velocity(await observe(index, late), "merchant_id")
        assert seen.counts[0] >= 1
        assert seen.degree == 71


async def test_a_returning_application_is_not_counted_twice_after_it_had_fallen_out(index: LinkIndex) -> None:
    crowd = [application(f"A-{i}", at_ms=NOON_MS + i * MINUTE_MS, merchant_id="m") for i in range(70)]
    await observe(index, *crowd)
    again = application("A-0", event_id="e-again", at_ms=NOON_MS + 70 * MINUTE_MS, merchant_id="m")
    assert velocity(await observe(index, again), "merchant_id").degree == 70
    other = application("A-other", at_ms=NOON_MS + 71 * MINUTE_MS, merchant_id="m")
    assert velocity(await observe(index, other), "merchant_id").degree == 71


async def test_a_number_is_looked_up_in_its_other_role(index: LinkIndex) -> None:
    await observe(
        index,
        application("A-1", at_ms=NOON_MS - DAY_MS, contacts=["n"]),
        application("A-2", at_ms=NOON_MS, contacts=["n"]),
    )
    owner = await observe(index, application("A-3", at_ms=NOON_MS, phone="n"))
    assert velocity(owner, "phone").as_phone == [1, 1, 2, 2, 2]
    namer = await observe(index, application("A-4", at_ms=NOON_MS, contacts=["n"]))
    assert velocity(namer, "contact_phone").as_phone == [1] * 5


async def test_naming_oneself_as_contact_is_no_other_applicant(index: LinkIndex) -> None:
    await observe(index, application("A-1", id_number="i", phone="n", contacts=["n"]))
    again = await observe(index, application("A-2", id_number="i", phone="n", contacts=["n"]))
    assert velocity(again, "phone").as_phone == [0] * 5
    assert velocity(again, "contact_phone").as_phone == [0] * 5


async def test_what_a_person_used_is_counted_with_this_application(index: LinkIndex) -> None:
    observation = await observe(
        index,
        application("A-1", at_ms=NOON_MS - DAY_MS, id_number="i", phone="p1", device_id="d1", merchant_id="m1"),
        application("A-2", at_ms=NOON_MS - 1, id_number="i", phone="p2", device_id="d2", bank_card="b"),
        application("A-3", id_number="i", phone="p2", device_id="d3", merchant_id="m2"),
    )
    person = observation.person
    assert person is not None
    assert person.devices == [2, 2, 3, 3, 3]
    assert person.phones == [1, 1, 2, 2, 2]
    assert person.profiles == [1, 1, 2, 2, 2]
    assert person.bank_cards == [1] * 5
    assert person.merchants == [1, 1, 2, 2, 2]


async def test_earlier_refusals_of_the_person_are_counted(index: LinkIndex) -> None:
    await observe(
        index,
        application("A-1", at_ms=NOON_MS - 1, id_number="i"),
        application("A-2", at_ms=NOON_MS + 1, id_number="i"),
    )
    await index.remember(
        [
            ResultToRemember(
                event_id=f"e-{application_id}",
                application_id=application_id,
                occurred_ms=NOON_MS,
                decision_flag="reject",
                result=StoredResult(b"", [], None),
                alert_ids=[],
            )
            for application_id in ("A-1", "A-2")
        ]
    )
    person = (await observe(index, application("A-3", id_number="i"))).person
    assert person is not None
    assert person.refused == [1] * 5


async def test_without_an_id_number_there_are_no_person_counts(index: LinkIndex) -> None:
    facts = application(device_id="d")
    without = [identifier for identifier in facts.identifiers if identifier.kind != "id_number"]
    assert (await observe(index, application(device_id="d", identifiers=without))).person is None
