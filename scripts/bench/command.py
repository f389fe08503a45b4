"""`tidegate bench`: measures the product on this machine, section by section."""

from __future__ import annotations

import gc
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from msgspec import structs
from rich.console import Console

from scripts.backtest.mapping import duration, moment
from scripts.bench.interruptible import run
from scripts.bench.machine import this_machine
from scripts.bench.markdown import write_page
from scripts.bench.place import History, Place, Plan
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

T = TypeVar("T")
EVERYTHING = "all"
FILE_COLUMNS = 120
"""Of what goes to a file or a pipe, which have no width of their own."""
SIZES = (10_000, 100_000, 1_000_000)
_ABOUT = "; ".join(f"{name}: {section.about}" for name, section in SECTIONS.items())
_QUICK = ", ".join(name for name, section in SECTIONS.items() if section.quick)


def bench(
    *,
    words: Annotated[
        list[str] | None,
        typer.Argument(help=f"{_ABOUT}; all. Without any: {_QUICK}.", show_default=False, metavar="SECTION|HISTORY"),
    ] = None,
    applications: Annotated[int, typer.Option(min=200, help="Applications a measurement.")] = 6_000,
    runs: Annotated[int, typer.Option(min=1, help="Measurements of a rate, of which the median counts.")] = 3,
    samples: Annotated[
        int, typer.Option(min=500, help="Latencies at half of the capacity; the other loads last as long.")
    ] = 10_000,
    sizes: Annotated[
        list[int] | None, typer.Option(min=100, help="Applications in the index; give it several times.")
    ] = None,
    list_entries: Annotated[
        int, typer.Option(min=100, help="lists: own entries; two external ones come with each five.")
    ] = 5_000_000,
    mapping: Annotated[Path | None, typer.Option(help="models: the history's mapping file.")] = None,
    label_delay: Annotated[
        str | None, typer.Option(help="models: when labels are known, e.g. 7d. Overrides the mapping.")
    ] = None,
    score_from: Annotated[
        str | None, typer.Option(help="models: date or time; rows before it are learned from, but do not count.")
    ] = None,
    score_until: Annotated[str | None, typer.Option(help="models: date or time; the run ends before it.")] = None,
    json: Annotated[
        Path | None, typer.Option(help="Write the figures here; those of other sections that stand there are kept.")
    ] = None,
    plots: Annotated[Path | None, typer.Option(help="Draw the curves into this directory, as PNG.")] = None,
    markdown: Annotated[Path | None, typer.Option(help="Write the figures here as a page.")] = None,
) -> None:
    """Measure decisions a second, latency, cost and memory on this machine.

    Starts an embedded Kafka and Valkey of its own on free ports, in a temporary directory. Nothing else should run.
    Models are compared over a table of the past: tidegate bench models HISTORY --mapping MAP.
    """
    sections, history = asked(words or [], mapping)
    if history is not None:
        history = structs.replace(
            history,
            label_delay=_read(label_delay, duration, "--label-delay"),
            score_from=_read(score_from, moment, "--score-from"),
            score_until=_read(score_until, moment, "--score-until"),
        )
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = max(console.width, FILE_COLUMNS)
    configure_logs("CRITICAL")  # a measured process has a log of its own
    known = read_report(json) if json is not None else None
    report = known or Report(machine=this_machine())
    plan = Plan(
        applications=applications,
        runs=runs,
        samples=samples,
        sizes=sorted(sizes or SIZES),
        history=history,
        list_entries=list_entries,
    )
    with ended_by_signals(), tempfile.TemporaryDirectory(prefix="tidegate-bench-") as directory:
        with download_progress(console) as on_download:
            servers = EmbeddedServers(Path(directory), 0, 0, on_download)
            if not all(SECTIONS[name].of_history for name in sections):
                servers.start()
        try:
            place = Place(servers, Path(directory), console)
            for name in sections:
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


def asked(words: Sequence[str], mapping: Path | None) -> tuple[list[str], History | None]:
    """The sections to measure, in their own order: those named, all of them, or the quick ones; and the history, which
    is the word that is no section's name. Sections of a history are among all of them when there is one.

    Raises typer.BadParameter.
    """
    others = [word for word in words if word not in SECTIONS and word != EVERYTHING]
    sections = [name for name in SECTIONS if name in words or EVERYTHING in words]
    if not words:
        sections = [name for name, section in SECTIONS.items() if section.quick]
    named = [name for name in sections if SECTIONS[name].of_history and name in words]
    if others and not any(SECTIONS[name].of_history for name in sections):
        raise typer.BadParameter(f"there is no section {others[0]!r}; there are {', '.join([*SECTIONS, EVERYTHING])}")
    if len(others) == 1 and mapping is not None:
        return sections, History(path=Path(others[0]), mapping=mapping)
    if others or named or mapping is not None:
        raise typer.BadParameter("models are compared over one table: tidegate bench models HISTORY --mapping MAP")
    return [name for name in sections if not SECTIONS[name].of_history], None


def _read(text: str | None, read: Callable[[str], T], option: str) -> T | None:
    try:
        return None if text is None else read(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None


def _measured(name: str, place: Place, plan: Plan) -> object:
    gc.collect()
    gc.freeze()  # collecting what stays would hold up the load that is to be steady
    gc.set_threshold(GC_EVERY_OBJECTS, 20, 20)  # as in a worker, whose stages are measured in this process
    return run(SECTIONS[name].measure(place, plan))
