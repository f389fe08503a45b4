"""A worker that may be started before Kafka: its imports, which take longest, do not wait for anybody.

Run as a process, `python -m scripts.demonstration.early_worker`. Whoever starts it ends it when Kafka never comes.
"""

from __future__ import annotations

import asyncio
import logging
import time

from config.settings import Settings
from streams.kafka import BrokerUnreachableError
from streams.topics import create_or_check
from streams.worker import run_worker

POLL_S = 0.1


def main() -> None:
    """Wait for Kafka and its topics, then run as any worker does."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # that Kafka does not listen yet is no news
    settings = Settings()
    while not asyncio.run(_topics_are_there(settings)):
        time.sleep(POLL_S)
    run_worker(settings)


async def _topics_are_there(settings: Settings) -> bool:
    try:
        return not await create_or_check(settings, create=False)
    except BrokerUnreachableError:
        return False


if __name__ == "__main__":
    main()
