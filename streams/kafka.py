"""How every client of ours speaks to Kafka."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Any, Protocol

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaConnectionError, KafkaError

from config.errors import OperatorError, SettingsError
from config.settings import Settings
from streams.closed_consumers import close_consumers_whole

CONNECT_TIMEOUT_S = 15.0
POLL_MS = 500
READ_COMMITTED = "read_committed"
"""How records of others are read: what a transaction has taken back was never said."""


class BrokerUnreachableError(OperatorError):
    """No Kafka broker answers where the settings say."""


class Client(Protocol):
    """What aiokafka's producers and consumers have in common."""

    async def start(self) -> None: ...
    async def stop(self) -> None: ...


def client_options(settings: Settings) -> dict[str, Any]:
    """Keyword arguments for aiokafka's producers, consumers and admin client: where, with TLS and SASL as set.

    Raises SettingsError when a certificate or key file cannot be used.
    """
    options: dict[str, Any] = {
        "bootstrap_servers": settings.bootstrap,
        "security_protocol": settings.kafka_security_protocol,
        "ssl_context": ssl_context(settings),
    }
    if settings.kafka_security_protocol.startswith("SASL"):
        password = settings.kafka_sasl_password
        options |= {
            "sasl_mechanism": settings.kafka_sasl_mechanism,
            "sasl_plain_username": settings.kafka_sasl_username,
            "sasl_plain_password": password.get_secret_value() if password else None,
        }
    return options


def ssl_context(settings: Settings) -> ssl.SSLContext | None:
    """TLS as set: the brokers' certificates and host names are verified. None without TLS.

    Raises SettingsError when a certificate or key file cannot be used.
    """
    if "SSL" not in settings.kafka_security_protocol:
        return None
    try:
        context = ssl.create_default_context(cafile=settings.kafka_ssl_ca_file)
    except OSError as error:
        raise SettingsError(f"TIDEGATE_KAFKA_SSL_CA_FILE: {settings.kafka_ssl_ca_file}: {error}") from error
    if settings.kafka_ssl_cert_file is not None:
        try:
            context.load_cert_chain(settings.kafka_ssl_cert_file, settings.kafka_ssl_key_file)
        except OSError as error:
            names = "TIDEGATE_KAFKA_SSL_CERT_FILE, TIDEGATE_KAFKA_SSL_KEY_FILE"
            raise SettingsError(f"{names}: {settings.kafka_ssl_cert_file}: {error}") from error
    return context


@asynccontextmanager
async def running(client: Client, settings: Settings) -> AsyncIterator[None]:
    """Start an aiokafka producer or consumer, and stop it at the end. Raises BrokerUnreachableError."""
    close_consumers_whole()
    try:
        async with _connecting(settings):
            await client.start()
        yield
    finally:
        await client.stop()


@asynccontextmanager
async def admin_client(settings: Settings) -> AsyncIterator[AIOKafkaAdminClient]:
    """A connected admin client. Raises BrokerUnreachableError."""
    client = AIOKafkaAdminClient(**client_options(settings))
    try:
        async with _connecting(settings):
            await client.start()
        yield client
    finally:
        await client.close()


async def read_to_end(settings: Settings, topic: str) -> AsyncGenerator[ConsumerRecord, None]:
    """Every record that stands in `topic` (full name) now; what comes later is left. No consumer group takes part.

    Records of one partition come in order. The topic has to exist. Close it (contextlib.aclosing) to disconnect.
    Raises BrokerUnreachableError.
    """
    consumer = AIOKafkaConsumer(
        topic,
        **client_options(settings),
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level=READ_COMMITTED,
    )
    async with running(consumer, settings), aclosing(_to_end(consumer)) as records:
        async for record in records:
            yield record


async def read_from(settings: Settings, starts: Mapping[TopicPartition, int]) -> AsyncGenerator[ConsumerRecord, None]:
    """Like `read_to_end`, of some partitions, each from an offset on; from the first there is when that is gone."""
    consumer = AIOKafkaConsumer(
        **client_options(settings), group_id=None, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    async with running(consumer, settings):
        consumer.assign(list(starts))
        for partition, offset in starts.items():
            consumer.seek(partition, offset)
        async with aclosing(_to_end(consumer)) as records:
            async for record in records:
                yield record


async def _to_end(consumer: AIOKafkaConsumer) -> AsyncGenerator[ConsumerRecord, None]:
    ends = await consumer.end_offsets(consumer.assignment())
    unread = set(ends)
    while unread := {partition for partition in unread if await consumer.position(partition) < ends[partition]}:
        for partition, records in (await consumer.getmany(*unread, timeout_ms=POLL_MS)).items():
            for record in records:
                if record.offset < ends[partition]:
                    yield record


async def record_counts(settings: Settings, topics: Collection[str]) -> dict[str, int]:
    """Topic (full name) -> how many records stand in it now. They have to exist. Raises BrokerUnreachableError, and
    aiokafka's KafkaTimeoutError when a partition has no leader for long."""
    if not topics:
        return {}
    consumer = AIOKafkaConsumer(*topics, **client_options(settings), group_id=None, enable_auto_commit=False)
    counts = dict.fromkeys(topics, 0)
    async with running(consumer, settings):
        assignment = consumer.assignment()
        beginnings, ends = await consumer.beginning_offsets(assignment), await consumer.end_offsets(assignment)
        for partition in assignment:
            counts[partition.topic] += ends[partition] - beginnings[partition]
    return counts


@asynccontextmanager
async def _connecting(settings: Settings) -> AsyncIterator[None]:
    """Turn what aiokafka raises on the way to a broker into one error that names the address."""
    address = ",".join(settings.bootstrap)
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            yield
    except (KafkaConnectionError, TimeoutError) as error:
        raise BrokerUnreachableError(
            f"No Kafka broker answers at {address} (TIDEGATE_BROKER, {settings.kafka_security_protocol}). "
            "`tidegate up` starts one on this machine"
        ) from error
    except KafkaError as error:
        raise BrokerUnreachableError(f"Kafka at {address} refuses the connection: {error}") from error
