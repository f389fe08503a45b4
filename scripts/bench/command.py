"""`tidegate bench`: measures the product on this machine, section by section."""

from __future__ import annotations

import gc
import tempfile
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from msgspec import structs
from rich.console import Console

from scripts.bench.interruptible import run
from scripts.bench.machine import this_machine
from scripts.bench.markdown import write_page
from scripts.bench.place import Place, Plan
from scripts.bench.plots import draw_plots
from scripts.bench.report import Report, read_report, write_report
from scripts.bench.sections.registry import SECTIONS
from scripts.bench.tables import for_terminal
from scripts.bench.targets import targets_table
from scripts.embedded import EmbeddedServers
from scripts.embedded.progress import download_progress
from scripts.embedded.signals import ended_by_signals
from streams.app import GC_EVERY_OBJECTS
from streams.logs import configure_logs

EVERYTHING = "all"
SIZES = (10_000, 100_000, 1_000_000)
_ABOUT = "; ".join(f"{name}: {section.about}" for name, section in SECTIONS.items())
_QUICK = ", ".join(name for name, section in SECTIONS.items() if section.quick)


class SectionName(StrEnum):
    """What can be asked for: the registry's sections, or all."""

    RATES = "rates"
    LATENCY = "latency"
    STAGES = "stages"
    WORKERS = "workers"
    RINGS = "rings"
    INDEX = "index"
    REBUILD = "rebuild"
    ALL = EVERYTHING


def bench(
    *,
    sections: Annotated[
        list[SectionName] | None, typer.Argument(help=f"{_ABOUT}; all. Without any: {_QUICK}.", show_default=False)
    ] = None,
    applications: Annotated[int, typer.Option(min=200, help="Applications a measurement.")] = 6_000,
    runs: Annotated[int, typer.Option(min=1, help="Measurements of a rate, of which the median counts.")] = 3,
    samples: Annotated[
        int, typer.Option(min=500, help="Latencies at half of the capacity; the other loads last as long.")
    ] = 10_000,
    sizes: Annotated[
        list[int] | None, typer.Option(min=100, help="Applications in the index; give it several times.")
    ] = None,
    json: Annotated[
        Path | None, typer.Option(help="Write the figures here; those of other sections that stand there are kept.")
    ] = None,
    plots: Annotated[Path | None, typer.Option(help="Draw the curves into this directory, as PNG.")] = None,
    markdown: Annotated[Path | None, typer.Option(help="Write the figures here as a page.")] = None,
) -> None:
    """Measure decisions a second, latency, cost and memory on this machine.

    Starts an embedded Kafka and Valkey of its own on free ports, in a temporary directory. Nothing else should run.
    """
    console = Console(highlight=False)
    configure_logs("CRITICAL")  # a measured process has a log of its own
    known = read_report(json) if json is not None else None
    report = known or Report(machine=this_machine())
    plan = Plan(applications=applications, runs=runs, samples=samples, sizes=sorted(sizes or SIZES))
    with ended_by_signals(), tempfile.TemporaryDirectory(prefix="tidegate-bench-") as directory:
        with download_progress(console) as on_download:
            servers = EmbeddedServers(Path(directory), 0, 0, on_download)
            servers.start()
        try:
            place = Place(servers, Path(directory), console)
            for name in chosen(sections or []):
                report = structs.replace(report, **{name: _measured(name, place, plan)})
                console.print(for_terminal(SECTIONS[name].table(getattr(report, name))))
                if json is not None:
                    write_report(report, json)
        finally:
            servers.stop()
    if (promised := targets_table(report)).rows:
        console.print(for_terminal(promised))
    drawn = draw_plots(report, plots) if plots is not None else {}
    if markdown is not None:
        write_page(report, drawn, markdown)


def chosen(sections: Sequence[str]) -> list[str]:
    """The sections to measure, in their own order: those named, all of them, or the quick ones."""
    if not sections:
        return [name for name, section in SECTIONS.items() if section.quick]
    return [name for name in SECTIONS if name in sections or EVERYTHING in sections]


def _measured(name: str, place: Place, plan: Plan) -> object:
    gc.collect()
    gc.freeze()  # collecting what stays would hold up the load that is to be steady
    gc.set_threshold(GC_EVERY_OBJECTS, 20, 20)  # as in a worker, whose stages are measured in this process
    return run(SECTIONS[name].measure(place, plan))
