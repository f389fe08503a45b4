"""What a worker has freed is given back to the system, so that it takes what it needs, however much it once needed."""

from __future__ import annotations

import asyncio
import ctypes
import sys
from contextlib import suppress

EVERY_S = 30.0


def give_free_memory_back() -> None:
    """All whole pages that are free in the C library's heaps: two milliseconds for 17 MiB.

    glibc by itself gives back no more than the end of a heap. The gaps that a crowded batch or RocksDB's write buffers
    leave between blocks that stay would be the worker's for good. Other C libraries need not be told.
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library
            ctypes.CDLL(None).malloc_trim(0)


async def keep_giving_back() -> None:
    """For as long as the worker runs."""
    while True:
        await asyncio.sleep(EVERY_S)
        give_free_memory_back()
