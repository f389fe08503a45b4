"""`tidegate worker`: one Faust worker."""

from __future__ import annotations

from config.settings import Settings
from streams.worker import run_worker


def worker() -> None:
    """Run one worker until Ctrl-C or SIGTERM; run more of them to scale. Topics have to exist (tidegate topics create)."""
    run_worker(Settings())
