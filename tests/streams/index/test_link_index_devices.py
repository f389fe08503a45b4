"""The contract of every link index: device states and the places where somebody was seen."""

from typing import Any

import pytest

from models.enrichment import RETENTION_MS, SIGHTINGS_PER_SUBJECT, DeviceState, Sighting
from models.events import Channel
from models.facts import DeviceEventFacts
from streams.index.layout import DEVICE_EVENTS_KEPT
from streams.index.protocol import LinkIndex
from tests.builders import CELL, DAY_MS, HOUR_MS, MINUTE_MS, NOON_MS, application, device_event

OTHER_CELL = "8931aa50c13ffff"


async def state(index: LinkIndex, *events: DeviceEventFacts, at_ms: int = NOON_MS) -> DeviceState | None:
    """The state of device `d-1` that an application of that moment sees after the events."""
    await index.observe_devices(events)
    (observation,) = await index.observe([application(f"A-{at_ms}", at_ms=at_ms, device_id="d-1")])
    return observation.device


def filled(number: int, at_ms: int, fill_ms: int | None = 90_000) -> DeviceEventFacts:
    return device_event(f"fill-{number}", at_ms=at_ms, kind="form_fill", fill_ms=fill_ms)


async def places(index: LinkIndex, **identifiers: Any) -> list[Sighting]:
    (observation,) = await index.observe([application("A-probe", at_ms=NOON_MS + 1, **identifiers)])
    return observation.sightings


async def test_a_device_without_events_has_no_state(index: LinkIndex) -> None:
    assert await state(index) is None
    assert await state(index, device_event(at_ms=NOON_MS + 1)) is None


async def test_what_a_device_said_is_known(index: LinkIndex) -> None:
    seen = await state(
        index,
        device_event("e1", at_ms=NOON_MS - 2 * DAY_MS, kind="install", emulator=False, phone="n1"),
        device_event("e2", at_ms=NOON_MS - 3 * HOUR_MS, kind="form_fill", fill_ms=90_000, paste_count=2, hooked=True),
        device_event("e3", at_ms=NOON_MS - HOUR_MS, kind="otp", phone="n2"),
        device_event("e4", at_ms=NOON_MS - MINUTE_MS, kind="otp", phone="n2", emulator=True),
        device_event("e5", at_ms=NOON_MS - MINUTE_MS, kind="liveness", liveness_passed=False),
        device_event("e6", at_ms=NOON_MS, kind="sim_change", rooted=False),
    )
    assert seen == DeviceState(
        first_seen_ms=NOON_MS - 2 * DAY_MS,
        last_seen_ms=NOON_MS,
        events_24h=5,
        events_30d=6,
        emulator=True,
        rooted=False,
        vpn=None,
        hooked=True,
        fill_ms=90_000,
        paste_count=2,
        liveness_failures_24h=1,
        sim_changes_30d=1,
        otps_1h=1,
        phones_30d=2,
        fills_7d=1,
    )


async def test_a_late_application_sees_the_device_as_it_was(index: LinkIndex) -> None:
    events = [device_event("e1", at_ms=NOON_MS), device_event("e2", at_ms=NOON_MS + 1, emulator=True)]
    assert (await state(index, *events, at_ms=NOON_MS + 1)) is not None
    seen = await state(index, at_ms=NOON_MS)
    assert seen is not None
    assert (seen.events_24h, seen.emulator) == (1, None)


@pytest.mark.parametrize(("age_ms", "inside"), [(30 * DAY_MS - 1, True), (30 * DAY_MS, False)])
async def test_flags_fade_after_30_days(index: LinkIndex, age_ms: int, inside: bool) -> None:
    seen = await state(index, device_event(at_ms=NOON_MS - age_ms, kind="sim_change", vpn=True, phone="n"))
    assert seen is not None
    assert (seen.vpn, seen.events_30d, seen.sim_changes_30d, seen.phones_30d) == (
        (True, 1, 1, 1) if inside else (None, 0, 0, 0)
    )


@pytest.mark.parametrize(("age_ms", "inside"), [(DAY_MS - 1, True), (DAY_MS, False)])
async def test_form_fills_and_failures_fade_after_a_day(index: LinkIndex, age_ms: int, inside: bool) -> None:
    fill = device_event("e1", at_ms=NOON_MS - age_ms, kind="form_fill", fill_ms=0, paste_count=0)
    failure = device_event("e2", at_ms=NOON_MS - age_ms, kind="liveness", liveness_passed=False)
    seen = await state(index, fill, failure)
    assert seen is not None
    assert (seen.events_24h, seen.fill_ms, seen.paste_count, seen.liveness_failures_24h) == (
        (2, 0, 0, 1) if inside else (0, None, None, 0)
    )


@pytest.mark.parametrize(("age_ms", "codes"), [(HOUR_MS - 1, 1), (HOUR_MS, 0)])
async def test_one_time_codes_are_counted_for_an_hour(index: LinkIndex, age_ms: int, codes: int) -> None:
    seen = await state(index, device_event(at_ms=NOON_MS - age_ms, kind="otp"))
    assert seen is not None
    assert seen.otps_1h == codes


async def test_the_latest_form_fill_counts_in_any_order_and_once(index: LinkIndex) -> None:
    newer = device_event("e2", at_ms=NOON_MS - 1, kind="form_fill", fill_ms=2**53)
    older = device_event("e1", at_ms=NOON_MS - 2, kind="form_fill", fill_ms=7, paste_count=7)
    seen = await state(index, newer, older, newer, older)
    assert seen is not None
    assert (seen.fill_ms, seen.paste_count, seen.events_24h) == (2**53, None, 2)


