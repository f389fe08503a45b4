"""How quickly `tidegate rebuild` fills an empty Valkey from Kafka."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from time import monotonic

from msgspec import Struct
from pydantic import SecretStr

from config.settings import Settings
from scripts.bench.load import WORKER, BenchFailedError, throughput_in_topics, topics
from scripts.bench.machine import Conditions, Watch
from scripts.bench.place import Place, Plan
from scripts.bench.tables import Table
from scripts.embedded import EmbeddedValkey

PATIENCE_S = 600.0
COMMAND = Path(sys.executable).with_name("tidegate")


class Rebuild(Struct, frozen=True, kw_only=True):
    """One rebuild of an index from what a worker had published."""

    conditions: Conditions
    applications: int
    took_s: float
    """Of the command as a whole, its start among it."""

    @property
    def per_s(self) -> float:
        """Applications a second, each with its audit record and its decision."""
        return self.applications / self.took_s


async def measure(place: Place, plan: Plan) -> Rebuild:
    """A worker decides `plan.applications`; then its Valkey is killed, started empty, and filled again."""
    watch = Watch()
    records = place.applications(plan.applications)
    with EmbeddedValkey(place.directory / "valkey-rebuild") as valkey:
        settings = place.settings(redis_url=SecretStr(valkey.url))
        async with topics(settings):
            with place.shown("decisions to rebuild from", len(records)) as on_done:
                await throughput_in_topics(WORKER, settings, records, place.log_file("worker"), on_done)
            valkey.kill()
            valkey.start()
            began = monotonic()
            await asyncio.to_thread(_rebuild, settings, place.log_file("rebuild"))
            took_s = monotonic() - began
    return Rebuild(conditions=watch.conditions(), applications=len(records), took_s=took_s)


def _rebuild(settings: Settings, log_file: Path) -> None:
    with log_file.open("wb") as log:
        done = subprocess.run(
            [COMMAND, "rebuild"],
            env=settings.environment(os.environ),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            timeout=PATIENCE_S,
            check=False,
        )
    if done.returncode != 0:
        raise BenchFailedError(f"tidegate rebuild ended with exit code {done.returncode}", log_file)


def table(rebuild: Rebuild) -> Table:
    """One row."""
    return Table(
        title="Rebuilding an empty index",
        columns=["", "applications", "seconds", "applications/s"],
        rows=[["tidegate rebuild", f"{rebuild.applications:,}", f"{rebuild.took_s:.1f}", f"{rebuild.per_s:,.0f}"]],
        note=f"From audit records and decisions, the start of the command included. {rebuild.conditions.sentence()}",
    )
