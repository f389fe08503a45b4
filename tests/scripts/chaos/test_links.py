"""The index is compared with a clean run, application by application."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from config.settings import Settings
from models.events import Application, DeviceEvent
from models.identifiers import Tokeniser
from models.tokenise import tokenise_application, tokenise_device_event
from scripts.chaos.links import compare_links
from scripts.simulator.records import TimedRecord
from scripts.simulator.stream import SimulationConfig, simulated_stream
from streams.index.valkey import ValkeyIndex


@pytest.fixture(scope="module")
def events() -> list[TimedRecord]:
    """A fifth of them fraud, so that there are links."""
    end = datetime.now(UTC)
    config = SimulationConfig(start=end - timedelta(days=30), end=end, applications=60, fraud_share=0.2)
    return [each for each in simulated_stream(config) if isinstance(each.value, Application | DeviceEvent)]


async def write(settings: Settings, events: list[TimedRecord]) -> None:
    tokeniser = Tokeniser(settings.pii_key_bytes)
    index = ValkeyIndex.from_settings(settings.model_copy(update={"index_deadline_ms": 10_000}))
    for each in events:
        match each.value:
            case Application():
                await index.observe([tokenise_application(each.value, tokeniser, ZoneInfo(settings.timezone))])
            case DeviceEvent():
                await index.observe_devices([tokenise_device_event(each.value, tokeniser)])
    await index.close()


async def test_the_same_events_in_another_order_make_no_difference(
    settings: Settings, events: list[TimedRecord]
) -> None:
    await write(settings, events[::-1])
    found = await compare_links(settings, events, [], {})
    applications = sum(isinstance(each.value, Application) for each in events)
    assert (found.compared, found.differing) == (applications, {})


async def test_results_that_the_index_does_not_hold_are_named(settings: Settings, events: list[TimedRecord]) -> None:
    await write(settings, events)
    found = await compare_links(settings, events, [], {})
    assert len(found.forgotten) == found.compared


async def test_a_device_event_that_is_missing_shows_in_the_state_of_its_device(
    settings: Settings, events: list[TimedRecord]
) -> None:
    first = next(each for each in events if isinstance(each.value, DeviceEvent))
    await write(settings, [each for each in events if each is not first])
    found = await compare_links(settings, events, [], {})
    assert "device" in {part for parts in found.differing.values() for part in parts}


async def test_an_application_that_is_missing_shows_in_those_that_it_is_linked_with(
    settings: Settings, events: list[TimedRecord]
) -> None:
    gone = [each for each in events if isinstance(each.value, Application)][:20]
    await write(settings, [each for each in events if each not in gone])
    found = await compare_links(settings, [each for each in events if each not in gone], [], {})
    assert found.differing == {}
    found = await compare_links(settings, events, [], {})
    assert {"links", "velocity"} & {part for parts in found.differing.values() for part in parts}
