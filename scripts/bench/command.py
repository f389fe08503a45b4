"""`tidegate bench`: how fast one worker decides, against the same Faust app that only echoes."""

from __future__ import annotations

import asyncio
import secrets
import statistics
import tempfile
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from msgspec import Struct
from pydantic import SecretStr
from rich.console import Console
from rich.progress import Progress, TaskID
from rich.table import Table

from config.settings import Settings
from scripts.bench.measure import Record, latencies_ms, throughput
from scripts.embedded import EmbeddedServers
from scripts.embedded.progress import download_progress
from scripts.simulator.stream import SimulationConfig, simulated_stream

ECHO, WORKER = "scripts.bench.echo", "streams.worker"


class BenchResult(Struct, frozen=True, kw_only=True):
    """Figures of one run; rates are records a second, medians over `runs`."""

    applications: int
    runs: int
    echo_per_s: list[float]
    decisions_per_s: list[float]
    ratio: float
    """Of the medians: decisions to echoes."""
    latency_rate_per_s: float
    p50_ms: float
    p99_ms: float


def bench(
    applications: Annotated[int, typer.Option(min=200, help="applications a measurement")] = 6_000,
    runs: Annotated[int, typer.Option(min=1, help="measurements, of which the median counts")] = 3,
    json: Annotated[Path | None, typer.Option(help="write the figures to this file")] = None,
) -> None:
    """Measure decisions a second of one worker, the same Faust app echoing records, and the latency at half the rate.

    Starts an embedded Kafka and Valkey of its own on free ports, in a temporary directory.
    """
    console = Console()
    with tempfile.TemporaryDirectory(prefix="tidegate-bench-") as directory:
        with download_progress(console) as on_download:
            servers = EmbeddedServers(Path(directory), 0, 0, on_download)
            servers.start()
        try:
            result = asyncio.run(_measure(console, servers, Path(directory), applications, runs))
        finally:
            servers.stop()
    console.print(_table(result))
    if json is not None:
        json.write_bytes(msgspec.json.format(msgspec.json.encode(result)) + b"\n")


async def _measure(
    console: Console, servers: EmbeddedServers, directory: Path, applications: int, runs: int
) -> BenchResult:
    records = _applications(applications)
    echo: list[float] = []
    decided: list[float] = []
    with Progress(console=console, transient=True) as progress:
        for number in range(1, runs + 1):
            for module, rates in ((ECHO, echo), (WORKER, decided)):
                name = module.rpartition(".")[2]
                bar = progress.add_task(f"{name} {number}/{runs}", total=applications)
                settings = _settings(servers, directory, f"{name}{number}.")
                on_answer = partial(_advance, progress, bar)
                log_file = directory / f"{name}{number}.log"
                rates.append(await throughput(module, settings, records, log_file, on_answer))
        rate = statistics.median(decided) / 2
        bar = progress.add_task(f"latency at {rate:.0f}/s", total=applications)
        latencies = await latencies_ms(
            WORKER,
            _settings(servers, directory, "latency."),
            records,
            rate,
            directory / "latency.log",
            partial(_advance, progress, bar),
        )
    quantiles = statistics.quantiles(latencies, n=100)
    return BenchResult(
        applications=applications,
        runs=runs,
        echo_per_s=echo,
        decisions_per_s=decided,
        ratio=statistics.median(decided) / statistics.median(echo),
        latency_rate_per_s=rate,
        p50_ms=quantiles[49],
        p99_ms=quantiles[98],
    )


def _advance(progress: Progress, bar: TaskID, done: int) -> None:
    progress.update(bar, completed=done)


def _applications(number: int) -> list[Record]:
    """Simulated applications over the last 30 days, in event-time order."""
    end = datetime.now(UTC)
    stream = simulated_stream(SimulationConfig(start=end - timedelta(days=30), end=end, applications=number))
    return [
        Record(each.key.encode(), msgspec.json.encode(each.value)) for each in stream if each.topic == "applications"
    ]


def _settings(servers: EmbeddedServers, directory: Path, prefix: str) -> Settings:
    return Settings(
        broker=servers.kafka.url,
        redis_url=SecretStr(servers.valkey.url),
        topic_prefix=prefix,
        pii_key=SecretStr(secrets.token_hex(16)),
        data_dir=directory / "data",
        web_port=0,
        log_level="WARNING",
    )


def _table(result: BenchResult) -> Table:
    table = Table("", "median", "all runs", title=f"{result.applications} applications, {result.runs} runs")
    for name, rates in (("echo, records/s", result.echo_per_s), ("decisions/s, one worker", result.decisions_per_s)):
        table.add_row(name, f"{statistics.median(rates):,.0f}", ", ".join(f"{rate:,.0f}" for rate in rates))
    table.add_row("decisions / echo", f"{result.ratio:.2f}", "")
    table.add_row(f"latency p50 at {result.latency_rate_per_s:,.0f}/s, ms", f"{result.p50_ms:.1f}", "")
    table.add_row(f"latency p99 at {result.latency_rate_per_s:,.0f}/s, ms", f"{result.p99_ms:.1f}", "")
    return table
