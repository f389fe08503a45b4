"""What is free between blocks that stay is given back to the system."""

import platform
import subprocess
import sys

import pytest

PROGRAM = """
import ctypes
from pathlib import Path
from streams.allocator import give_free_memory_back

library = ctypes.CDLL(None)
library.malloc.restype = ctypes.c_void_p
library.free.argtypes = [ctypes.c_void_p]

def resident_mib():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20

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


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="no other C library has to be told")
def test_gaps_between_blocks_that_stay_are_given_back() -> None:
    ended = subprocess.run([sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True)
    assert float(ended.stdout) > 30.0
