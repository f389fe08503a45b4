"""The demo's one worker, as a process that is waited for, stopped and never left behind, like its servers."""

from __future__ import annotations

import sys
from contextlib import closing
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import ClassVar

import msgspec

from config.settings import Settings
from scripts.embedded.ports import LOOPBACK
from scripts.embedded.process import EmbeddedServer

ENDPOINT_TIMEOUT_S = 1.0


class Readiness(msgspec.Struct, frozen=True):
    """What /readyz says, as far as the demo shows it."""

    lag_records: dict[str, int]
    """Records behind the end of each topic."""
    index: str
    """`up` or `down`."""


class DemoWorker(EmbeddedServer):
    """A worker with these settings; its `port` is that of its endpoints.

    It can be launched before Kafka listens, so that its imports go on meanwhile; it is ready when its partitions are
    assigned and the link index answers.
    """

    name: ClassVar[str] = "Worker"
    port_option: ClassVar[str] = "TIDEGATE_WEB_PORT"

    def __init__(self, data_dir: Path, settings: Settings) -> None:
        super().__init__(data_dir, settings.web_port)
        self._settings = settings.model_copy(update={"web_port": self.port})

    @property
    def url(self) -> str:
        """Where its endpoints are: /healthz, /readyz and /metrics."""
        return f"http://{LOOPBACK}:{self.port}"

    def readiness(self) -> Readiness | None:
        """What it says of itself, ready or not; None when it does not answer."""
        try:
            _, body = self._ask()
            return msgspec.json.decode(body, type=Readiness)
        except (OSError, HTTPException, msgspec.MsgspecError):
            return None

    def _prepare(self) -> list[str]:
        return [sys.executable, "-m", "scripts.demonstration.early_worker"]

    def _environment(self) -> dict[str, str]:
        return self._settings.environment(super()._environment())

    def _answers(self) -> bool:
        status, _ = self._ask()
        return status == HTTPStatus.OK

    def _ask(self) -> tuple[int, bytes]:
        """Status and body of /readyz; past any proxy that the environment names."""
        with closing(HTTPConnection(LOOPBACK, self.port, timeout=ENDPOINT_TIMEOUT_S)) as connection:
            connection.request("GET", "/readyz")
            answer = connection.getresponse()
            return answer.status, answer.read()
