"""Real Kafka and real Valkey on this machine, from Python packages and Maven coordinates alone: no Docker, no root."""

from scripts.embedded.errors import EmbeddedError
from scripts.embedded.kafka import EmbeddedKafka
from scripts.embedded.servers import EmbeddedServers
from scripts.embedded.valkey import EmbeddedValkey

__all__ = ["EmbeddedError", "EmbeddedKafka", "EmbeddedServers", "EmbeddedValkey"]
