"""A consumer that is closed while Kafka is away ends like any other.

When a fetch has failed, aiokafka 0.14 pauses before the next. Whoever closes the consumer then gets the CancelledError
of that pause, as if the closing task had been cancelled: a follower that would have tried again in two seconds ended
for good, without a word, and the consumer's connections stayed open.
"""

from __future__ import annotations

import asyncio
from functools import wraps
from typing import Any

from aiokafka.consumer.fetcher import Fetcher


def close_consumers_whole() -> None:
    """Make every aiokafka consumer of this process wait for its fetches to end when it is closed. Calling it again
    changes nothing."""
    close = Fetcher.close
    if hasattr(close, "__wrapped__"):
        return

    @wraps(close)
    async def whole(self: Any) -> None:
        self._fetch_task.cancel()
        await asyncio.gather(self._fetch_task, return_exceptions=True)  # it begins no fetch any more
        for fetch in self._pending_tasks:
            fetch.cancel()
        await asyncio.gather(*self._pending_tasks, return_exceptions=True)
        self._pending_tasks.clear()
        await close(self)

    Fetcher.close = whole
