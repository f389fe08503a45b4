"""Memory that is free is the system's again, wherever it lies."""

import platform
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="no other C library has to be told")

HEAD = """
import ctypes
from pathlib import Path
from streams.allocator import LARGE_BYTES, give_free_memory_back, keep_large_blocks_apart

library = ctypes.CDLL(None)
library.malloc.restype = ctypes.c_void_p
library.free.argtypes = [ctypes.c_void_p]

class Usage(ctypes.Structure):  # struct mallinfo2
    _fields_ = [(f"field_{number}", ctypes.c_size_t) for number in range(10)]

library.mallinfo2.restype = Usage

def blocks_apart():
    return library.mallinfo2().field_3

def resident_mib():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20
"""
LARGE_AFTER_LARGER = """
keep_large_blocks_apart()
library.free(library.malloc(8 * LARGE_BYTES))
before = blocks_apart()
assert library.malloc(LARGE_BYTES)
print(blocks_apart() - before)
"""
GAPS = """
blocks = [library.malloc(64 * 2**10) for _ in range(640)]  # 40 MiB
for block in blocks:
    ctypes.memset(block, 1, 64 * 2**10)
for number, block in enumerate(blocks):
    if number % 16:
        library.free(block)
before = resident_mib()
give_free_memory_back()
print(before - resident_mib())
"""


def printed(program: str) -> float:
    """By a process of its own, since an allocator is everybody's."""
    ended = subprocess.run([sys.executable, "-c", HEAD + program], check=True, capture_output=True, text=True)
    return float(ended.stdout)


def test_a_large_block_lies_apart_also_after_a_larger_one_was_freed() -> None:
    assert printed(LARGE_AFTER_LARGER) == 1


def test_gaps_between_blocks_that_stay_are_given_back() -> None:
    assert printed(GAPS) > 30
