"""/healthz, /readyz and /metrics of a worker, on loopback unless told otherwise."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Mapping
from time import monotonic
from typing import Any

import structlog
from aiohttp import web
from msgspec import Struct, json
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from streams.batches import partition_offsets
from streams.dependencies import Dependencies

logger = structlog.get_logger(__name__)

STUCK_AFTER_S = 30.0
"""A partition with records waiting whose committed offset has stood still this long is stuck."""

PORTS_TRIED = 20
"""As many workers of one machine find a port of their own."""


class PartitionProgress(Struct):
    """How far a partition's committed offset is, and since when it has stood there."""

    committed: int
    end: int
    moved_at: float
    """Monotonic seconds."""

    @property
    def lag(self) -> int:
        return max(0, self.end - self.committed)

    def stuck(self, now: float) -> bool:
        """Records wait and nothing has been committed for a while."""
        return self.lag > 0 and now - self.moved_at >= STUCK_AFTER_S


class Progress:
    """Committed offsets against topic ends, partition by partition."""

    def __init__(self) -> None:
        self.partitions: dict[tuple[str, int], PartitionProgress] = {}

    def update(self, offsets: Mapping[tuple[str, int], tuple[int, int]], now: float) -> None:
        """Take the (committed, end) offsets of the partitions that are assigned now; forget the others. A partition
        that had nothing waiting starts its time anew, since a record that has only just come is not stuck."""
        renewed: dict[tuple[str, int], PartitionProgress] = {}
        for partition, (committed, end) in offsets.items():
            before = self.partitions.get(partition)
            still = before is not None and before.lag > 0 and committed <= before.committed
            moved_at = before.moved_at if before is not None and still else now
            renewed[partition] = PartitionProgress(committed=committed, end=end, moved_at=moved_at)
        self.partitions = renewed

    def stuck(self, now: float) -> list[str]:
        """`topic-partition` of each that is stuck."""
        return [f"{topic}-{number}" for (topic, number), each in sorted(self.partitions.items()) if each.stuck(now)]

    def lag(self) -> dict[str, int]:
        """Records waiting, by topic."""
        lags: dict[str, int] = {}
        for (topic, _), each in self.partitions.items():
            lags[topic] = lags.get(topic, 0) + each.lag
        return lags


class HealthServer:
    """The HTTP server of one worker. `app` is the Faust app, read only for its consumer's offsets."""

    def __init__(self, app: Any, deps: Dependencies) -> None:
        self._app = app
        self._deps = deps
        self._progress = Progress()
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listen on the port of the settings, or on the first of those after it that is free: several workers of one
        machine share their settings. Raises OSError when none is."""
        site = web.Application()
        site.router.add_get("/healthz", self._healthz)
        site.router.add_get("/readyz", self._readyz)
        site.router.add_get("/metrics", self._metrics)
        self._runner = web.AppRunner(site, access_log=None)
        await self._runner.setup()
        await self._listen(self._runner)
        at = f"http://{self._runner.addresses[0][0]}:{self.port}"
        logger.info("listening", healthz=f"{at}/healthz", metrics=f"{at}/metrics")

    @property
    def port(self) -> int:
        """Where it listens. Raises RuntimeError when it does not."""
        if self._runner is None:
            raise RuntimeError("the server has not been started")
        return int(self._runner.addresses[0][1])

    async def _listen(self, runner: web.AppRunner) -> None:
        settings = self._deps.settings
        last = settings.web_port + PORTS_TRIED - 1 if settings.web_port else 0
        for port in range(settings.web_port, last + 1):
            try:
                await web.TCPSite(runner, settings.web_host, port).start()
            except OSError as error:
                if error.errno != errno.EADDRINUSE or port == last:
                    raise
            else:
                return

    async def stop(self) -> None:
        """Stop listening."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    def observe(self) -> None:
        """Look at the consumer's offsets; called about once a second."""
        self._progress.update(partition_offsets(self._app), monotonic())
        metrics, prefix = self._deps.metrics, self._deps.settings.topic_prefix
        counts: dict[str, int] = {}
        metrics.lag_records.clear()  # of topics of which this worker has no partition any more, too
        metrics.partitions.clear()
        for topic, _ in self._progress.partitions:
            counts[topic] = counts.get(topic, 0) + 1
        for topic, lag in self._progress.lag().items():
            metrics.lag_records.labels(topic.removeprefix(prefix)).set(lag)
            metrics.partitions.labels(topic.removeprefix(prefix)).set(counts[topic])

    async def watch(self) -> None:
        """Observe once a second, for as long as the app runs."""
        while True:
            await asyncio.sleep(1.0)
            self.observe()

    async def _healthz(self, _: web.Request) -> web.Response:
        """200 while the worker makes progress; 503 tells a supervisor to start it again."""
        stuck = self._progress.stuck(monotonic())
        return _answer(200 if not stuck else 503, {"status": "ok" if not stuck else "stuck", "stuck": stuck})

    async def _readyz(self, _: web.Request) -> web.Response:
        """200 when partitions are assigned, committed offsets advance and the link index answers."""
        stuck = self._progress.stuck(monotonic())
        assigned = len(self._progress.partitions)
        breaker = self._deps.breaker
        ready = assigned > 0 and not stuck and breaker.closed
        body = {
            "status": "ready" if ready else "not ready",
            "partitions": assigned,
            "lag_records": self._progress.lag(),
            "stuck": stuck,
            "index": "up" if breaker.closed else "down",
            "breaker": breaker.state,
            "list_services": self._deps.list_services.states,
            "model": self._deps.serving.models.champion.version,
        }
        return _answer(200 if ready else 503, body)

    async def _metrics(self, _: web.Request) -> web.Response:
        return web.Response(
            body=generate_latest(self._deps.metrics.registry), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )


def _answer(status: int, body: object) -> web.Response:
    return web.Response(status=status, body=json.encode(body), content_type="application/json")
