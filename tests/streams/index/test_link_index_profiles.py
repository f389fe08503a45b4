"""The contract of every link index: profiles of entities, told of each application once and of its label."""

import pytest

from models.enrichment import LabelFlag, Observation
from models.entities import (
    DAYS_KEPT,
    ENTITY_KINDS,
    LABELLED_KEPT,
    NO_PROFILE,
    EntityProfile,
    EntityProfileOf,
    with_application,
    with_label,
)
from streams.index.protocol import LabelFlagChange, LinkIndex, ResultToRemember, StoredResult
from tests.builders import DAY_MS, NOON_MS, application, token
from tests.streams.index.observing import observe


def profile(observation: Observation, kind: str = "merchant_id") -> EntityProfile | None:
    """The first profile of that kind."""
    return next((each.profile for each in observation.profiles if each.kind == kind), None)


def label(application_id: str, flag: LabelFlag, usual: bool | None = None, at_ms: int = NOON_MS) -> LabelFlagChange:
    return LabelFlagChange(application_id=application_id, flag=flag, occurred_ms=at_ms, usual=usual)


def result(application_id: str, usual: bool | None, at_ms: int = NOON_MS) -> ResultToRemember:
    return ResultToRemember(
        event_id=f"e-{application_id}-{at_ms}",
        application_id=application_id,
        occurred_ms=at_ms,
        decision_flag="review",
        result=StoredResult(b"{}", [], None),
        alert_ids=[],
        usual=usual,
    )


async def shop(index: LinkIndex) -> EntityProfile | None:
    """What an application that brings nothing itself is told of merchant `m`."""
    return profile(await observe(index, application("A-probe", merchant_id="m", amount_cny=None)))


async def test_an_entity_nobody_else_has_has_no_profile(index: LinkIndex) -> None:
    facts = application(device_id="d", merchant_id="m")
    assert (await observe(index, facts)).profiles == []
    assert (await observe(index, facts)).profiles == []


async def test_a_profile_holds_all_applications_but_this_one(index: LinkIndex) -> None:
    expected = None
    for i in range(5):
        facts = application(f"A-{i}", at_ms=NOON_MS + i * DAY_MS, merchant_id="m", amount_cny=100.0 + i)
        assert profile(await observe(index, facts)) == expected
        expected = with_application(expected, NOON_MS + i * DAY_MS, 100.0 + i)


async def test_every_kind_of_entity_has_profiles_and_nothing_else(index: LinkIndex) -> None:
    everything = dict.fromkeys(ENTITY_KINDS, "x") | dict.fromkeys(("email", "address", "employer", "face_id"), "x")
    first = application("A-1", shared=everything, contacts=["n"], ip="1")
    again = application("A-2", shared=everything, contacts=["n"], ip="1")
    told = (await observe(index, first, again)).profiles
    alone = with_application(None, NOON_MS, 6999.0)
    assert told == [
        EntityProfileOf(each.kind, each.token, alone) for each in again.identifiers if each.kind in ENTITY_KINDS
    ]
    assert {each.kind for each in told} == set(ENTITY_KINDS)
    assert told[0].token == token(told[0].kind, "x")


async def test_the_same_event_again_counts_nothing_and_is_told_the_same(index: LinkIndex) -> None:
    facts = application("A-2", merchant_id="m", amount_cny=2.0)
    first = await observe(index, application("A-1", merchant_id="m", amount_cny=1.0), facts)
    for _ in range(2):
        assert (await observe(index, facts)).profiles == first.profiles
    assert await shop(index) == with_application(with_application(None, NOON_MS, 1.0), NOON_MS, 2.0)


@pytest.mark.parametrize("late", [False, True])
async def test_of_an_application_that_comes_again_the_newest_event_counts(index: LinkIndex, late: bool) -> None:
    events = [
        application("A-1", event_id="e-1", at_ms=NOON_MS, merchant_id="m", amount_cny=1.0),
        application("A-1", event_id="e-2", at_ms=NOON_MS + DAY_MS, merchant_id="m", amount_cny=2.0),
    ]
    await observe(index, application("A-0", merchant_id="m", amount_cny=9.0))
    for event in reversed(events) if late else events:
        assert profile(await observe(index, event)) is not None
    told = await shop(index)
    assert told == with_application(with_application(None, NOON_MS, 9.0), NOON_MS + DAY_MS, 2.0)


async def test_what_an_application_had_in_earlier_events_is_its_entity_still(index: LinkIndex) -> None:
    await observe(index, application("A-1", merchant_id="m", amount_cny=1.0))
    again = application("A-1", event_id="e-2", at_ms=NOON_MS + 1, merchant_id="other", amount_cny=2.0)
    await observe(index, again)
    assert await shop(index) == with_application(None, NOON_MS + 1, 2.0)


