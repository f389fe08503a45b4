"""Which of an application's decisions stands."""

from __future__ import annotations

from collections.abc import Sequence

from models.decision import DecisionAudit
from models.recall.cause import RecallOrder


def standing(audits: Sequence[DecisionAudit]) -> DecisionAudit | None:
    """The decision on the newest event; of several on one event one that was made with all dependencies, and of those
    the last. `audits` in the order in which they were published."""
    stands: DecisionAudit | None = None
    for audit in audits:
        if stands is None or audit.event_id != stands.event_id:
            if stands is None or audit.event.occurred_ms >= stands.event.occurred_ms:
                stands = audit
        elif stands.enrichment.degraded or not audit.enrichment.degraded:
            stands = audit
    return stands


def is_meant(order: RecallOrder, audit: DecisionAudit) -> bool:
    """Whether an order may be about this decision. A recall knows of decisions that were made with the index alone."""
    return audit.event.occurred_ms >= order.occurred_ms and not audit.enrichment.degraded


def original_of(audit: DecisionAudit, audits: Sequence[DecisionAudit]) -> DecisionAudit | None:
    """The decision that this one supersedes; None when it is not among them."""
    return next((each for each in audits if each.decision_id == audit.supersedes), None)
