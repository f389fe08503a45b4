"""How clients speak to Kafka: options by the settings, and reading a topic to its end."""

import ssl
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from pydantic import SecretStr

from config.errors import SettingsError
from config.settings import Settings
from streams.kafka import client_options, read_to_end, running
from streams.topics import create_or_check


def options(**fields: Any) -> dict[str, Any]:
    return client_options(Settings(_env_file=None, **fields))


def test_plain_kafka_needs_an_address_and_no_more() -> None:
    assert options(broker="kafka://a:1,b:2") == {
        "bootstrap_servers": ["a:1", "b:2"],
        "security_protocol": "PLAINTEXT",
        "ssl_context": None,
    }


def test_tls_verifies_certificate_and_host_name() -> None:
    context = options(kafka_security_protocol="SSL")["ssl_context"]
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname


def test_sasl_takes_user_and_password_with_or_without_tls() -> None:
    credentials = {"kafka_sasl_username": "u", "kafka_sasl_password": SecretStr("p")}
    plain = options(kafka_security_protocol="SASL_PLAINTEXT", kafka_sasl_mechanism="PLAIN", **credentials)
    assert plain["ssl_context"] is None
    assert (plain["sasl_mechanism"], plain["sasl_plain_username"], plain["sasl_plain_password"]) == ("PLAIN", "u", "p")
    assert options(kafka_security_protocol="SASL_SSL", **credentials)["ssl_context"] is not None


def test_a_file_that_cannot_be_used_is_named_with_its_variable(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="TIDEGATE_KAFKA_SSL_CA_FILE: /nowhere"):
        options(kafka_security_protocol="SSL", kafka_ssl_ca_file=Path("/nowhere"))
    no_certificate = tmp_path / "client.pem"
    no_certificate.write_text("no certificate")
    for setting in ("ca", "cert"):
        variable = f"TIDEGATE_KAFKA_SSL_{setting.upper()}_FILE"
        with pytest.raises(SettingsError, match=variable):
            options(kafka_security_protocol="SSL", **{f"kafka_ssl_{setting}_file": no_certificate})


async def test_reading_to_the_end_gives_what_stands_there_and_leaves_what_comes_later(settings: Settings) -> None:
    settings = settings.model_copy(update={"partitions": 3})
    await create_or_check(settings, create=True)
    topic = settings.topic("alerts")
    producer = AIOKafkaProducer(**client_options(settings))
    async with running(producer, settings):
        for number in range(30):
            await producer.send_and_wait(topic, str(number).encode(), partition=number % 2)  # partition 2 stays empty
        seen: list[int] = []
        async with aclosing(read_to_end(settings, topic)) as records:
            async for record in records:
                if not seen:
                    await producer.send_and_wait(topic, b"99", partition=1)
                seen.append(int(record.value))
    assert sorted(seen) == list(range(30))
    assert [number for number in seen if number % 2] == list(range(1, 30, 2))


async def test_an_empty_topic_is_read_to_its_end_at_once(settings: Settings) -> None:
    settings = settings.model_copy(update={"partitions": 1})
    await create_or_check(settings, create=True)
    async with aclosing(read_to_end(settings, settings.topic("alerts"))) as records:
        assert [record async for record in records] == []
