"""Fills a link index with many applications, quickly: through its own functions, from several processes.

The server runs one function at a time, so it is the server that sets the pace as soon as two processes feed it.
"""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Iterator, Sequence
from itertools import islice
from multiprocessing.sharedctypes import Synchronized

from msgspec import Struct

from config.settings import Settings
from models.decision import Verdict
from models.facts import ApplicationFacts
from scripts.bench.load import BenchFailedError
from scripts.bench.population import multiple
from scripts.bench.progress import OnDone
from streams.index.protocol import ResultToRemember, StoredResult
from streams.index.valkey import ValkeyIndex

PROCESSES = 2
AT_ONCE = 100
"""Applications that one process hands over at a time."""
POLL_S = 0.2


class Seed(Struct, frozen=True, kw_only=True):
    """An application and the result that is remembered for it and, being of the same size, for its multiples."""

    facts: ApplicationFacts
    verdict: Verdict
    result: StoredResult
    alert_ids: list[str]


async def sow(settings: Settings, seeds: Sequence[Seed], times: int, on_done: OnDone) -> None:
    """Put `times` multiples of each seed into the settings' index, in event-time order. Raises BenchFailedError."""
    context = multiprocessing.get_context("spawn")
    done = context.Value("q", 0)
    processes = [
        context.Process(target=_sow, args=(settings, seeds, range(first, times, PROCESSES), done), daemon=True)
        for first in range(min(PROCESSES, times))
    ]
    try:
        for each in processes:
            each.start()
        while any(each.is_alive() for each in processes):
            on_done(done.value)
            await asyncio.sleep(POLL_S)
    finally:
        for each in processes:
            each.terminate()
    if any(each.exitcode for each in processes):
        raise BenchFailedError(f"seeding ended after {done.value} of {times * len(seeds)} applications")


def _sow(settings: Settings, seeds: Sequence[Seed], numbers: Sequence[int], done: Synchronized[int]) -> None:
    """The life of one process."""
    asyncio.run(_put(settings, _results(seeds, numbers), done))


def _results(seeds: Sequence[Seed], numbers: Sequence[int]) -> Iterator[tuple[ApplicationFacts, ResultToRemember]]:
    for seed in seeds:
        for number in numbers:
            facts = multiple(seed.facts, number)
            yield (
                facts,
                ResultToRemember(
                    event_id=facts.event_id,
                    application_id=facts.application_id,
                    occurred_ms=facts.occurred_ms,
                    decision_flag=seed.verdict,
                    result=seed.result,
                    alert_ids=[f"{alert_id}.{number}" for alert_id in seed.alert_ids],
                ),
            )


async def _put(
    settings: Settings, results: Iterator[tuple[ApplicationFacts, ResultToRemember]], done: Synchronized[int]
) -> None:
    index = ValkeyIndex.from_settings(settings)
    while batch := list(islice(results, AT_ONCE)):
        await index.observe([facts for facts, _ in batch])
        await index.remember([result for _, result in batch])
        await index.settle([facts.event_id for facts, _ in batch])
        with done:
            done.value += len(batch)
    await index.close()
