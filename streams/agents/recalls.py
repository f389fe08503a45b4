"""Recalls: an approved application that is connected with a fraud or a listed identifier is decided again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from msgspec import json

from models.decision import DecisionAudit
from models.pipeline import Decided, decide
from models.recall.cause import RecallOrder
from models.recall.standing import is_meant, original_of, standing
from streams.codec import Decoded, encode
from streams.dependencies import Dependencies
from streams.index.protocol import PastDecision
from streams.publisher import Outgoing
from streams.runner import Accepted, Handled


def decode_recall(raw: bytes | None, now: datetime) -> Decoded[RecallOrder]:
    """What we published ourselves, so it is not checked like what comes from outside. `now` has no part in it."""
    return Decoded(json.decode(raw or b"", type=RecallOrder))


class PastDecisions(Protocol):
    """Where past decisions are found: `streams.joining.LabelJoin`."""

    async def audits(self, application_id: str) -> list[DecisionAudit]:
        """See there."""

    async def expect_no_more(self, application_id: str, asked_ms: int) -> None:
        """See there."""


async def decide_recalled(
    accepted: Sequence[Accepted[RecallOrder]], deps: Dependencies, join: PastDecisions
) -> Handled:
    """Decide again what still stands approved. Raises NotReadyError while decisions have not been read that far."""
    cases: list[Decided] = []
    for each in accepted:
        order = each.facts
        audits = await join.audits(order.application_id)
        if not any(is_meant(order, audit) for audit in audits):
            await join.expect_no_more(order.application_id, each.received.published_ms)
        case = _decided_again(order, audits, deps)
        if case is not None:
            cases.append(case)
    await deps.index.set_decisions([_flag(case.audit) for case in cases])
    publish: list[Outgoing] = []
    for case in cases:
        deps.metrics.recalled.inc()
        key = case.decision.application_id.encode()
        publish.append(Outgoing(deps.settings.topic("decisions"), key, encode(case.decision)))
        publish.append(Outgoing(deps.settings.topic("decision-audit"), key, encode(case.audit)))
    return Handled(publish=publish)


def _decided_again(order: RecallOrder, audits: Sequence[DecisionAudit], deps: Dependencies) -> Decided | None:
    """The decision that supersedes the approval; None when none stands. What this same order has led to before is made
    again as it was."""
    stands = standing(audits)
    decided_at = deps.clock()
    if stands is not None and stands.recall == order.recall:
        decided_at = stands.decided_at
        stands = original_of(stands, audits)
    if stands is None or stands.decision != "approve":
        return None
    return decide(
        stands.event,
        stands.enrichment,
        deps.policy,
        deps.serving.models,
        model_outputs=stands.model_outputs,
        decided_at=decided_at,
        latency_ms=0.0,
        supersedes=stands.decision_id,
        recall=order.recall,
    )


def _flag(audit: DecisionAudit) -> PastDecision:
    return PastDecision(
        event_id=audit.event_id,
        application_id=audit.application_id,
        occurred_ms=audit.event.occurred_ms,
        decision_flag=audit.decision,
    )
