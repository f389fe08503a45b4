"""`tidegate demo`: everything on this machine, nothing to install first."""

from __future__ import annotations

import asyncio
import math
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from config.errors import OperatorError
from config.settings import Settings
from models.policy.policy import load_policy_file
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
LABEL_DELAY_DAYS = 1.0
"""Labels come twenty times sooner than in life, so that there is something to learn from within a minute."""


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
        float,
        typer.Option(
            min=0, help="Event time spans so many days, long enough ago for labels to be mature; 0: it is now."
        ),
    ] = 30.0,
    label_delay: Annotated[
        float, typer.Option(min=0.001, help="Days of event time until a fraud is confirmed, about.")
    ] = LABEL_DELAY_DAYS,
    shift: Annotated[
        bool, typer.Option("--shift", help="Half-way a kind of fraud appears that was not there before.")
    ] = False,
    report: Annotated[
        Path | None,
        typer.Option(file_okay=False, help="Write there what was learned: a page with curves of recall."),
    ] = None,
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
        days_ago=longest_maturity_days(Settings()),
        label_delay_days=label_delay,
        shift=shift,
    )
    console = Console(highlight=False, soft_wrap=True)

    def say(what: str) -> None:
        console.print(f"{what} after {time.monotonic() - began:.1f} s")

    try:
        with ended_by_signals(), empty_directory(Settings().data_dir.absolute() / "demo") as directory:
            console.print(f"Starting Kafka, Valkey and a worker in {directory}")
            with started(directory, kafka_port, redis_port, console, say) as running:
                _show(running, plan, report, console, say)
    except KeyboardInterrupt:
        console.print("Stopped before the end.")


def number_of_applications(seconds: float | None, applications: int | None, rate: float) -> int | None:
    """As many as fit into the seconds, or as were asked for, whichever is less; None when neither was given."""
    limits = [math.ceil(seconds * rate)] if seconds is not None else []
    limits += [applications] if applications is not None else []
    return min(limits) if limits else None


def longest_maturity_days(settings: Settings) -> float:
    """By the policy: labels that are so old count, so the models learn from all that the demo publishes."""
    return max(load_policy_file(settings.policy).document.labels.maturity_days.values(), default=0.0)


def _show(running: Running, plan: TrafficPlan, report: Path | None, console: Console, say: Say) -> None:
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
    if report is not None and ended is None:
        _report(running, tally, report, console)
    directory = running.settings.data_dir
    console.print(f"Topics and logs stay until the next demo. `tidegate up --data-dir {directory}` serves them again.")
    if ended is not None:
        raise DemoFailedError(ended)
    if error is not None:
        raise DemoFailedError(f"The traffic has failed: {error!r}") from error
    if not tally.complete and not by_hand:
        raise DemoFailedError(_missing(tally, running))


def _report(running: Running, tally: Tally, directory: Path, console: Console) -> None:
    # What draws takes a while to import, and is wanted at the end alone.
    from scripts.demonstration.learning_report import learning_lines, read_scored, write_learning_report  # noqa: PLC0415

    scored = asyncio.run(read_scored(running.settings, tally.truths))
    for line in learning_lines(scored):
        console.print(line, markup=False)
    console.print(f"Report  {write_learning_report(directory, scored)}")


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
