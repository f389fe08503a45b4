"""The processes that the benchmarks measure."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.settings import Settings

STOP_S = 10.0

Measured = subprocess.Popen[bytes]


@contextmanager
def running(module: str, settings: Settings, log_file: Path) -> Iterator[Measured]:
    """`python -m module` with these settings as its environment; ended, by force if need be, on the way out."""
    with log_file.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", module], env=settings.environment(os.environ), stdout=log, stderr=log
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
