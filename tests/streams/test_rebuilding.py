"""What each part of a rebuild takes from its topic, and what it leaves out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from aiokafka import AIOKafkaProducer

from config.settings import Settings
from models.policy.policy import load_policy_file
from scripts.embedded import EmbeddedValkey
from streams.index.layout import CLAIM_KEEP_MS, KEEP_MS, key_prefix, short_hash
from streams.index.protocol import decode_stored
from streams.index.refill import RefillIndex
from streams.kafka import record_counts
from streams.rebuilding import PARTS, PartReport, parts, rebuild_part
from streams.topics import create_or_check
from tests.builders import application, list_entry

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)


def example(topic: str, **changes: Any) -> dict[str, Any]:
    record: dict[str, Any] = json.loads((EXAMPLES / f"{topic}.json").read_text())
    return record | changes


def at(moment_ms: int) -> str:
    return (datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=moment_ms)).isoformat()


@pytest.fixture
async def index(settings: Settings) -> AsyncIterator[RefillIndex]:
    settings = settings.model_copy(update={"index_deadline_ms": 5_000})
    await create_or_check(settings, create=True)
    made = RefillIndex.from_settings(settings)
    await made.ping()
    yield made
    await made.close()


async def report(settings: Settings, index: RefillIndex, part: str, *records: object) -> PartReport:
    """Publish to the part's topic and rebuild it."""
    producer = AIOKafkaProducer(bootstrap_servers=settings.bootstrap)
    await producer.start()
    for record in records:
        value = record if isinstance(record, bytes) else json.dumps(record).encode()
        await producer.send_and_wait(settings.topic(PARTS[part]), value, b"k", timestamp_ms=NOW_MS)
    await producer.stop()
    done: list[int] = []
    found = parts(settings, index, load_policy_file(None), NOW)[part]
    made = await rebuild_part(found, settings, done.append)
    assert sum(done) == made.records == len(records)
    return made


def figures(made: PartReport) -> tuple[int, int, int]:
    return made.written, made.left_out, made.unreadable


async def test_a_decision_is_kept_unless_it_was_made_without_the_index(settings: Settings, index: RefillIndex) -> None:
    decision = example("decisions", event_id="e-A-1", degraded=[])
    degraded = example("decisions", event_id="e-A-2", degraded=["links"])
    assert figures(await report(settings, index, "results", decision, degraded, b"{")) == (1, 1, 1)
    first, second = await index.observe([application("A-1"), application("A-2")])
    assert first.earlier is not None
    stored = decode_stored(first.earlier)
    assert (json.loads(stored.decision), stored.alerts, stored.audit) == (decision, [], None)
    assert second.earlier is None


@pytest.mark.parametrize(("age_ms", "written"), [(KEEP_MS - 1, 1), (KEEP_MS, 0)])
async def test_an_application_that_the_index_would_have_forgotten_is_left_out(
    settings: Settings, index: RefillIndex, age_ms: int, written: int
) -> None:
    audit = example("decision-audit")
    audit["event"]["occurred_at"] = at(NOW_MS - age_ms)
    assert figures(await report(settings, index, "applications", audit)) == (written, 1 - written, 0)


async def test_neighbours_see_the_decision_that_was_made_with_the_index(settings: Settings, index: RefillIndex) -> None:
    audit = example("decision-audit", decision="reject")
    degraded = example("decision-audit", decision="review")
    degraded["enrichment"] = {"observation": None, "degraded": ["links", "blacklist"]}
    for record in (audit, degraded):
        record["event"]["occurred_at"] = at(NOW_MS)
    await report(settings, index, "applications", audit, degraded)
    phone = next(token for kind, token in audit["event"]["identifiers"] if kind == "phone")
    probe = application("A-probe", at_ms=NOW_MS)
    probe.identifiers[1] = type(probe.identifiers[1])("phone", phone)
    (neighbours,) = [each.neighbours for each in await index.observe([probe])]
    assert [(each.application_id, each.decision) for each in neighbours] == [
        (audit["event"]["application_id"], "reject")
    ]


async def test_labels_that_say_something_of_fraud_or_money_are_written(settings: Settings, index: RefillIndex) -> None:
    kinds = ("confirmed_fraud", "overdue", "disbursed", "collection_contact")
    labels = [example("labels", kind=kind, occurred_at=at(NOW_MS), application_id="A-1") for kind in kinds]
    old = example("labels", kind="repaid", occurred_at=at(NOW_MS - KEEP_MS), application_id="A-1")
    assert figures(await report(settings, index, "labels", *labels, old, b"[]")) == (4, 1, 1)
    await index.observe([application("A-1")])
    (seen,) = await index.look([short_hash("A-1")])
    assert seen is not None
    assert (seen.label, seen.loan) == ("fraud", "disbursed")


async def test_an_event_ahead_of_the_clock_when_it_came_is_none_now(settings: Settings, index: RefillIndex) -> None:
    events = [example("device-events", occurred_at=at(NOW_MS + ahead_ms)) for ahead_ms in (300_000, 300_001)]
    assert figures(await report(settings, index, "devices", *events)) == (1, 0, 1)


async def test_alerts_of_30_days_are_claimed(settings: Settings, index: RefillIndex) -> None:
    ages = {"new": CLAIM_KEEP_MS - 1, "old": CLAIM_KEEP_MS}
    alerts = [example("alerts", alert_id=name, raised_at=at(NOW_MS - age_ms)) for name, age_ms in ages.items()]
    assert figures(await report(settings, index, "alerts", *alerts)) == (1, 1, 0)
    prefix = key_prefix(settings.topic_prefix)
    with redis.Redis.from_url(settings.redis_url.get_secret_value()) as store:
        assert [store.exists(f"{prefix}C{short_hash(name)}") for name in ages] == [1, 0]


async def test_a_valkey_that_is_busy_is_waited_for(valkey: EmbeddedValkey, topic_prefix: str) -> None:
    index = RefillIndex(valkey.url, topic_prefix, deadline_ms=1)
    with redis.Redis.from_url(valkey.url) as store:
        store.client_pause(1_500)
        await asyncio.gather(index.ping(), index.put_list_entries([list_entry("phone")]))
        assert store.exists(f"{key_prefix(topic_prefix)}T")
    await index.close()


async def test_records_are_counted_by_topic(settings: Settings, index: RefillIndex) -> None:
    await report(settings, index, "labels", b"1", b"2")
    topics = [settings.topic("labels"), settings.topic("alerts")]
    assert await record_counts(settings, topics) == dict(zip(topics, (2, 0), strict=True))
