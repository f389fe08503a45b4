"""Raw personal data ends at the edge: a stream runs through a real worker, and then it is looked for."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import redis

from config.settings import Settings
from streams.index.layout import key_prefix
from tests.integration.harness import Client, MakeApplication, StartWorker

MARKED: dict[str, object] = {
    "applicant__name": "司马标记",
    "applicant__id_number": "370202198806151239",
    "applicant__phone": "13812345678",
    "applicant__email": "Marked.Person@example.cn",
    "applicant__bank_card": "6222029876543210987",
    "applicant__address": {"text": "青岛市市南区标记路77号", "lat": 36.061234, "lon": 120.381234},
    "applicant__employer": {"name": "标记制造有限公司", "phone": "053287654321"},
    "applicant__contacts": [{"name": "欧阳标记", "phone": "13987654321", "relation": "spouse"}],
    "device__device_id": "device-marked-1",
    "device__ip": "203.0.113.77",
    "device__gps": {"lat": 36.071234, "lon": 120.391234, "accuracy_m": 20},
    "liveness__face_id": "face-marked-1",
}

NEEDLES = [
    "司马标记", "欧阳标记", "370202198806151239", "13812345678", "13987654321", "marked.person", "6222029876543210987",
    "标记路77", "标记制造", "053287654321", "53287654321", "device-marked-1", "203.0.113.77", "203.0.113.0",
    "face-marked-1", "36.0612", "36.0712", "120.3812", "120.3912", "sim-marked-note", "marked-evidence@example.cn",
    "1988-06-15", "3702**********1239",
]  # fmt: skip


def all_of_valkey(url: str, prefix: str) -> bytes:
    """Every key under the prefix and every value, as Valkey holds them."""
    store: Any = redis.Redis.from_url(url)
    parts: list[bytes] = []
    for key in store.scan_iter(match=f"{prefix}*", count=1000):
        parts.append(key)
        match store.type(key):
            case b"string":
                parts.append(store.get(key))
            case b"hash":
                parts += [part for pair in store.hgetall(key).items() for part in pair]
            case b"zset":
                parts += store.zrange(key, 0, -1)
            case b"set":
                parts += store.smembers(key)
            case b"list":
                parts += store.lrange(key, 0, -1)
            case other:
                raise AssertionError(f"do not know how to read {other!r}")
    store.close()
    return b"\n".join(parts)


async def test_no_raw_identifier_is_found_past_the_edge(
    start_worker: StartWorker, client: Client, make_application: MakeApplication, topics: Settings
) -> None:
    worker = start_worker()
    now = datetime.now(UTC)
    listed = {
        "event_id": "b-1",
        "occurred_at": (now - timedelta(days=1)).isoformat(),
        "action": "add",
        "list": "own",
        "kind": "id_number",
        "value": MARKED["applicant__id_number"],
        "severity": "high",
    }
    await client.send("blacklist-entries", listed, "id_number:x")
    in_part = {"value": "3702**********1239", "name": MARKED["applicant__name"], "birth_date": "1988-06-15"}
    await client.send("blacklist-entries", listed | in_part | {"event_id": "b-2"}, "id_number:y")
    await client.send(
        "device-events",
        {
            "event_id": "d-1", "device_id": MARKED["device__device_id"], "kind": "login", "phone": "13812345678",
            "occurred_at": (now - timedelta(minutes=9)).isoformat(), "ip": MARKED["device__ip"],
            "gps": {"lat": 22.501234, "lon": 113.901234},
        },
    )  # fmt: skip
    await client.send(
        "labels",
        {
            "event_id": "l-1", "application_id": "A-1", "occurred_at": now.isoformat(), "kind": "confirmed_fraud",
            "source": "analyst", "note": "sim-marked-note 13812345678",
        },
    )  # fmt: skip
    await client.wait_until_taken("blacklist-entries", "device-events", "labels")
    for number in range(1, 5):  # enough for links, a ring, alerts
        await client.apply(make_application(number, **MARKED | {"applicant__phone": "13812345678"}))
    await client.send("applications", make_application(9, **MARKED) | {"term_months": 0})  # a dead letter
    await client.wait_for("decisions", 4)
    await client.wait_for("decision-audit", 4)
    await client.wait_for("dead-letters", 1)
    await client.settle(1.0)
    assert client.seen["alerts"], "no alert was raised, so none was searched"
    assert all(audit["enrichment"]["observation"][-1] for audit in client.seen["decision-audit"]), "nobody was near"

    letters = [letter.pop("payload_base64") for letter in client.seen["dead-letters"]]
    assert len(letters) == 1
    places = {
        "topics out": re.sub(rb'"payload_base64":"[^"]*"', b"", b"\n".join(client.raw)),
        "valkey": all_of_valkey(topics.redis_url.get_secret_value(), key_prefix(topics.topic_prefix)),
        "log": worker.log().encode(),
        "metrics": worker.get("/metrics")[1].encode(),
    }
    for place, content in places.items():
        assert len(content) > 500, f"{place} is nearly empty: nothing was searched"
        found = [
            needle for needle in NEEDLES if needle.encode() in content or needle.lower().encode() in content.lower()
        ]
        assert found == [], f"{found} in {place}"
