"""`tidegate models`: which fraud models there are, which one decides, and how to change that."""

from __future__ import annotations

import asyncio
import getpass
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from config.errors import OperatorError
from config.settings import Settings
from models.model_alerts import promoted_alert
from models.policy.policy import load_policy_file
from models.published import ModelVersionRecord
from streams.codec import encode
from streams.kafka import running
from streams.model_files import MissingFileError
from streams.model_versions import SCORECARD, Announcement, announce, current, rollback
from streams.publisher import Outgoing, Publisher
from streams.serving import load_scorer
from streams.snapshots import ModelStore, Snapshot, SnapshotRefusedError
from streams.topics import require_topics

METRICS = {"roc_auc": "AUC", "average_precision": "AP", "recall_at_1pct": "recall at 1%", "brier": "Brier"}
"""Standing figures of the list, by their names in a snapshot's header; the first two where there is little room."""
WIDE = 110
"""Characters in a line that have room for all of them. What is no terminal has."""

Choose = Callable[[ModelVersionRecord | None], Announcement]
"""From what serves now to what shall serve."""

MAX_REASON = 256
"""Characters: free text of the contract."""


def _sentence(reason: str) -> str:
    if not 1 <= len(reason.strip()) <= MAX_REASON:
        raise typer.BadParameter(f"1 to {MAX_REASON} characters")
    return reason.strip()


Why = Annotated[
    str, typer.Option("--reason", help="Why, in a sentence; it is published with the change.", callback=_sentence)
]

models = typer.Typer(add_completion=False, no_args_is_help=True)


class UnknownModelError(OperatorError):
    """There is no such version."""


@models.callback()
def _group() -> None:
    """The fraud models of this deployment: the champion decides, a challenger may score beside it."""


@models.command("list")
def list_models() -> None:
    """All models in the store, oldest first, and which of them serve."""
    settings = Settings()
    store = ModelStore.from_settings(settings)
    now = asyncio.run(_current(settings))
    console = _console()
    metrics = list(METRICS) if console.width >= WIDE else list(METRICS)[:2]
    head = ("version", "saved", "examples", "frauds", *(METRICS[name] for name in metrics), "")
    table = Table(*head, box=None, padding=(0, 1, 0, 0))
    table.columns[0].no_wrap = True
    blank = [""] * (len(metrics) + 3)
    standing = now.metrics if now is not None and now.version == SCORECARD else {}
    table.add_row(SCORECARD, *[""] * 3, *_figures(standing, metrics), _role(SCORECARD, now))
    versions = store.versions()
    for version in versions:
        try:
            table.add_row(*_row(store.inspect(version), metrics), _role(version, now))
        except MissingFileError:
            continue  # a learner has pruned it since it was listed
        except SnapshotRefusedError:
            table.add_row(version, *blank, "[red]refused[/]")
    console.print(table)
    for served in (now.version, now.challenger) if now is not None else ():
        if served is not None and served not in (SCORECARD, *versions):
            console.print(f"{served} serves, and is not in {settings.model_url}", style="red")
    if now is not None and now.held:
        console.print("The champion was set by command and is held; `tidegate models release` lets the learner choose.")


@models.command("show")
def show(version: Annotated[str, typer.Argument(help="As `tidegate models list` shows it.")]) -> None:
    """One model, or `scorecard`: where it comes from, how it stands, whether its signature verifies."""
    settings = Settings()
    version = _version(version, settings)
    known, metrics = _scorecard(settings) if version == SCORECARD else _snapshot(settings, version)
    now = asyncio.run(_current(settings))
    if now is not None and now.version == version == SCORECARD:
        metrics = now.metrics
    rows = {"role": _role(version, now) or "-", **known}
    rows |= {METRICS.get(name, name): f"{value:.4f}" for name, value in metrics.items()}
    if now is not None and now.version == version:
        rows |= {"decides since": _time(now.activated_at), "because": f"{now.reason} ({now.change}, by {now.by})"}
    table = Table("", version, show_header=True)
    for name, value in rows.items():
        table.add_row(name, value)
    _console().print(table)


@models.command("promote")
def promote(
    version: Annotated[str, typer.Argument(help="As `tidegate models list` shows it, or `scorecard`.")],
    reason: Why,
) -> None:
    """Make this version the champion, and hold it: the learner goes on, but chooses no other until `release`.

    It is verified and tried here before workers are told; they swap within seconds.
    """
    settings = Settings()
    store = ModelStore.from_settings(settings)
    examples, metrics = 0, dict[str, float]()
    version = _version(version, settings)
    if version != SCORECARD:
        _require(store, version)
        load_scorer(store, version)
        header = store.inspect(version).header
        examples, metrics = header.examples, header.metrics

    def choose(now: ModelVersionRecord | None) -> Announcement:
        challenger = now.challenger if now is not None else None
        return Announcement(
            champion=version,
            challenger=challenger if challenger != version else None,
            change="command",
            reason=reason,
            by=getpass.getuser(),
            trained_examples=examples,
            metrics=metrics,
            held=True,
        )

    _report(asyncio.run(_announce(settings, choose)))


