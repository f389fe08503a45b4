"""`tidegate up`: the embedded Kafka and Valkey alone, until Ctrl-C or SIGTERM."""

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from config.settings import Settings
from scripts.embedded import EmbeddedError, EmbeddedServers
from scripts.embedded.progress import download_progress
from scripts.embedded.signals import ended_by_signals


def up(
    kafka_port: Annotated[int, typer.Option(min=0, max=65535, help="Kafka's port; 0 finds a free one")] = 9092,
    redis_port: Annotated[int, typer.Option(min=0, max=65535, help="Valkey's port; 0 finds a free one")] = 6379,
    data_dir: Annotated[
        Path | None, typer.Option(help="where data and logs are kept (default: TIDEGATE_DATA_DIR, or .tidegate)")
    ] = None,
) -> None:
    """Run the embedded Kafka and Valkey on this machine until Ctrl-C. The first start fetches Kafka (45 MB)."""
    console = Console(highlight=False, soft_wrap=True)
    try:
        with ended_by_signals():
            _run(console, data_dir or Settings().data_dir, kafka_port, redis_port)
    except KeyboardInterrupt:
        console.print("Stopped: nothing is left running.")
    except EmbeddedError as error:
        Console(stderr=True, highlight=False, soft_wrap=True).print(f"tidegate up: {error}", markup=False)
        raise typer.Exit(1) from error


def _run(console: Console, data_dir: Path, kafka_port: int, redis_port: int) -> None:
    began = time.monotonic()
    with download_progress(console) as on_download:
        servers = EmbeddedServers(data_dir, kafka_port, redis_port, on_download)
        servers.start()
    with_servers = time.monotonic() - began
    try:
        console.print(f"Kafka   {servers.kafka.bootstrap}   process {servers.kafka.pid}, log {servers.kafka.log_file}")
        console.print(
            f"Valkey  127.0.0.1:{servers.valkey.port}   process {servers.valkey.pid}, log {servers.valkey.log_file}"
        )
        console.print(f"Both serve after {with_servers:.1f} s. For the other commands:")
        for name, value in servers.environment.items():
            console.print(f"  export {name}={value}")
        console.print("Ctrl-C stops both.")
        servers.watch()
    finally:
        servers.stop()