@pytest.mark.parametrize("others", [0, 1])
async def test_a_label_counts_in_the_profile_of_every_entity(index: LinkIndex, others: int) -> None:
    expected = with_label(with_application(None, NOON_MS, 5.0), NOON_MS, 5.0, True, "", "fraud")
    await observe(index, application("A-1", merchant_id="m", device_id="d", amount_cny=5.0))
    for _ in range(others):
        await observe(index, application("A-2", merchant_id="m", device_id="d", amount_cny=7.0))
        expected = with_application(expected, NOON_MS, 7.0)
    await index.set_labels([label("A-1", "fraud", usual=True)])
    probe = await observe(index, application("A-probe", merchant_id="m", device_id="d"))
    assert profile(probe) == profile(probe, "device_id") == expected


async def test_the_same_label_again_changes_nothing(index: LinkIndex) -> None:
    await observe(index, application("A-1", merchant_id="m"), application("A-2", merchant_id="m"))
    await index.set_labels([label("A-1", "fraud")])
    once = await shop(index)
    await index.set_labels([label("A-1", "fraud"), label("A-1", "honest", at_ms=NOON_MS - 1)])
    assert await shop(index) == once


async def test_a_label_that_is_corrected_counts_as_corrected(index: LinkIndex) -> None:
    await observe(index, application("A-1", merchant_id="m"), application("A-2", merchant_id="m"))
    await index.set_labels([label("A-1", "fraud", True)])
    await index.set_labels([label("A-1", "honest", False, at_ms=NOON_MS + 1)])
    told = await shop(index)
    plain = with_application(with_application(None, NOON_MS, 6999.0), NOON_MS, 6999.0)
    assert told == with_label(plain, NOON_MS, 6999.0, False, "", "honest")


async def test_a_label_that_came_first_counts_when_its_application_comes(index: LinkIndex) -> None:
    await index.set_labels([label("A-1", "fraud")])
    await observe(index, application("A-0", merchant_id="m"))
    assert profile(await observe(index, application("A-1", merchant_id="m"))) == with_application(None, NOON_MS, 6999.0)
    told = await shop(index)
    assert told is not None
    assert (told.applications, told.frauds) == (2, 1)


async def test_a_label_follows_an_application_that_comes_again(index: LinkIndex) -> None:
    await observe(index, application("A-0", merchant_id="m"), application("A-1", merchant_id="m"))
    await index.set_labels([label("A-1", "fraud")])
    later = NOON_MS + 40 * DAY_MS
    await observe(index, application("A-1", event_id="e-2", at_ms=later, merchant_id="m", amount_cny=3.0))
    plain = with_application(with_application(None, NOON_MS, 6999.0), later, 3.0)
    assert await shop(index) == with_label(plain, later, 3.0, None, "", "fraud")


async def test_what_the_decision_said_of_the_amount_stands_before_what_the_label_says(index: LinkIndex) -> None:
    await observe(index, application("A-0", merchant_id="m"), application("A-1", merchant_id="m"))
    codes = []
    for step in (
        index.set_labels([label("A-1", "honest")]),
        index.set_labels([label("A-1", "honest", usual=False, at_ms=NOON_MS + 1)]),
        index.remember([result("A-1", usual=True)]),
        index.set_labels([label("A-1", "honest", usual=False, at_ms=NOON_MS + 2)]),
        index.remember([result("A-1", usual=None, at_ms=NOON_MS + 1)]),
    ):
        await step
        codes.append((await shop(index) or NO_PROFILE).labelled[1])
    assert codes == [1, 0, 2, 2, 0]


async def test_a_busy_profile_is_what_its_rules_make_of_it(index: LinkIndex) -> None:
    number, expected = DAYS_KEPT + LABELLED_KEPT + 20, None
    crowd = [
        application(f"A-{i}", at_ms=NOON_MS + i * DAY_MS // 2, merchant_id="m", amount_cny=1.7 ** (i % 40))
        for i in range(number)
    ]
    await observe(index, *crowd)
    flags: list[LabelFlag] = ["fraud" if i % 3 == 0 else "honest" for i in range(number)]
    await index.set_labels([label(f"A-{i}", flag, usual=i % 2 == 0) for i, flag in enumerate(flags)])
    for facts in crowd:
        expected = with_application(expected, facts.occurred_ms, facts.amount_cny)
    assert expected is not None
    for i, (facts, flag) in enumerate(zip(crowd, flags, strict=True)):
        expected = with_label(expected, facts.occurred_ms, facts.amount_cny, i % 2 == 0, "", flag)
    assert await shop(index) == expected
