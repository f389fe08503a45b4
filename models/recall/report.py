"""What a recall has found: who is reported to the risk team, and who is decided again.

At risk is what was approved, or paid out whatever was decided, and is neither repaid nor known to be fraud. What is not
paid out yet can be held back: it is decided again. Connected applications that were held back before are reported with
the others, because people decide on those; what is repaid is only counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from math import fsum

from msgspec import Struct

from models.alerts import Alert, AlertKind, AlertSeverity, AlertSubject, EvidenceValue, alert_id, words
from models.recall.cause import BY_HAND, Cause, EntryListed, FraudConfirmed, Recall, RecallOrder
from models.recall.search import Reached
from models.recall.seen import SeenApplication

CRITICAL_FROM = 5
"""So many applications at risk make an alert critical."""
REPORTED_AT_ONCE = 50
"""Applications that one alert names; of more there are several alerts, so that none is larger than 64 KiB."""
SHORT_TOKEN = 8


class Found(Struct, frozen=True, kw_only=True):
    """What is to be published."""

    alerts: list[Alert]
    orders: list[RecallOrder]


def is_at_risk(application: SeenApplication) -> bool:
    """Money may be lost on it."""
    if application.label == "fraud" or application.loan == "repaid":
        return False
    return application.decision == "approve" or application.loan == "disbursed"


def is_to_review(application: SeenApplication) -> bool:
    """It can still be held back, and nobody knows it to be honest. One that is being decided at this moment counts: who
    gets the order looks at what it came to."""
    return application.decision in ("approve", "") and application.loan == "" and application.label == ""


def report(cause: Cause, reached: Sequence[Reached], cut: bool, raised_at: datetime) -> Found:
    """What to publish of applications that were reached, the fraud itself among them or not. Nothing when there is
    nothing to be lost: all are repaid, rejected, or known to be fraud."""
    others = [each for each in reached if each.application.label != "fraud" and not _is_cause(cause, each)]
    open_ones = [each for each in others if each.application.loan != "repaid"]
    if not any(is_at_risk(each.application) or _is_undecided(each.application) for each in open_ones):
        return Found(alerts=[], orders=[])
    open_ones.sort(key=_rank)
    alerts: list[Alert] = []
    orders: list[RecallOrder] = []
    for start in range(0, len(open_ones), REPORTED_AT_ONCE):
        part = open_ones[start : start + REPORTED_AT_ONCE]
        alert = _alert(cause, part, start, len(others) - len(open_ones), cut, raised_at)
        alerts.append(alert)
        orders += [_order(cause, each, alert.alert_id) for each in part if is_to_review(each.application)]
    return Found(alerts=alerts, orders=orders)


def _alert(cause: Cause, part: list[Reached], start: int, repaid: int, cut: bool, raised_at: datetime) -> Alert:
    at_risk = [each.application for each in part if is_at_risk(each.application)]
    to_review = [each.application.application_id for each in part if is_to_review(each.application)]
    amount_cny = round(fsum(each.amount_cny for each in at_risk), 2)
    kind, situation, subject, what, evidence = _about(cause)
    loss = (
        f"{len(at_risk)} connected applications for {amount_cny:,.0f} CNY were approved or paid out and are not repaid"
    )
    return Alert(
        alert_id=alert_id(kind, *situation, *([] if start == 0 else [str(start)]), *_names(cause, part)),
        kind=kind,
        severity=_severity(cause, len(at_risk)),
        raised_at=raised_at,
        subject=subject,
        summary=f"{what}: {loss}; {len(to_review)} of these are not paid out yet and go to review.",
        applications=[each.application.application_id for each in part],
        evidence={
            **evidence,
            "connected": len(part),
            "at_risk": len(at_risk),
            "amount_at_risk_cny": amount_cny,
            "to_review": to_review,
            "disbursed": [each.application_id for each in at_risk if each.loan == "disbursed"],
            "held_back": [
                each.application.application_id
                for each in part
                if not is_at_risk(each.application) and not is_to_review(each.application)
            ],
            "repaid": repaid,
            "distances": {each.application.application_id: each.distance for each in part},
            "amounts_cny": {each.application.application_id: each.application.amount_cny for each in part},
            "paths": [" ".join(each.path) for each in part],
            "truncated": cut,
        },
    )


def _about(cause: Cause) -> tuple[AlertKind, list[str], AlertSubject, str, dict[str, EvidenceValue]]:
    """Kind, situation, subject, beginning of the sentence, and evidence of an alert."""
    if isinstance(cause, FraudConfirmed):
        return (
            "RING_RECALL",
            [cause.application_id] if cause.event_id != BY_HAND else [cause.application_id, BY_HAND],
            AlertSubject(type="application", id=cause.application_id),
            f"Application {cause.application_id} is fraud",
            {"cause": "fraud", "event_id": cause.event_id},
        )
    where = "the own list" if cause.list == "own" else f"the list {cause.list}"
    return (
        "BLACKLIST_RETRO_HIT",
        [cause.list, cause.kind, cause.token],
        AlertSubject(type=cause.kind, id=cause.token),
        f"The {words(cause.kind)} {cause.token[:SHORT_TOKEN]}… joined {where}",
        {
            "cause": "list",
            "event_id": cause.event_id,
            "list": cause.list,
            "identifier_kind": cause.kind,
            "reason": cause.reason,
        },
    )


def _names(cause: Cause, part: list[Reached]) -> list[str]:
    """What else makes the situation. An entry that is loaded again and again is news when it meets others; so is what
    a person asked for."""
    if isinstance(cause, FraudConfirmed) and cause.event_id != BY_HAND:
        return []
    return sorted(each.application.application_id for each in part)


def _severity(cause: Cause, at_risk: int) -> AlertSeverity:
    if isinstance(cause, EntryListed):
        return cause.severity
    return "critical" if at_risk >= CRITICAL_FROM else "high"


def _order(cause: Cause, reached: Reached, alert: str) -> RecallOrder:
    fraud = isinstance(cause, FraudConfirmed)
    return RecallOrder(
        application_id=reached.application.application_id,
        occurred_ms=reached.application.occurred_ms,
        recall=Recall(
            cause="fraud" if fraud else "list",
            source=cause.application_id if isinstance(cause, FraudConfirmed) else cause.list,
            event_id=cause.event_id,
            distance=reached.distance,
            path=reached.path,
            alert_id=alert,
        ),
    )


def _is_cause(cause: Cause, reached: Reached) -> bool:
    return isinstance(cause, FraudConfirmed) and reached.application.application_id == cause.application_id


def _is_undecided(application: SeenApplication) -> bool:
    """A person decides on it, or it is being decided at this moment."""
    return application.decision in ("review", "")


def _rank(reached: Reached) -> tuple[bool, int, int, str]:
    """What is at risk first, then the nearest."""
    application = reached.application
    return not is_at_risk(application), reached.distance, application.occurred_ms, application.application_id
