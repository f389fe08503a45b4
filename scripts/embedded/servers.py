"""Kafka and Valkey together, as `tidegate up` and `tidegate demo` run them."""

import time
from pathlib import Path
from typing import Self

from scripts.embedded.errors import EmbeddedError
from scripts.embedded.jars import OnDownload
from scripts.embedded.kafka import EmbeddedKafka
from scripts.embedded.valkey import EmbeddedValkey


class EmbeddedServers:
    """One Kafka and one Valkey under one data directory, started side by side. Use it as a context manager.

    kafka_port, redis_port: where they listen on 127.0.0.1; 0 finds a free port.
    on_download:            called with (bytes done, bytes in all) while the first start fetches Kafka.
    """

    def __init__(
        self, data_dir: Path, kafka_port: int = 0, redis_port: int = 0, on_download: OnDownload | None = None
    ) -> None:
        self.kafka = EmbeddedKafka(data_dir / "kafka", kafka_port, on_download=on_download)
        self.valkey = EmbeddedValkey(data_dir / "valkey", redis_port)

    @property
    def environment(self) -> dict[str, str]:
        """The TIDEGATE_* variables with which every command finds these servers."""
        return {"TIDEGATE_BROKER": self.kafka.url, "TIDEGATE_REDIS_URL": self.valkey.url}

    def start(self) -> None:
        """Start both and wait until both serve clients. Raises EmbeddedError, leaving neither running."""
        try:
            self.valkey.launch()
            self.kafka.launch()
            self.valkey.wait_until_ready()
            self.kafka.wait_until_ready()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End both cleanly. Does nothing when they have ended."""
        try:
            self.kafka.stop()
        finally:
            self.valkey.stop()

    def watch(self, poll_s: float = 0.2) -> None:
        """Return never; raise EmbeddedError when one of them ends by itself."""
        while True:
            for server in (self.kafka, self.valkey):
                if not server.running:
                    raise EmbeddedError(f"{server.name} has ended by itself; see {server.log_file}")
            time.sleep(poll_s)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
