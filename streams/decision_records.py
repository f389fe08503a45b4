"""The records of a decision: what is kept of it in the index, and what is published."""

from __future__ import annotations

import structlog
from msgspec import Struct, json
from msgspec.structs import replace

from models.alerts import Alert
from models.decision import Decision
from models.features.amounts import usual_amount
from models.pipeline import Decided
from models.ring_alerts import KIND as RING_ALERT
from models.ring_alerts import with_picture
from streams.codec import encode
from streams.dependencies import Dependencies
from streams.index.protocol import RememberedResult, ResultToRemember, StoredResult
from streams.publisher import Outgoing

logger = structlog.get_logger(__name__)


def to_remember(case: Decided) -> ResultToRemember:
    """The result as it is kept in the index, so that a repeat of the event is answered alike."""
    return ResultToRemember(
        event_id=case.decision.event_id,
        application_id=case.decision.application_id,
        occurred_ms=case.audit.event.occurred_ms,
        decision_flag=case.decision.decision,
        result=as_decided(case),
        alert_ids=[alert.alert_id for alert in case.alerts],
        usual=usual_amount(case.features),
        ring=case.audit.ring,
    )


def as_decided(case: Decided) -> StoredResult:
    """The result as it was decided."""
    return StoredResult(encode(case.decision), [encode(alert) for alert in case.alerts], encode(case.audit))


def superseding(result: StoredResult, degraded_id: str | None) -> StoredResult:
    """The result as the one that takes the degraded decision's place. An event that was delivered twice may have been
    decided in between, by a worker that knew nothing of that decision: what it said stands, and says so now."""
    if degraded_id is None:
        return result
    decision = json.decode(result.decision, type=Decision)
    if decision.supersedes is not None:
        return result
    return StoredResult(encode(replace(decision, supersedes=degraded_id)), result.alerts, result.audit)


def without_unclaimed_alerts(kept: RememberedResult) -> StoredResult:
    """The first result of an event stands, whoever made it; an alert that another event has claimed is left out."""
    if not kept.first:
        return kept.result
    alerts = [alert for alert, new in zip(kept.result.alerts, kept.new_alerts, strict=True) if new]
    return StoredResult(kept.result.decision, alerts, kept.result.audit)


class _AlertHead(Struct):
    alert_id: str
    kind: str


class _DecisionHead(Struct):
    decision_id: str


def to_publish(application_id: str, result: StoredResult, deps: Dependencies) -> list[Outgoing]:
    """The decision, and what has not been published yet of the rest."""
    key = application_id.encode()
    outgoing = [Outgoing(deps.settings.topic("decisions"), key, result.decision)]
    if result.audit is not None:
        outgoing.append(Outgoing(deps.settings.topic("decision-audit"), key, result.audit))
        for kept in result.alerts:
            alert, decision_id = kept, json.decode(result.decision, type=_DecisionHead).decision_id
            head = json.decode(alert, type=_AlertHead)
            if head.kind == RING_ALERT:
                alert = encode(with_picture(json.decode(alert, type=Alert)))
            deps.metrics.alerts.labels(head.kind).inc()
            logger.info(
                "alert",
                kind=head.kind,
                alert_id=head.alert_id,
                application_id=application_id,
                decision_id=decision_id,
            )
            outgoing.append(Outgoing(deps.settings.topic("alerts"), head.alert_id.encode(), alert))
    return outgoing
