"""All figures of the benchmarks as one JSON document, which later runs add to, section by section."""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec import Struct

from config.errors import OperatorError
from scripts.bench.machine import Machine
from scripts.bench.sections.index import IndexGrowth
from scripts.bench.sections.latency import Latency
from scripts.bench.sections.lists import Lists
from scripts.bench.sections.models import Comparison
from scripts.bench.sections.rates import Rates
from scripts.bench.sections.rebuild import Rebuild
from scripts.bench.sections.rings import Rings
from scripts.bench.sections.stages import Stages
from scripts.bench.sections.workers import Workers


class Report(Struct, frozen=True, kw_only=True):
    """What has been measured on one machine; a section that has not been is None."""

    machine: Machine
    rates: Rates | None = None
    latency: Latency | None = None
    workers: Workers | None = None
    index: IndexGrowth | None = None
    rings: Rings | None = None
    stages: Stages | None = None
    rebuild: Rebuild | None = None
    models: Comparison | None = None
    lists: Lists | None = None


class ReportError(OperatorError):
    """A file is no report of this version."""


def read_report(path: Path) -> Report | None:
    """The report in a file; None when there is no such file. Raises ReportError."""
    if not path.exists():
        return None
    try:
        return msgspec.json.decode(path.read_bytes(), type=Report)
    except msgspec.MsgspecError as error:
        raise ReportError(f"{path} is no report of `tidegate bench` as it is now ({error}): remove it") from error


def write_report(report: Report, path: Path) -> None:
    """As JSON that people can read, directories made as needed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(report)) + b"\n")