@models.command("rollback")
def roll_back(reason: Why = "Rolled back by command.") -> None:
    """Go back to the champion before this one, and hold it."""
    settings = Settings()
    store = ModelStore.from_settings(settings)

    def choose(now: ModelVersionRecord | None) -> Announcement:
        announcement = rollback(now, reason, getpass.getuser())
        if announcement.champion != SCORECARD:
            _require(store, announcement.champion)
            load_scorer(store, announcement.champion)
        return announcement

    _report(asyncio.run(_announce(settings, choose)))


@models.command("release")
def release(reason: Why = "The learner may choose again.") -> None:
    """Let the learner choose the champion again, after a command has held one. What decides now goes on until then."""

    def choose(now: ModelVersionRecord | None) -> Announcement:
        if now is None or not now.held:
            raise OperatorError("No champion is held: the learner chooses already")
        return Announcement(
            champion=now.version,
            challenger=now.challenger,
            change="command",
            reason=reason,
            by=getpass.getuser(),
            trained_examples=now.trained_examples,
            metrics=now.metrics,
            held=False,
        )

    _report(asyncio.run(_announce(Settings(), choose)))


async def _current(settings: Settings) -> ModelVersionRecord | None:
    await require_topics(settings)
    return await current(settings)


async def _announce(settings: Settings, choose: Choose) -> ModelVersionRecord:
    """Announce what is chosen; with the alert when that is another champion."""
    before = await _current(settings)
    announcement = choose(before)
    publisher = Publisher(settings)
    async with running(publisher, settings):
        record = await announce(announcement, settings, publisher, datetime.now(UTC))
        if record.version != (before.version if before is not None else SCORECARD):
            alert = promoted_alert(record)
            await publisher.publish([Outgoing(settings.topic("alerts"), alert.alert_id.encode(), encode(alert))])
    return record


def _version(asked: str, settings: Settings) -> str:
    """As it is announced: a decision names the scorecard by its version in the policy."""
    return SCORECARD if asked == load_policy_file(settings.policy).scorecard.version else asked


def _require(store: ModelStore, version: str) -> None:
    if version not in store.versions():
        raise UnknownModelError(f"There is no model {version}; `tidegate models list` shows those there are")


def _scorecard(settings: Settings) -> tuple[dict[str, str], Mapping[str, float]]:
    """What is to be shown of the scorecard, and its standing figures, which only the learner knows."""
    return {"kind": "the policy's scorecard", "in decisions": load_policy_file(settings.policy).scorecard.version}, {}


def _snapshot(settings: Settings, version: str) -> tuple[dict[str, str], Mapping[str, float]]:
    """Likewise of a model in the store. Raises UnknownModelError, SnapshotRefusedError, StoreUnavailableError."""
    store = ModelStore.from_settings(settings)
    _require(store, version)
    snapshot = store.inspect(version)
    header = snapshot.header
    return {
        "kind": header.kind,
        "signature": "verifies",
        "saved": _time(header.created_at),
        "parent": header.parent or "-",
        "learned from": f"{header.examples} examples, {header.frauds} of them frauds",
        "feature set": header.features or "-",
        "size": f"{snapshot.size_bytes:,} bytes",
    }, header.metrics


def _row(snapshot: Snapshot, metrics: Sequence[str]) -> list[str]:
    header = snapshot.header
    figures = _figures(header.metrics, metrics)
    return [snapshot.version, _time(header.created_at), str(header.examples), str(header.frauds), *figures]


def _figures(standing: Mapping[str, float], metrics: Sequence[str]) -> list[str]:
    return [f"{standing[name]:.3f}" if name in standing else "" for name in metrics]


def _role(version: str, now: ModelVersionRecord | None) -> str:
    if version == (now.version if now is not None else SCORECARD):
        return "champion, held" if now is not None and now.held else "champion"
    if now is not None and version == now.challenger:
        return "challenger"
    return "champion before" if now is not None and version == now.previous_version else ""


def _report(record: ModelVersionRecord) -> None:
    beside = f", {record.challenger} scores beside it" if record.challenger is not None else ""
    held = "held by command" if record.held else "the learner may choose another"
    typer.echo(f"{record.version} decides from now on ({held}){beside}; before: {record.previous_version or 'none'}")


def _console() -> Console:
    """Tables for a pipe are as wide as they need to be."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=4 * WIDE)


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
