"""What the functions write in one command where the server has it, and key by key where not."""

import pytest
import redis

from scripts.embedded import EmbeddedValkey
from streams.index import library
from streams.index.layout import key_prefix
from streams.index.protocol import ResultToRemember, StoredResult
from streams.index.valkey import ValkeyIndex
from tests.builders import CELL, NOON_MS, application, device_event
from tests.streams.index.conftest import PATIENT_MS


async def stored_by(url: str, prefix: str) -> dict[bytes, bytes]:
    """What is stored after some applications, a device event and a result, by key; all of it has a time to live."""
    index = ValkeyIndex(url, prefix, PATIENT_MS)
    result = ResultToRemember(
        event_id="e-1",
        application_id="A-1",
        occurred_ms=NOON_MS,
        decision_flag="review",
        result=StoredResult(b"{}", [b"{}"], b"{}"),
        alert_ids=["ring"],
    )
    for i in range(70):
        await index.observe([application(f"A-{i}", device_id=f"d-{i % 9}", merchant_id="m", amount_cny=i + 1.0)])
    await index.observe_devices([device_event("de-1", device_id="d-1", gps_cell=CELL)])
    await index.remember([result])
    await index.close()
    with redis.Redis.from_url(url, protocol=2) as admin:
        keys: list[bytes] = list(admin.scan_iter(f"{key_prefix(prefix)}*"))
        assert all(admin.pttl(key) > 0 for key in keys)
        return {key[5:]: admin.get(key) or b"" for key in keys}


async def test_a_server_without_the_command_stores_the_same(
    valkey: EmbeddedValkey, topic_prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Valkey before 9.1, and Redis before 8.4."""
    at_once = await stored_by(valkey.url, f"{topic_prefix}a.")
    source = library.SOURCE.replace("MSETEX", "MSETNONE").replace(library.VERSION, "one_by_one")
    monkeypatch.setattr(library, "SOURCE", source)
    monkeypatch.setattr(library, "VERSION", "one_by_one")
    assert await stored_by(valkey.url, f"{topic_prefix}b.") == at_once
    with redis.Redis.from_url(valkey.url) as admin:
        admin.function_delete("tidegate_one_by_one")
