"""`tidegate demo`: everything on this machine, nothing to install first."""

from __future__ import annotations

import math
import time
from typing import Annotated

import typer
from rich.console import Console

from config.errors import OperatorError
from config.settings import Settings
from scripts.demonstration.place import empty_directory
from scripts.demonstration.screen import screen
from scripts.demonstration.start import Running, Say, started
from scripts.demonstration.summary import print_summary
from scripts.demonstration.tally import Tally
from scripts.demonstration.traffic import Traffic, TrafficPlan
from scripts.demonstration.worker import Readiness
from scripts.embedded.signals import ended_by_signals

FRAME_S = 0.25
SECONDS_BETWEEN_READINESS = 1.0
MISSING_SHOWN = 5


class DemoFailedError(OperatorError):
    """The demo has not shown what it should; the message says why and where to look."""


def demo(
    *,
    seconds: Annotated[
        float | None,
        typer.Option(min=1, help="How long to publish; without, and without --applications: until Ctrl-C."),
    ] = None,
    applications: Annotated[int | None, typer.Option(min=1, help="How many applications to publish.")] = None,
    rate: Annotated[float, typer.Option(min=0.1, help="Applications a second.")] = 50.0,
    fraud_share: Annotated[float, typer.Option(min=0, max=1, help="Share of fraudulent applications.")] = 0.08,
    seed: Annotated[int, typer.Option(help="Another seed, other people.")] = 7,
    days: Annotated[
        float, typer.Option(min=0, help="Event time spans so many days ending now; 0: event time is the wall clock.")
    ] = 30.0,
    kafka_port: Annotated[int, typer.Option(min=0, max=65535, help="Kafka's port; 0 finds a free one.")] = 0,
    redis_port: Annotated[int, typer.Option(min=0, max=65535, help="Valkey's port; 0 finds a free one.")] = 0,
) -> None:
    """Run everything on this machine: Kafka, Valkey, a worker, simulated traffic with known fraud.

    Shows decisions as they are made; at the end, what was caught and who was bothered. Each demo starts empty, in
    TIDEGATE_DATA_DIR/demo, and takes 12 KB of disk and 3 KB of memory an application. Ends with exit code 1 when
    something has failed or an application has no decision.
    """
    began = time.monotonic()
    plan = TrafficPlan(
        applications=number_of_applications(seconds, applications, rate),
        rate=rate,
        fraud_share=fraud_share,
        seed=seed,
        days=days,
    )
    console = Console(highlight=False, soft_wrap=True)

    def say(what: str) -> None:
        console.print(f"{what} after {time.monotonic() - began:.1f} s")

    try:
        with ended_by_signals(), empty_directory(Settings().data_dir.absolute() / "demo") as directory:
            console.print(f"Starting Kafka, Valkey and a worker in {directory}")
            with started(directory, kafka_port, redis_port, console, say) as running:
                _show(running, plan, console, say)
    except KeyboardInterrupt:
        console.print("Stopped before the end.")


def number_of_applications(seconds: float | None, applications: int | None, rate: float) -> int | None:
    """As many as fit into the seconds, or as were asked for, whichever is less; None when neither was given."""
    limits = [math.ceil(seconds * rate)] if seconds is not None else []
    limits += [applications] if applications is not None else []
    return min(limits) if limits else None


def _show(running: Running, plan: TrafficPlan, console: Console, say: Say) -> None:
    """Run the traffic to its end, or until Ctrl-C, and sum it up. Raises DemoFailedError."""
    _print_where(running, console)
    tally = Tally()
    traffic = Traffic(running.settings, plan, tally)
    by_hand, ended = False, None
    try:
        traffic.start()
        ended = _watch(running, traffic, console, say)
    except KeyboardInterrupt:
        by_hand = True
    error = traffic.stop()
    print_summary(console, tally, traffic.view.seconds)
    directory = running.settings.data_dir
    console.print(f"Topics and logs stay until the next demo. `tidegate up --data-dir {directory}` serves them again.")
    if ended is not None:
        raise DemoFailedError(ended)
    if error is not None:
        raise DemoFailedError(f"The traffic has failed: {error!r}") from error
    if not tally.complete and not by_hand:
        raise DemoFailedError(_missing(tally, running))


def _watch(running: Running, traffic: Traffic, console: Console, say: Say) -> str | None:
    """Show how things stand until the traffic has ended; what else has ended by itself, if anything has."""
    readiness: Readiness | None = None
    asked, decided = 0.0, False
    with screen(console) as show:
        while traffic.running:
            ended = running.ended()
            if ended is not None:
                return ended
            if time.monotonic() - asked >= SECONDS_BETWEEN_READINESS:
                asked, readiness = time.monotonic(), running.worker.readiness()
            view = traffic.view
            if view.decided and not decided:
                decided = True
                say("First decision")
            show(view, readiness)
            time.sleep(FRAME_S)
    return None


def _print_where(running: Running, console: Console) -> None:
    servers, worker = running.servers, running.worker
    topics = ", ".join(map(running.settings.topic, ("applications", "decisions", "decision-audit", "alerts")))
    console.print(f"Kafka   {servers.kafka.bootstrap}, topics {topics} and others")
    console.print(f"Valkey  {servers.valkey.url}")
    console.print(f"Worker  {worker.url}/readyz, /healthz and /metrics; log {worker.log_file}")


def _missing(tally: Tally, running: Running) -> str:
    examples = ", ".join(tally.missing()[:MISSING_SHOWN]) or "none"
    return (
        f"{tally.sent} applications were published, {tally.published} stand in Kafka and {len(tally.verdicts)} have a "
        f"decision; some of those without: {examples}; see {running.worker.log_file}"
    )
