"""`tidegate recall`: what is connected with an application that a person knows to be fraud."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from config.errors import OperatorError
from config.settings import Settings
from models.policy.policy import load_policy_file
from models.recall.cause import BY_HAND, FraudConfirmed
from models.recall.report import Found
from streams.index.layout import short_hash
from streams.index.protocol import IndexUnavailableError
from streams.index.valkey import ValkeyIndex
from streams.publisher import Publisher
from streams.recalling import find_connected, outgoing_of
from streams.topics import require_topics


class RecallImpossibleError(OperatorError):
    """The index does not answer, or does not know the application."""


def recall(
    application_id: Annotated[str, typer.Argument(help="The application that is known to be fraud.")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what is connected.")] = False,
) -> None:
    """Report what was approved in connection with an application, and send back to review what is not paid out yet.

    It labels nothing: publish a confirmed_fraud label for that, which starts a recall by itself.
    """
    settings, console = Settings(), Console(highlight=False)
    found = asyncio.run(_recall(settings, application_id, dry_run))
    if not found.alerts:
        console.print(f"Nothing that is connected with {application_id} is approved and not repaid.")
        return
    console.print(_table(found))
    for alert in found.alerts:
        console.print(alert.summary)
    if not dry_run:
        console.print(f"Published: {len(found.alerts)} alerts, {len(found.orders)} applications to be decided again.")


async def _recall(settings: Settings, application_id: str, dry_run: bool) -> Found:
    policy = load_policy_file(settings.policy)
    index = ValkeyIndex.from_settings(settings)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(index.close)
        try:
            (seen,) = await index.look([short_hash(application_id)])
            if seen is None:
                raise RecallImpossibleError(f"The link index does not know application {application_id}")
            cause = FraudConfirmed(application_id=application_id, event_id=BY_HAND)
            found = await find_connected(cause, index, policy, datetime.now(UTC))
        except IndexUnavailableError as error:
            raise RecallImpossibleError(f"Valkey does not answer (TIDEGATE_REDIS_URL): {error}") from error
        if found.alerts and not dry_run:
            await require_topics(settings)
            publisher = Publisher(settings)
            await publisher.start()
            stack.push_async_callback(publisher.stop)
            await publisher.publish(outgoing_of(found, settings))
    return found


def _table(found: Found) -> Table:
    table = Table("application", "amount", "is", "links", "over")
    for alert in found.alerts:
        evidence: Mapping[str, Any] = alert.evidence
        for application_id, path in zip(alert.applications, evidence["paths"], strict=True):
            amount, distance = evidence["amounts_cny"][application_id], evidence["distances"][application_id]
            state = _state(application_id, evidence)
            table.add_row(application_id, f"{amount:,.2f} CNY", state, str(distance), path)
    return table


def _state(application_id: str, evidence: Mapping[str, Any]) -> str:
    if application_id in evidence["disbursed"]:
        return "paid out"
    if application_id in evidence["to_review"]:
        return "to review"
    return "held back" if application_id in evidence["held_back"] else "approved"
