"""Records reach an agent as Kafka gave them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import faust
import pytest

from config.settings import Settings
from streams.app import faust_options
from streams.raw_records import RawSchema, wait_for_no_producer


@pytest.mark.parametrize(("key", "value"), [(b"k", b"\xff\x00"), (None, b"{}"), (b"k", None), (b"", b"")])
async def test_keys_and_values_are_what_they_were(settings: Settings, key: bytes | None, value: bytes | None) -> None:
    app = faust.App("raw", **faust_options(settings))
    message = SimpleNamespace(key=key, value=value, headers=None)
    topic: Any = app.topic("t", schema=RawSchema())
    event = await topic.decode(message, propagate=True)
    assert (event.app, event.key, event.value, event.message) == (app, key, value, message)


async def test_a_full_producer_keeps_no_record_back(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    app: Any = faust.App("raw", **faust_options(settings))
    buffer = app.producer.buffer
    monkeypatch.setattr(type(buffer), "size", property(lambda _: buffer.max_messages + 1))
    with pytest.raises(RuntimeError, match="Cannot flush"):
        await buffer.wait_until_ebb()
    wait_for_no_producer(app)
    await buffer.wait_until_ebb()