async def test_the_newest_256_events_of_a_device_are_kept(index: LinkIndex) -> None:
    events = [device_event(f"e{i}", at_ms=NOON_MS - i) for i in range(DEVICE_EVENTS_KEPT + 2)]
    seen = await state(index, *events)
    assert seen is not None
    assert (seen.events_24h, seen.last_seen_ms) == (DEVICE_EVENTS_KEPT, NOON_MS)


async def test_an_application_is_sighted_with_its_device_phone_and_person(index: LinkIndex) -> None:
    await index.observe(
        [application("A-1", device_id="d", phone="n", id_number="i", store_id="s", gps_cell=CELL, vpn=True)]
    )
    expected = [(kind, NOON_MS, CELL, 20.0, True, "A-1") for kind in ("device_id", "phone", "id_number")]
    seen = await places(index, device_id="d", phone="n", id_number="i", store_id="s")
    assert [(s.kind, s.occurred_ms, s.cell, s.accuracy_m, s.vpn, s.application_id) for s in seen] == expected


@pytest.mark.parametrize(("channel", "count"), [("store", 1), ("h5", 0), ("app", 0), ("api", 0)])
async def test_a_store_is_where_its_own_channel_says(index: LinkIndex, channel: Channel, count: int) -> None:
    await index.observe([application("A-1", store_id="s", gps_cell=CELL, channel=channel)])
    assert len(await places(index, store_id="s")) == count


async def test_a_device_event_places_the_device_and_its_phone(index: LinkIndex) -> None:
    event = device_event("e1", device_id="d", phone="n", gps_cell=CELL, gps_accuracy_m=None, vpn=None)
    await index.observe_devices([event, event, device_event("e2", device_id="d")])
    assert await places(index, device_id="d", phone="n") == [
        Sighting("device_id", NOON_MS, CELL, None, False, ""),
        Sighting("phone", NOON_MS, CELL, None, False, ""),
    ]


async def test_an_application_does_not_see_its_own_places(index: LinkIndex) -> None:
    first = application("A-1", device_id="d", gps_cell=CELL)
    again = application("A-1", event_id="e-2", at_ms=NOON_MS + 1, device_id="d", gps_cell=OTHER_CELL)
    for observation in await index.observe([first, again, first]):
        assert observation.sightings == []
    assert [sighting.cell for sighting in await places(index, device_id="d")] == [OTHER_CELL]  # its newest event's


async def test_the_newest_16_places_within_90_days_are_given(index: LinkIndex) -> None:
    events = [device_event(f"e{i}", at_ms=NOON_MS - i, gps_cell=CELL) for i in range(SIGHTINGS_PER_SUBJECT + 1)]
    far = device_event("far", device_id="d-2", at_ms=NOON_MS + 1 - RETENTION_MS, gps_cell=CELL)
    near = device_event("near", device_id="d-2", at_ms=NOON_MS + 2 - RETENTION_MS, gps_cell=CELL)
    await index.observe_devices([*reversed(events), far, near])
    seen = await places(index, device_id="d-1")
    assert [sighting.occurred_ms for sighting in seen] == [NOON_MS - i for i in range(SIGHTINGS_PER_SUBJECT)]
    assert [sighting.occurred_ms for sighting in await places(index, device_id="d-2")] == [near.occurred_ms]


async def test_models_that_a_device_told_are_counted_over_30_days(index: LinkIndex) -> None:
    seen = await state(
        index,
        device_event("e1", at_ms=NOON_MS - 30 * DAY_MS, model_token="long ago"),
        device_event("e2", at_ms=NOON_MS - 30 * DAY_MS + 1, model_token="one"),
        device_event("e3", at_ms=NOON_MS - DAY_MS, model_token="two"),
        device_event("e4", at_ms=NOON_MS - HOUR_MS, model_token="one"),
        device_event("e5", at_ms=NOON_MS),
    )
    assert seen is not None
    assert seen.models_30d == 2


async def test_the_spread_of_fill_times_and_of_the_gaps_between_them_is_over_their_means(index: LinkIndex) -> None:
    seen = await state(
        index,
        filled(1, NOON_MS - 7 * DAY_MS, 1),  # too old
        filled(2, NOON_MS - 6 * HOUR_MS, 30_000),
        filled(3, NOON_MS - 5 * HOUR_MS, None),
        filled(4, NOON_MS - 4 * HOUR_MS, 60_000),
        filled(5, NOON_MS - 3 * HOUR_MS, 90_000),
    )
    assert seen is not None
    assert seen.fills_7d == 3
    assert seen.fill_spread_7d == pytest.approx(600**0.5 / 60)  # of 30, 60 and 90 s
    assert seen.fill_gap_spread_7d == pytest.approx(1 / 3)  # of 2 h and 1 h


async def test_one_form_has_no_spread_and_two_have_no_spread_of_gaps(index: LinkIndex) -> None:
    one = await state(index, filled(1, NOON_MS - HOUR_MS))
    two = await state(index, filled(2, NOON_MS), at_ms=NOON_MS + 1)
    assert one is not None
    assert two is not None
    assert (one.fill_spread_7d, one.fill_gap_spread_7d) == (None, None)
    assert (two.fill_spread_7d, two.fill_gap_spread_7d) == (0, None)


async def test_forms_of_no_time_at_all_have_no_spread(index: LinkIndex) -> None:
    seen = await state(index, *(filled(number, NOON_MS, 0) for number in range(3)))
    assert seen is not None
    assert (seen.fill_spread_7d, seen.fill_gap_spread_7d) == (0, 0)
