"""What a worker has freed is given back to the system, so that it takes what it needs and not what it once needed.

Of the C libraries only glibc has to be told: by itself it gives back no more than the end of its heap. The gaps that a
crowded batch or RocksDB's write buffers leave between blocks that stay would be the worker's for good.
"""

from __future__ import annotations

import asyncio
import ctypes
import sys
from contextlib import suppress

EVERY_S = 30.0
LARGE_BYTES = 2**20
"""RocksDB's write buffers come in blocks of this size. For smaller ones, which each decision needs, it costs too much
to have the system map and clear memory every time."""
LOOSE_BYTES = 4 * 2**20
"""Free memory at the end of the heap that is kept for what comes next."""

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Options of `mallopt`, in <malloc.h>."""


async def keep_giving_back() -> None:
    """For as long as the worker runs."""
    keep_large_blocks_apart()
    while True:
        await asyncio.sleep(EVERY_S)
        give_free_memory_back()


def keep_large_blocks_apart() -> None:
    """From now on a large block lies outside of the heap, and is the system's again as soon as it is freed. glibc, too,
    begins so, until it sees a large block freed."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library
            library = ctypes.CDLL(None)
            library.mallopt(_MMAP_THRESHOLD, LARGE_BYTES)
            library.mallopt(_TRIM_THRESHOLD, LOOSE_BYTES)


def give_free_memory_back() -> None:
    """All whole pages that are free within the heaps: two milliseconds for 17 MiB."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library
            ctypes.CDLL(None).malloc_trim(0)
