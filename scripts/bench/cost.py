"""What one decision costs on a link index, taken the worker's own way: enrich, decide, remember, settle."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from time import perf_counter, process_time

from msgspec import Struct
from redis import Redis

from config.settings import Settings
from models.facts import ApplicationFacts
from streams.agents.applications import decide_applications
from streams.app import build_dependencies
from streams.batches import Received
from streams.runner import Accepted

FUNCTIONS = ("fcall", "psetex", "unlink")
"""What a worker asks of the server."""


class Cost(Struct, frozen=True, kw_only=True):
    """Microseconds a decision."""

    server_us: float
    """In Valkey, by its own clock."""
    client_us: float
    """Processor time in the worker's process."""
    wall_us: float
    """From the batch to its settled results."""


class Decider:
    """Decides applications on one index as a worker does, without Kafka. The settings' deadline should be long."""

    def __init__(self, settings: Settings) -> None:
        self._deps = build_dependencies(settings)
        self._server = Redis.from_url(settings.redis_url.get_secret_value(), protocol=2)

    async def start(self) -> None:
        """Connect, and load the function library."""
        await self._deps.index.ping()

    async def observe(self, applications: Sequence[ApplicationFacts]) -> None:
        """Put applications into the index without deciding them."""
        await self._deps.index.observe(applications)

    async def cost_of(self, applications: Sequence[ApplicationFacts]) -> Cost:
        """Decide a batch. Each application of it must be new to the index."""
        batch = [Accepted(_received(number), facts) for number, facts in enumerate(applications)]
        server_us, cpu_s, began = self._server_us(), process_time(), perf_counter()
        handled = await decide_applications(batch, self._deps)
        await self._deps.index.settle(handled.settle)
        wall_s, cpu_s, server_us = perf_counter() - began, process_time() - cpu_s, self._server_us() - server_us
        return Cost(
            server_us=server_us / len(batch),
            client_us=cpu_s / len(batch) * 1e6,
            wall_us=wall_s / len(batch) * 1e6,
        )

    def memory_bytes(self) -> int:
        """What Valkey holds."""
        return int(self._server.info("memory")["used_memory"])

    async def close(self) -> None:
        """Let go of connections."""
        await self._deps.index.close()
        self._server.close()

    def _server_us(self) -> int:
        spent = self._server.info("commandstats")
        return sum(int(spent.get(f"cmdstat_{name}", {}).get("usec", 0)) for name in FUNCTIONS)


def median_cost(costs: Sequence[Cost]) -> Cost:
    """The median of each figure."""
    return Cost(
        server_us=statistics.median(each.server_us for each in costs),
        client_us=statistics.median(each.client_us for each in costs),
        wall_us=statistics.median(each.wall_us for each in costs),
    )


def _received(offset: int) -> Received:
    return Received(topic="", partition=0, offset=offset, key=None, value=None, published_ms=0, taken_at=perf_counter())
