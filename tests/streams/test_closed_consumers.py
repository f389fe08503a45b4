"""Closing a consumer whose fetches fail."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaConnectionError
from aiokafka.protocol.fetch import FetchRequest

from config.settings import Settings
from streams.kafka import running
from streams.topics import create_or_check

LONG_S = 60.0


async def test_closing_a_consumer_between_two_attempts_to_fetch_cancels_nobody(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await create_or_check(settings, create=True)
    consumer = AIOKafkaConsumer(settings.topic("labels"), bootstrap_servers=settings.bootstrap, group_id=None)
    failed = asyncio.Event()
    with pytest.raises(ZeroDivisionError):
        async with running(consumer, settings):
            send = consumer._client.send

            async def fail_to_fetch(node_id: int, request: Any, **options: Any) -> Any:
                if isinstance(request, FetchRequest):
                    monkeypatch.setattr(consumer._fetcher, "_retry_backoff", LONG_S)
                    failed.set()
                    raise KafkaConnectionError
                return await send(node_id, request, **options)

            monkeypatch.setattr(consumer._client, "send", fail_to_fetch)
            await asyncio.wait_for(failed.wait(), 30)
            raise ZeroDivisionError
    assert not any(connection.connected() for connection in consumer._client._conns.values())
