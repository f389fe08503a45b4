"""Fills lists with many entries, quickly: straight into the index, from several processes."""

from __future__ import annotations

import asyncio
import random
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from multiprocessing.sharedctypes import Synchronized

from config.settings import Settings
from models.events import ListedKind, Severity
from models.facts import ListEntryFacts
from scripts.bench.progress import OnDone
from scripts.bench.sowers import sow_side_by_side
from streams.index.valkey import ValkeyIndex

PROCESSES = 2
AT_ONCE = 500
"""Entries that one process hands over at a time."""
KINDS: tuple[ListedKind, ...] = (
    "id_number",
    "phone",
    "phone",
    "id_number",
    "bank_card",
    "device_id",
    "email",
    "address",
)
"""Of the entries in turn: people are listed by ID number and phone above all."""
EXTERNAL_LISTS = 4
REASONS = 50
SEVERITIES: tuple[Severity, ...] = ("low", "medium", "high")
ADDED = datetime(2026, 11, 1, tzinfo=UTC)


def entries(own: int, external: int, first: int = 0, step: int = 1) -> Iterator[ListEntryFacts]:
    """So many entries with tokens of nobody, always the same; those at `first`, `first + step` and so on."""
    for number in range(first, own + external, step):
        token = urlsafe_b64encode(random.Random(number).randbytes(16))[:22].decode()
        yield ListEntryFacts(
            event_id=f"list-{number}",
            occurred_at=ADDED + timedelta(seconds=number),
            action="add",
            list="own" if number < own else f"external:{number % EXTERNAL_LISTS}",
            kind=KINDS[number % len(KINDS)],
            token=token,
            reason=f"reason {number % REASONS}",
            severity=SEVERITIES[number % len(SEVERITIES)],
            expires_at=ADDED + timedelta(days=400) if number % 3 == 0 else None,
            source="collections",
        )


async def sow_entries(settings: Settings, own: int, external: int, on_done: OnDone) -> None:
    """Put the entries into the settings' index. Raises BenchFailedError."""
    shares = [(settings, own, external, first) for first in range(PROCESSES)]
    await sow_side_by_side(_sow, shares, f"{own + external} list entries", on_done)


def _sow(settings: Settings, own: int, external: int, first: int, done: Synchronized[int]) -> None:
    """The life of one process."""
    asyncio.run(_put(settings, entries(own, external, first, PROCESSES), done))


async def _put(settings: Settings, facts: Iterator[ListEntryFacts], done: Synchronized[int]) -> None:
    index = ValkeyIndex.from_settings(settings)
    await index.ping()
    while batch := list(islice(facts, AT_ONCE)):
        await index.put_list_entries(batch)
        with done:
            done.value += len(batch)
    await index.close()
