"""What the agents work with, made once by the composition root (`streams.app`) and passed in."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from config.settings import Settings
from models.pipeline import Models
from models.policy.policy import Policy
from streams.breaker import Breaker
from streams.external_lists.services import ListServices
from streams.index.protocol import IndexUnavailableError, LinkIndex
from streams.metrics import Metrics
from streams.publisher import Publisher


@dataclass
class Serving:
    """What decides now. Replaced whole, so whoever reads it once has models that belong together."""

    models: Models


@dataclass(frozen=True)
class Dependencies:
    """Everything outside the core that an agent may touch."""

    settings: Settings
    clock: Callable[[], datetime]
    """The time now, aware, in UTC."""
    index: LinkIndex
    breaker: Breaker
    publisher: Publisher
    policy: Policy
    serving: Serving
    metrics: Metrics
    list_services: ListServices

    async def start(self) -> None:
        """Connect to what the agents need before they start. The index may be down: applications are decided anyway."""
        await self.publisher.start()
        with suppress(IndexUnavailableError):
            await self.index.ping()  # so that no application waits for the connection and the library

    async def stop(self) -> None:
        """Let go of connections, after the agents have stopped."""
        await self.publisher.stop()
        await self.index.close()
        await self.list_services.close()
