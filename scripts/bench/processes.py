"""Worker processes for the benchmarks, and what they answer."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.settings import Settings

STOP_S = 10.0


@contextmanager
def running(module: str, settings: Settings, log_file: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`python -m module` with these settings as its environment; ended, by force if need be, on the way out."""
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", module], env={**os.environ, **environment(settings)}, stdout=log, stderr=log
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


def environment(settings: Settings) -> dict[str, str]:
    """The TIDEGATE_* variables that make a process use these settings."""
    return {
        "TIDEGATE_BROKER": settings.broker,
        "TIDEGATE_REDIS_URL": settings.redis_url.get_secret_value(),
        "TIDEGATE_TOPIC_PREFIX": settings.topic_prefix,
        "TIDEGATE_PII_KEY": settings.pii_key.get_secret_value(),
        "TIDEGATE_DATA_DIR": str(settings.data_dir),
        "TIDEGATE_PARTITIONS": str(settings.partitions),
        "TIDEGATE_WEB_PORT": str(settings.web_port),
        "TIDEGATE_LOG_LEVEL": settings.log_level,
    }
