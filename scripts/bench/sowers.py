"""Processes that fill an index side by side: one of Python's cannot feed a server as fast as that takes it."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Callable, Sequence
from typing import Any

from scripts.bench.load import BenchFailedError
from scripts.bench.progress import OnDone

POLL_S = 0.2


async def sow_side_by_side(
    sow: Callable[..., None], shares: Sequence[tuple[Any, ...]], what: str, on_done: OnDone
) -> None:
    """Run `sow(*share, done)` in a process for each share; each adds what it has put to `done`, a shared number. `what`
    is all of it, in words. Raises BenchFailedError when one of them fails."""
    context = multiprocessing.get_context("spawn")
    done = context.Value("q", 0)
    processes = [context.Process(target=sow, args=(*share, done), daemon=True) for share in shares]
    try:
        for each in processes:
            each.start()
        while any(each.is_alive() for each in processes):
            on_done(done.value)
            await asyncio.sleep(POLL_S)
    finally:
        for each in processes:
            each.terminate()
    if any(each.exitcode for each in processes):
        raise BenchFailedError(f"seeding ended after {done.value} of {what}")
