"""One real Kafka and one real Valkey for a whole test run, started when the first test asks for them."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from pydantic import SecretStr

from config.settings import Settings
from scripts.embedded import EmbeddedKafka, EmbeddedValkey

hypothesis.settings.register_profile("shared_machine", deadline=None)
hypothesis.settings.load_profile("shared_machine")

TEST_PII_KEY = "a-key-for-tests-of-32-bytes-0000"

TESTS = Path(__file__).parent
ONE_AFTER_THE_OTHER = (TESTS / "faults", TESTS / "integration")
"""Tests with processes of their own, which wait for each other: all in one of the processes that run tests."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Under pytest-xdist, keep the tests of whole workers together."""
    for item in items:
        if any(directory in item.path.parents for directory in ONE_AFTER_THE_OTHER):
            item.add_marker(pytest.mark.xdist_group("workers"))


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedKafka]:
    """A running Kafka, shared by all tests: give every topic and group the test's `topic_prefix`."""
    with EmbeddedKafka(tmp_path_factory.mktemp("kafka")) as server:
        yield server


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedValkey]:
    """A running Valkey, shared by all tests: give every key the test's `topic_prefix`."""
    with EmbeddedValkey(tmp_path_factory.mktemp("valkey")) as server:
        yield server


@pytest.fixture
def topic_prefix() -> str:
    """What this test's topics, groups and keys start with, so that no other test sees them."""
    return f"t{uuid.uuid4().hex[:12]}."


@pytest.fixture
def settings(
    kafka: EmbeddedKafka,
    valkey: EmbeddedValkey,
    topic_prefix: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Settings:
    """Settings on the shared servers under this test's prefix, without the developer's own environment."""
    for name in [name for name in os.environ if name.upper().startswith("TIDEGATE_")]:
        monkeypatch.delenv(name)
    return Settings(
        _env_file=None,
        broker=kafka.url,
        redis_url=SecretStr(valkey.url),
        topic_prefix=topic_prefix,
        group_id=f"{topic_prefix}workers",
        data_dir=tmp_path / "data",
        pii_key=SecretStr(TEST_PII_KEY),
        demo=False,
        web_port=0,
    )
