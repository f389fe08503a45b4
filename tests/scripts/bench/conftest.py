"""The benchmarks on the shared Kafka and Valkey."""

from pathlib import Path

import pytest
from rich.console import Console

from scripts.bench.place import Place, Plan
from scripts.embedded import EmbeddedKafka, EmbeddedServers, EmbeddedValkey


@pytest.fixture
def place(kafka: EmbeddedKafka, valkey: EmbeddedValkey, tmp_path: Path) -> Place:
    servers = EmbeddedServers(tmp_path)
    servers.kafka, servers.valkey = kafka, valkey
    return Place(servers, tmp_path, Console(quiet=True))


@pytest.fixture
def plan() -> Plan:
    """As little as there can be."""
    return Plan(applications=200, runs=1, samples=500, sizes=[100, 200])
