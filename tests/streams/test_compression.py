"""Upstream chooses how it compresses what it publishes."""

from __future__ import annotations

from aiokafka import AIOKafkaProducer

from config.settings import Settings
from streams.batches import Batch
from streams.topics import create_or_check
from tests.streams.running_app import running_app, until

CODECS = ("gzip", "snappy", "lz4", "zstd")


async def test_records_are_taken_whichever_codec_of_kafkas_their_producer_uses(settings: Settings) -> None:
    await create_or_check(settings, create=True)
    taken: list[bytes | None] = []

    async def take(batch: Batch) -> None:
        taken.extend(record.value for record in batch.records)
        batch.acknowledge()

    sent = [codec.encode() * 1_000 for codec in CODECS]
    async with running_app(settings, take):
        for codec, value in zip(CODECS, sent, strict=True):
            async with AIOKafkaProducer(bootstrap_servers=settings.bootstrap, compression_type=codec) as producer:
                await producer.send_and_wait(settings.topic("applications"), value, partition=0)
        await until(lambda: taken == sent)
