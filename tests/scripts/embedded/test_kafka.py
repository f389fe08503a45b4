from pathlib import Path

import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import UnknownTopicOrPartitionError

from scripts.embedded import EmbeddedKafka
from scripts.embedded.ports import FREE_PORTS, LOOPBACK


async def create_topic(kafka: EmbeddedKafka, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, 1, 1, topic_configs={"max.message.bytes": str(3 * 2**20)})])
    finally:
        await admin.close()


async def publish(kafka: EmbeddedKafka, topic: str, value: bytes, timeout_ms: int = 20_000) -> None:
    producer = AIOKafkaProducer(
        bootstrap_servers=kafka.bootstrap, acks="all", max_request_size=4 * 2**20, request_timeout_ms=timeout_ms
    )
    await producer.start()
    try:
        await producer.send_and_wait(topic, value, partition=0)
    finally:
        await producer.stop()


async def first_record(kafka: EmbeddedKafka, topic: str) -> bytes | None:
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap)
    await consumer.start()
    try:
        consumer.assign([TopicPartition(topic, 0)])
        await consumer.seek_to_beginning()
        value: bytes | None = (await consumer.getone()).value
        return value
    finally:
        await consumer.stop()


async def test_a_record_of_2_mib_comes_back_as_it_was_sent(kafka: EmbeddedKafka, topic_prefix: str) -> None:
    topic = topic_prefix + "large"
    await create_topic(kafka, topic)
    await publish(kafka, topic, b"x" * 2 * 2**20)
    assert await first_record(kafka, topic) == b"x" * 2 * 2**20


async def test_a_mistyped_topic_is_not_created(kafka: EmbeddedKafka, topic_prefix: str) -> None:
    with pytest.raises(UnknownTopicOrPartitionError):
        await publish(kafka, topic_prefix + "mistyped", b"lost", timeout_ms=3_000)


def test_it_listens_on_loopback_only_outside_the_ephemeral_range_with_a_bounded_heap(kafka: EmbeddedKafka) -> None:
    process = psutil.Process(kafka.pid)
    listening = [c.laddr for c in process.net_connections() if c.status == psutil.CONN_LISTEN]
    assert {address.ip.removeprefix("::ffff:") for address in listening} == {LOOPBACK}
    assert {address.port for address in listening} == {kafka.port, kafka.controller_port}
    assert all(address.port in FREE_PORTS for address in listening)
    assert "-Xmx512m" in process.cmdline()


async def test_its_data_survives_a_kill_and_a_start_on_other_ports(tmp_path: Path) -> None:
    home = tmp_path / "数据, and a comma"
    server = EmbeddedKafka(home, heap_mb=256)
    server.start()
    await create_topic(server, "kept")
    await publish(server, "kept", b"decision")
    server.kill()
    assert not server.running

    with EmbeddedKafka(home, heap_mb=256) as again:
        assert again.port != server.port
        assert await first_record(again, "kept") == b"decision"
    assert "Kafka Server started" in again.log_file.read_text()
