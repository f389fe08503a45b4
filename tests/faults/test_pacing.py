"""A client of a Kafka that is away tries again at a pace."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka import AIOKafkaProducer

from config.settings import Settings
from scripts.chaos.proxy import TcpProxy
from scripts.embedded import EmbeddedKafka
from scripts.embedded.ports import LOOPBACK
from streams.pacing import METADATA_PAUSE_S, pace_metadata_requests
from streams.topics import create_or_check


async def test_a_producer_whose_kafka_is_cut_off_does_not_spin(
    disturbed_kafka: EmbeddedKafka, topic_prefix: str, caplog: pytest.LogCaptureFixture
) -> None:
    pace_metadata_requests()
    settings = Settings(_env_file=None, broker=disturbed_kafka.url, topic_prefix=topic_prefix, partitions=1)
    await create_or_check(settings, create=True)
    assert disturbed_kafka.proxy_port is not None
    assert disturbed_kafka.behind_proxy_port is not None
    proxy = TcpProxy(disturbed_kafka.proxy_port, disturbed_kafka.behind_proxy_port)
    await proxy.start()
    producer = AIOKafkaProducer(bootstrap_servers=f"{LOOPBACK}:{proxy.port}", request_timeout_ms=30_000)
    try:
        await producer.start()
        await producer.send_and_wait(settings.topic("labels"), b"one")
        await proxy.stop()
        sending = asyncio.create_task(producer.send_and_wait(settings.topic("labels"), b"two"))
        caplog.set_level("ERROR", "aiokafka")
        caplog.clear()
        await asyncio.sleep(8 * METADATA_PAUSE_S)
        assert not sending.done()
        failures = [each for each in caplog.messages if "Unable to update metadata" in each]
        assert 1 <= len(failures) <= 10
        await proxy.start()
        await asyncio.wait_for(sending, 30)
    finally:
        await producer.stop()
        await proxy.stop()
