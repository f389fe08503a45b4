"""Worker processes that can be killed, frozen, starved of disk and started again."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from contextlib import closing, suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import ClassVar

import psutil
from msgspec import Struct

from config.settings import Settings
from scripts.demonstration.worker import ENDPOINT_TIMEOUT_S, DemoWorker
from scripts.embedded.ports import LOOPBACK

STOP_S = 10.0
"""A worker that is asked to stop has to be gone by then."""
MIB = 2**20


class Stopped(Struct, frozen=True):
    """How a worker ended after SIGTERM."""

    exit_code: int | None
    """None: it did not end in time and was killed."""
    seconds: float


class Worker(DemoWorker):
    """A worker process, with its log and its endpoints.

    module: what to run: `streams.worker`, or a module that runs it with a fault built in.
    wanted: it is meant to be running: whoever supervises it starts it again when it has ended.
    """

    name: ClassVar[str] = "Worker"

    def __init__(self, data_dir: Path, settings: Settings, module: str) -> None:
        super().__init__(data_dir, settings.model_copy(update={"data_dir": data_dir}))
        self.module = module
        self.wanted = False

    def launch(self) -> None:
        super().launch()
        self.wanted = True

    def kill(self) -> None:
        self.wanted = False
        super().kill()

    def stop(self) -> None:
        self.wanted = False
        super().stop()

    @property
    def exit_code(self) -> int | None:
        """How its process ended; None while it runs, or when it was stopped or killed from here."""
        return self._process.poll() if self._process is not None else None

    @property
    def rss_mib(self) -> float:
        """Resident memory. Raises psutil.NoSuchProcess when it has ended."""
        return float(psutil.Process(self.pid).memory_info().rss) / MIB

    @property
    def learner_rss_mib(self) -> float:
        """The same of the learner that it has started; 0 while it has none. Raises psutil.NoSuchProcess."""
        total = 0
        for child in psutil.Process(self.pid).children():
            with suppress(psutil.NoSuchProcess):
                total += child.memory_info().rss
        return total / MIB

    def metrics(self) -> str:
        """What its /metrics says. Raises OSError, HTTPException."""
        with closing(HTTPConnection(LOOPBACK, self.port, timeout=ENDPOINT_TIMEOUT_S)) as connection:
            connection.request("GET", "/metrics")
            return connection.getresponse().read().decode()

    def terminate(self) -> Stopped:
        """Send SIGTERM and wait, at most STOP_S."""
        self.wanted = False
        began = time.monotonic()
        exit_code: int | None = None
        if self._process is not None:
            self._process.terminate()
            try:
                exit_code = self._process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                exit_code = None
        stopped = Stopped(exit_code, time.monotonic() - began)
        self.kill()
        return stopped

    def freeze(self) -> None:
        """SIGSTOP: it does nothing, and nobody is told."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        os.kill(self.pid, signal.SIGCONT)

    def fill_disk(self) -> None:
        """From now on nothing that it writes to a file is taken: its data directory and its log are full."""
        _limit_file_size(self.pid, 0)

    def empty_disk(self) -> None:
        """There is room again."""
        _limit_file_size(self.pid, resource.RLIM_INFINITY)

    def _prepare(self) -> list[str]:
        return [sys.executable, "-m", self.module]


def _limit_file_size(pid: int, most: int) -> None:
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, hard))
