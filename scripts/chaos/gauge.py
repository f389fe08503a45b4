"""What a worker says and takes while it is under pressure: resident memory, its learner's, and the lag that its metrics
show."""

from __future__ import annotations

import asyncio
import time
from http.client import HTTPException

import psutil
from msgspec import Struct

from scripts.chaos.workers import Worker

EVERY_S = 0.5
LAG = 'tidegate_lag_records{topic="applications"} '


class Sample(Struct, frozen=True):
    """A moment of a worker's life."""

    at_s: float
    """Monotonic."""
    rss_mib: float
    learner_mib: float
    lag: int | None
    """Applications that wait, as /metrics has it; None when it does not answer."""


class Gauge:
    """Takes a sample twice a second while `run` runs."""

    def __init__(self, worker: Worker) -> None:
        self.samples: list[Sample] = []
        self._worker = worker

    async def run(self) -> None:
        """Without end: cancel it."""
        while True:
            lag = await asyncio.to_thread(self._lag)
            try:
                taken = self._worker.rss_mib, self._worker.learner_rss_mib
                self.samples.append(Sample(time.monotonic(), *taken, lag))
            except psutil.NoSuchProcess:
                continue
            finally:
                await asyncio.sleep(EVERY_S)

    def _lag(self) -> int | None:
        try:
            lines = self._worker.metrics().splitlines()
        except (OSError, HTTPException):
            return None
        return next((int(float(line.removeprefix(LAG))) for line in lines if line.startswith(LAG)), None)
