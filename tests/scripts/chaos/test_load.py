"""The load knows what it publishes."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from itertools import islice

import msgspec
import pytest

from config.settings import Settings
from models.events import Application
from scripts.chaos.load import Load, Twist
from scripts.simulator.records import TimedRecord
from streams.codec import InvalidRecord, RecordDecoder


def load(twist: Twist = "plain") -> Load:
    return Load(Settings(_env_file=None), rate=10.0, twist=twist)


def published(made: Load, records: int) -> list[TimedRecord]:
    return list(islice(made._twisted(), records))


def test_every_event_is_noted_as_it_is_published() -> None:
    made = load()
    assert published(made, 500) == made.events[:500]
    assert set(made.application_events) >= {
        each.value.event_id for each in made.events if isinstance(each.value, Application)
    }


def test_after_stop_nothing_more_is_published() -> None:
    made = load()
    stream = made._twisted()
    next(stream)
    made.stop()
    assert list(stream) == []


def test_doubled_traffic_has_every_record_twice_and_in_another_order() -> None:
    made = load("doubled")
    stream = made._twisted()
    records = [next(stream) for _ in range(400)]
    made.stop()
    records += stream
    counts = Counter(id(record) for record in records)
    assert counts == {id(record): 2 for record in made.events}
    times = [record.occurred_at for record in records]
    assert times != sorted(times)


def test_no_kind_of_poison_can_be_read() -> None:
    made = load("poisoned")
    poison = [each for each in published(made, 1_500) if each.key in made.poison]
    assert len(poison) >= 11
    decode = RecordDecoder(Application)
    for each in poison:
        with pytest.raises(InvalidRecord):
            decode(msgspec.json.encode(each.value), datetime.now(UTC))
