"""The learner's process: `python -m streams.learner`, started by a worker. Ends with SIGTERM, and with that worker."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading

import structlog

from config.errors import OperatorError
from config.settings import Settings
from streams.learner.process import run_learner
from streams.logs import configure_logs
from streams.pacing import pace_metadata_requests

logger = structlog.get_logger(__name__)

NICENESS = 10
"""Whatever scores comes first."""
END_WITHIN_S = 3.0


def main() -> None:
    """Learn until there is no reason to."""
    os.nice(NICENESS)
    settings = Settings()
    configure_logs(settings.log_level)
    pace_metadata_requests()
    try:
        asyncio.run(_run(settings))
    except OperatorError as error:
        logger.error("learner_cannot_start", error=str(error))
        raise SystemExit(1) from None


async def _run(settings: Settings) -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, _stop, stop)
    threading.Thread(target=_wait_for_worker, args=(loop, stop), daemon=True).start()
    await run_learner(settings, stop)


def _wait_for_worker(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """The worker holds the other end of standard input: however it ends, this end is closed then. Read past Python's
    buffer, whose lock an interpreter that ends would wait for."""
    while os.read(sys.stdin.fileno(), 1):
        pass
    loop.call_soon_threadsafe(_stop, stop)


def _stop(stop: asyncio.Event) -> None:
    stop.set()
    deadline = threading.Timer(END_WITHIN_S, os._exit, [0])
    deadline.daemon = True
    deadline.start()


if __name__ == "__main__":
    main()
