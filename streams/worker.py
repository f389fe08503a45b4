"""One worker process: `tidegate worker`, or `faust -A streams.worker worker`. Run more of them to scale."""

from __future__ import annotations

import asyncio
import sys
from typing import Any, NoReturn

import structlog

from config.settings import Settings
from streams.app import build_app
from streams.logs import configure_logs
from streams.topics import require_topics

logger = structlog.get_logger(__name__)


def run_worker(settings: Settings) -> NoReturn:
    """Run until SIGINT or SIGTERM, then exit with 0. Checks everything that can be wrong before Faust starts: raises
    ValueError for settings or policy, TopicsNotReadyError for topics, and what aiokafka raises when no broker answers.
    """
    app = build_app(settings)
    asyncio.run(require_topics(settings))
    configure_logs(settings.log_level)
    loop = _event_loop()
    asyncio.set_event_loop(loop)
    logger.info("worker_starting", group=settings.consumer_group, policy=app.dependencies.policy.version)
    worker = app.Worker(loop=loop, override_logging=False, redirect_stdouts=False, quiet=True)
    worker.spinner = None  # it would write its escape sequences for a terminal to whatever standard output is
    worker.execute_from_commandline()
    raise SystemExit(0)


def _event_loop() -> asyncio.AbstractEventLoop:
    if sys.platform == "win32":
        return asyncio.new_event_loop()
    import uvloop  # noqa: PLC0415 (there is none on Windows)

    return uvloop.new_event_loop()


def __getattr__(name: str) -> Any:
    """`faust -A streams.worker` asks for `app`; made on demand, so that importing this module has no effect."""
    if name == "app":
        return build_app(Settings())
    raise AttributeError(name)


if __name__ == "__main__":
    run_worker(Settings())
