"""Publishing: everything arrives on a real Kafka, in order, at the rate asked for."""

import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from config.settings import Settings
from models.events import EVENT_TYPES
from scripts.simulator.publishing import publish
from scripts.simulator.stream import SimulationConfig, simulated_stream
from streams.kafka import client_options, read_to_end, running
from streams.topics import create_or_check

END = datetime(2026, 11, 24, 4, tzinfo=UTC)
CONFIG = SimulationConfig(start=END - timedelta(days=30), end=END, applications=200, fraud_share=0.3)


async def test_every_record_arrives_under_its_key_and_as_the_contracts_type(settings: Settings) -> None:
    await create_or_check(settings, create=True)
    records = list(simulated_stream(CONFIG))
    producer = AIOKafkaProducer(**client_options(settings))
    async with running(producer, settings):
        published = await publish(records, producer, settings, rate=0)
    assert published == Counter(record.topic for record in records)
    for topic in published:
        sent = [(record.key, record.value) for record in records if record.topic == topic]
        arrived = [
            ((record.key or b"").decode(), msgspec.json.decode(record.value or b"", type=EVENT_TYPES[topic]))
            async for record in read_to_end(settings, settings.topic(topic))
        ]
        assert sorted(arrived, key=lambda each: each[1].event_id) == sorted(sent, key=lambda each: each[1].event_id)


async def test_applications_go_out_at_the_rate_and_progress_is_told(settings: Settings) -> None:
    await create_or_check(settings, create=True)
    few = msgspec.structs.replace(CONFIG, applications=31)
    told: list[int] = []
    producer = AIOKafkaProducer(**client_options(settings))
    async with running(producer, settings):
        began = time.monotonic()
        published = await publish(
            simulated_stream(few), producer, settings, 30.0, lambda counts: told.append(counts["applications"])
        )
        took_s = time.monotonic() - began
    assert 1.0 <= took_s < 30.0
    assert told == sorted(told)
    assert told[-1] == published["applications"] == 31
    assert len(told) == published.total()


async def test_a_missing_topic_is_an_error_and_leaves_nothing_hanging(settings: Settings) -> None:
    producer = AIOKafkaProducer(**client_options(settings), request_timeout_ms=3_000)
    async with running(producer, settings):
        with pytest.raises(KafkaError):
            await publish(simulated_stream(CONFIG), producer, settings, rate=0)
