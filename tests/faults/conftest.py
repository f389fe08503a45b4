"""One Kafka for all faults, with a second listener behind a proxy. Faults may stop it; each starts it again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from scripts.embedded import EmbeddedKafka
from scripts.embedded.ports import free_port


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    """What aiokafka says while its Kafka is away is a hundred lines in the report of each failure."""
    caplog.set_level("CRITICAL", "aiokafka")


@pytest.fixture(scope="session")
def disturbed_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedKafka]:
    """A running Kafka of this directory's own."""
    with EmbeddedKafka(tmp_path_factory.mktemp("disturbed-kafka"), proxy_port=free_port()) as server:
        yield server
