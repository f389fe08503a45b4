"""`tidegate worker`: one Faust worker."""

from __future__ import annotations

from config.settings import Settings
from streams.worker import run_worker


def worker() -> None:
    """Run one worker until Ctrl-C or SIGTERM. Run more of them to scale. The topics have to exist."""
    run_worker(Settings())
