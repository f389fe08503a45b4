"""`tidegate chaos`: what becomes of every event when processes are killed, frozen, cut off and flooded."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from config.errors import OperatorError
from scripts.bench.machine import Watch
from scripts.chaos.experiment import Conditions, Result, run_scenario
from scripts.chaos.pressure import PressureResult, burst, soak
from scripts.chaos.report import page, table, verdict, write
from scripts.chaos.scenarios import BY_NAME, SCENARIOS
from scripts.embedded import EmbeddedKafka
from scripts.embedded.ports import free_port
from scripts.embedded.progress import download_progress
from scripts.embedded.signals import ended_by_signals

BURST, SOAK = "burst", "soak"
PRESSURE = {
    BURST: "Ten times as much as a worker can take, for 30 s",
    SOAK: "A steady rate for --soak-seconds; only when asked for",
}


class ChaosFailedError(OperatorError):
    """Something was not as it has to be; the message says what."""


def chaos(
    *,
    scenario: Annotated[list[str] | None, typer.Option(help="Only this one; may be given again.")] = None,
    list_: Annotated[bool, typer.Option("--list", help="Name the scenarios and end.")] = False,
    soak_too: Annotated[bool, typer.Option("--soak", help="A soak, too, after the others.")] = False,
    soak_seconds: Annotated[float, typer.Option(min=10, help="How long a soak is.")] = 600.0,
    rate: Annotated[float, typer.Option(min=1, help="Applications a second; other records come on top.")] = 100.0,
    seconds: Annotated[float, typer.Option(min=1, help="How long the load goes on after a fault.")] = 8.0,
    report: Annotated[Path | None, typer.Option(help="Write the results to this Markdown page.")] = None,
) -> None:
    """Disturb real workers, Kafka and Valkey in every way that the suite knows, and audit what became of each event.

    Everything runs on this machine, on servers of its own in a temporary directory. All scenarios take about a quarter
    of an hour. Ends with exit code 1 when anything was lost, contradicted or slow to recover.
    """
    console = Console(highlight=False, soft_wrap=True)
    if list_:
        for name, title in ({each.name: each.title for each in SCENARIOS} | PRESSURE).items():
            console.print(f"{name:20} {title}")
        return
    names = scenario or [*BY_NAME, BURST]
    for name in names:
        if name not in BY_NAME and name not in PRESSURE:
            raise typer.BadParameter(f"{name!r} is none of those that --list names", param_hint="--scenario")
    if soak_too and SOAK not in names:
        names = [*names, SOAK]
    conditions = Conditions(rate=rate, after_s=seconds)
    try:
        with ended_by_signals(), tempfile.TemporaryDirectory(prefix="tidegate-chaos-") as directory:
            _run(names, conditions, soak_seconds, Path(directory), report, console)
    except KeyboardInterrupt:
        console.print("Stopped: nothing is left running.")


def _run(
    names: list[str], conditions: Conditions, soak_s: float, directory: Path, report: Path | None, console: Console
) -> None:
    watch = Watch()
    results: list[Result] = []
    pressure: list[PressureResult] = []
    with download_progress(console) as on_download:
        kafka = EmbeddedKafka(directory / "kafka", proxy_port=free_port(), on_download=on_download)
        kafka.start()
    try:
        for number, name in enumerate(names, start=1):
            own = directory / name
            title = f"{number}/{len(names)} {BY_NAME[name].title if name in BY_NAME else PRESSURE[name]}"
            with _spinner(title, console):
                if name in BY_NAME:
                    results.append(asyncio.run(run_scenario(BY_NAME[name], kafka, own, conditions)))
                    problems = results[-1].problems
                else:
                    pressing = burst(kafka, own) if name == BURST else soak(kafka, own, conditions.rate, soak_s)
                    pressure.append(asyncio.run(pressing))
                    problems = pressure[-1].problems
            console.print(f"{title}: {verdict(problems)}")
    finally:
        kafka.stop()
    console.print(table(results, pressure))
    if report is not None:
        write(report, page(results, pressure, conditions.rate, watch.conditions().others_cores))
    failed = sum(map(bool, [*(each.problems for each in results), *(each.problems for each in pressure)]))
    if failed:
        raise ChaosFailedError(f"{failed} of {len(names)} were not as they should be")


def _spinner(title: str, console: Console) -> Progress:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    progress.add_task(title, total=None)
    return progress
