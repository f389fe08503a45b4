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

# Time says nothing on a shared machine: neither how long an example takes, nor how long it is to be made.
hypothesis.settings.register_profile(
    "shared_machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("shared_machine")

TEST_PII_KEY = "a-key-for-tests-of-32-bytes-0000"

PATIENT_MS = 5_000
"""A deadline for the link index that no test meets by accident on a busy machine."""

TOGETHER = ("faults", "integration")
"""Directories of tests that start workers of their own: each of them runs in one process, test after test."""


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tell pytest-xdist which tests stay together."""
    for item in items:
        for directory in TOGETHER:
            if Path(__file__).with_name(directory) in item.path.parents:
                item.add_marker(pytest.mark.xdist_group(directory))


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedKafka]:
    """A running Kafka, shared by all tests: give every topic and group the test's `topic_prefix`."""
    with EmbeddedKafka(tmp_path_factory.mktemp("kafka")) as server:
        yield server
        server.kill()  # it would take ten seconds to close the files of every test's topics


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
def partitions() -> int:
    """Of each topic: few, since Kafka takes a second for those of a default deployment."""
    return 4


@pytest.fixture
def settings(
    kafka: EmbeddedKafka,
    valkey: EmbeddedValkey,
    topic_prefix: str,
    partitions: int,
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
        index_deadline_ms=PATIENT_MS,
        topic_prefix=topic_prefix,
        partitions=partitions,
        group_id=f"{topic_prefix}workers",
        data_dir=tmp_path / "data",
        pii_key=SecretStr(TEST_PII_KEY),
        demo=False,
        web_port=0,
    )
