"""A pause that aiokafka 0.14 does not make by itself when Kafka is away.

Its producer and its fetcher ask for metadata again as soon as the last attempt has failed. Against a port where nobody
listens that is a loop without a wait: measured, one worker made 1,500 attempts and wrote as many log lines a second, on
a core that Kafka needed to start.
"""

from __future__ import annotations

import asyncio
from functools import wraps
from typing import Any

from aiokafka.client import AIOKafkaClient

METADATA_PAUSE_S = 0.25
"""Between two attempts to find a broker. What comes back is found this much later at most."""


def pace_metadata_requests() -> None:
    """Make every aiokafka client of this process, Faust's among them, wait after a failed request for metadata. Calling
    it again changes nothing."""
    request = AIOKafkaClient._metadata_update
    if hasattr(request, "__wrapped__"):
        return

    @wraps(request)
    async def paced(self: Any, *args: Any) -> bool:
        updated: bool = await request(self, *args)
        if not updated:
            await asyncio.sleep(METADATA_PAUSE_S)
        return updated

    AIOKafkaClient._metadata_update = paced
