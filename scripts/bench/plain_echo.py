"""The other yardstick: the same echo without Faust, as good as aiokafka alone does it. Takes what is there, decodes it
and encodes it with the worker's own codec, sends all of it and awaits the acknowledgements before it may commit. Run as
a process: `python -m scripts.bench.plain_echo`."""

from __future__ import annotations

import asyncio
import signal
from datetime import UTC, datetime

import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from config.settings import Settings
from streams.app import COMMIT_INTERVAL_S
from streams.codec import decode, encode
from streams.kafka import client_options

POLL_MS = 200
MAX_BATCH_BYTES = 128 * 1024
"""As the worker's publisher has it."""


async def echo(settings: Settings) -> None:
    """`applications` in, the same records to `decisions`, until cancelled."""
    target = settings.topic("decisions")
    options = {**client_options(settings), "max_batch_size": MAX_BATCH_BYTES}
    consumer = AIOKafkaConsumer(
        settings.topic("applications"),
        **client_options(settings),
        group_id=f"{settings.topic_prefix}plain-echo",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    async with consumer, AIOKafkaProducer(**options, acks="all") as producer:
        loop = asyncio.get_running_loop()
        committed_at = loop.time()
        while True:
            batch = await consumer.getmany(timeout_ms=POLL_MS, max_records=settings.batch_max)
            acknowledgements = []
            for records in batch.values():
                for record in records:
                    decoded = decode("applications", record.value, datetime.now(UTC))
                    acknowledgements.append(await producer.send(target, encode(decoded.record), record.key))
            await asyncio.gather(*acknowledgements)
            if loop.time() - committed_at >= COMMIT_INTERVAL_S:
                await consumer.commit()
                committed_at = loop.time()


async def _until_terminated() -> None:
    task = asyncio.create_task(echo(Settings()))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        return


def main() -> None:
    """Run until SIGTERM."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_until_terminated())


if __name__ == "__main__":
    main()
