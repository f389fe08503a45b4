"""A measurement in a thread with an event loop of its own, so that Ctrl-C, which belongs to the main thread, does not
tear a client of Kafka apart in the middle of something."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

import uvloop

T = TypeVar("T")


def run(measuring: Coroutine[Any, Any, T]) -> T:
    """What it returns. On KeyboardInterrupt it is cancelled and waited for, so that nothing of it goes on."""
    loop = uvloop.new_event_loop()
    task = loop.create_task(measuring)
    ended = threading.Event()  # a join that is interrupted takes the thread for ended, in Python 3.11
    thread = threading.Thread(target=_live, args=(loop, task, ended), name="measurement")
    thread.start()
    try:
        ended.wait()
    except KeyboardInterrupt:
        with suppress(RuntimeError):  # it has just ended by itself
            loop.call_soon_threadsafe(task.cancel)
        ended.wait()
        raise
    finally:
        thread.join()
    return task.result()


def _live(loop: asyncio.AbstractEventLoop, task: asyncio.Task[Any], ended: threading.Event) -> None:
    try:
        loop.run_until_complete(asyncio.wait({task}))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.run_until_complete(loop.shutdown_default_executor())
    finally:
        loop.close()
        ended.set()
