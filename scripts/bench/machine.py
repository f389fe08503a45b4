"""Where and under which load figures were taken."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

import psutil
from msgspec import Struct

from config.version import VERSION

QUIET_CORES = 0.1
"""Other processes that keep less than so many cores busy do not matter."""


class Machine(Struct, frozen=True, kw_only=True):
    """What the figures depend on."""

    cores: int
    processor: str
    memory_gb: float
    system: str
    python: str


class Conditions(Struct, frozen=True, kw_only=True):
    """When a section was measured, and what else the machine did meanwhile."""

    measured_at: datetime
    version: str
    """Of the product."""
    took_s: float
    others_cores: float
    """Cores that processes other than ours kept busy, on average."""

    @property
    def quiet(self) -> bool:
        """Nobody else disturbed."""
        return self.others_cores < QUIET_CORES

    def sentence(self) -> str:
        """One sentence for people."""
        when = self.measured_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
        load = f"other processes used {self.others_cores:.2f} cores meanwhile"
        warning = "" if self.quiet else ": **not a quiet machine**"
        return f"Measured {when}, in {self.took_s:.0f} s; {load}{warning}."


def this_machine() -> Machine:
    """The machine that this process runs on."""
    return Machine(
        cores=psutil.cpu_count() or 1,
        processor=_processor(),
        memory_gb=round(psutil.virtual_memory().total / 2**30, 1),
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
    )


class Watch:
    """Watches the machine's processors from its making on."""

    def __init__(self) -> None:
        self._began, self._busy_s, self._own_s = monotonic(), _busy_s(), own_s()

    def conditions(self) -> Conditions:
        """How it has been since."""
        took_s = monotonic() - self._began
        others_s = (_busy_s() - self._busy_s) - (own_s() - self._own_s)
        return Conditions(
            measured_at=datetime.now(UTC).replace(microsecond=0),
            version=VERSION,
            took_s=round(took_s, 1),
            others_cores=round(max(0.0, others_s / took_s), 2),
        )


def cpu_s(pids: Iterable[int]) -> float:
    """Processor time that these processes have used so far, in seconds; of one that has ended, none."""
    total = 0.0
    for pid in pids:
        try:
            times = psutil.Process(pid).cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return total


def _busy_s() -> float:
    """Processor time that the whole machine has used; also what a hypervisor has kept from it."""
    times = psutil.cpu_times()
    names = ("user", "nice", "system", "irq", "softirq", "steal")
    return sum(getattr(times, name, 0.0) for name in names)


def own_s() -> float:
    """Processor time of this process and everything that it has started, whether that runs still or has been waited
    for, in seconds."""
    total = 0.0
    for process in [psutil.Process(os.getpid()), *psutil.Process().children(recursive=True)]:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown"
