"""`tidegate recall`, on a real Kafka and Valkey."""

from __future__ import annotations

import io
from contextlib import aclosing

import msgspec
import pytest
from rich.console import Console

from config.settings import Settings
from models.alerts import Alert
from models.recall.cause import BY_HAND, RecallOrder
from scripts import recall as command
from scripts.embedded.ports import free_port
from streams.index.protocol import LoanChange, PastDecision
from streams.index.valkey import ValkeyIndex
from streams.kafka import read_to_end
from streams.topics import create_or_check
from tests.builders import NOON_MS, application

PATIENT_MS = 10_000


async def in_topic(settings: Settings, topic: str) -> list[bytes]:
    async with aclosing(read_to_end(settings, settings.topic(topic))) as records:
        return [record.value async for record in records]


async def approve(settings: Settings, *application_ids: str) -> None:
    """Applications that share a device and a card, all approved; the last one is paid out."""
    index = ValkeyIndex.from_settings(settings)
    await index.observe([application(each, device_id="d", bank_card="b") for each in application_ids])
    decisions = [
        PastDecision(event_id=f"e-{each}", application_id=each, occurred_ms=NOON_MS, decision_flag="approve")
        for each in application_ids
    ]
    await index.set_decisions(decisions)
    await index.set_loans([LoanChange(application_id=application_ids[-1], loan="disbursed", occurred_ms=NOON_MS)])
    await index.close()


async def test_a_recall_by_hand_shows_and_publishes_and_a_dry_run_only_shows(settings: Settings) -> None:
    settings = settings.model_copy(update={"partitions": 1, "index_deadline_ms": PATIENT_MS})
    await create_or_check(settings, create=True)
    await approve(settings, "A-1", "A-2", "A-3")
    found = await command._recall(settings, "A-1", dry_run=True)
    output = io.StringIO()
    Console(file=output, width=120).print(command._table(found))
    for text in ("A-2", "to review", "A-3", "paid out", "6,999.00 CNY", "A-1 device_id A-2"):
        assert text in output.getvalue()
    assert await in_topic(settings, "alerts") == await in_topic(settings, "recalls") == []

    await command._recall(settings, "A-1", dry_run=False)
    (alert,) = [msgspec.json.decode(each, type=Alert) for each in await in_topic(settings, "alerts")]
    (order,) = [msgspec.json.decode(each, type=RecallOrder) for each in await in_topic(settings, "recalls")]
    assert (alert.kind, alert.applications) == ("RING_RECALL", ["A-2", "A-3"])
    assert (order.application_id, order.recall.event_id) == ("A-2", BY_HAND)


async def test_an_application_that_nobody_knows_and_a_valkey_that_is_away_are_told(settings: Settings) -> None:
    with pytest.raises(command.RecallImpossibleError, match="does not know application A-9"):
        await command._recall(settings.model_copy(update={"index_deadline_ms": PATIENT_MS}), "A-9", dry_run=True)
    away = settings.model_copy(update={"redis_url": type(settings.redis_url)(f"redis://127.0.0.1:{free_port()}/0")})
    with pytest.raises(command.RecallImpossibleError, match="Valkey does not answer"):
        await command._recall(away, "A-9", dry_run=True)
