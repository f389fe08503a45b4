"""Fills a link index with many applications, quickly: as `tidegate rebuild` does, from several processes.

The server runs one function at a time, so it is the server that sets the pace as soon as two processes feed it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from itertools import islice
from multiprocessing.sharedctypes import Synchronized

from msgspec import Struct

from config.settings import Settings
from models.decision import Verdict
from models.facts import ApplicationFacts
from models.pipeline import decision_id
from scripts.bench.population import multiple
from scripts.bench.progress import OnDone
from scripts.bench.sowers import sow_side_by_side
from streams.index.protocol import PastDecision
from streams.index.refill import RefillIndex

PROCESSES = 2
AT_ONCE = 200
"""Applications that one process hands over at a time."""


class Seed(Struct, frozen=True, kw_only=True):
    """An application and what it led to, which its multiples lead to as well."""

    facts: ApplicationFacts
    verdict: Verdict
    decision: bytes
    """As published."""
    alert_ids: list[str]


async def sow(settings: Settings, seeds: Sequence[Seed], times: int, on_done: OnDone) -> None:
    """Put `times` multiples of each seed into the settings' index, in event-time order. Raises BenchFailedError."""
    shares = [(settings, seeds, range(first, times, PROCESSES)) for first in range(min(PROCESSES, times))]
    await sow_side_by_side(_sow, shares, f"{times * len(seeds)} applications", on_done)


def _sow(settings: Settings, seeds: Sequence[Seed], numbers: Sequence[int], done: Synchronized[int]) -> None:
    """The life of one process."""
    asyncio.run(_put(settings, _multiples(seeds, numbers), done))


def _multiples(seeds: Sequence[Seed], numbers: Sequence[int]) -> Iterator[Seed]:
    return (seed_multiple(seed, number) for seed in seeds for number in numbers)


def seed_multiple(seed: Seed, number: int) -> Seed:
    """The seed's multiple of that number, with ids of its own also in its decision, which is stored by them."""
    facts = multiple(seed.facts, number)
    decision = seed.decision
    for old, new in (
        (seed.facts.event_id, facts.event_id),
        (seed.facts.application_id, facts.application_id),
        (decision_id(seed.facts.event_id), decision_id(facts.event_id)),
    ):
        decision = decision.replace(f'"{old}"'.encode(), f'"{new}"'.encode())
    alert_ids = [f"{alert_id}.{number}" for alert_id in seed.alert_ids]
    return Seed(facts=facts, verdict=seed.verdict, decision=decision, alert_ids=alert_ids)


async def _put(settings: Settings, seeds: Iterator[Seed], done: Synchronized[int]) -> None:
    index = RefillIndex.from_settings(settings)
    await index.ping()
    while batch := list(islice(seeds, AT_ONCE)):
        await index.place([(each.facts, ()) for each in batch])
        await index.set_decisions(
            [
                PastDecision(
                    event_id=each.facts.event_id,
                    application_id=each.facts.application_id,
                    occurred_ms=each.facts.occurred_ms,
                    decision_flag=each.verdict,
                )
                for each in batch
            ]
        )
        await index.keep_decisions([(each.facts.event_id, each.decision) for each in batch])
        await index.claim_alerts([alert_id for each in batch for alert_id in each.alert_ids])
        with done:
            done.value += len(batch)
    await index.close()
