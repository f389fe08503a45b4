"""What the policy makes of an application and its scores: reasons, and the verdict they ask for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from models.control import control_reason
from models.decision import DetailValue, Effect, FeatureContribution, Reason, Verdict
from models.enrichment import Enrichment
from models.facts import ApplicationFacts
from models.list_details import with_lists
from models.policy.document import DecisionThresholds
from models.policy.policy import Policy
from models.policy.rules import STRENGTH, RuleInput
from models.recall.cause import Recall
from models.recall.reason import recall_reason

HIGH_SCORE_FEATURES = 3
"""So many features the reason MODEL_HIGH_SCORE names."""


class Judged(NamedTuple):
    """What the policy says."""

    verdict: Verdict
    reasons: list[Reason]
    """The strongest effects first."""
    is_control: bool
    """Random control has turned a rejection into a review."""
    rule_input: RuleInput


def judge(
    facts: ApplicationFacts,
    enrichment: Enrichment,
    features: dict[str, float | None],
    policy: Policy,
    *,
    fraud_score: float,
    top_features: Sequence[FeatureContribution],
    anomaly: float | None,
    recall: Recall | None = None,
) -> Judged:
    """Rules, what a recall says, thresholds and random control, in this order. The reason MODEL_HIGH_SCORE may name
    `top_features`."""
    rule_input = RuleInput(
        features=features,
        channel=facts.channel,
        product=facts.product,
        anomaly=anomaly,
        fraud_score=fraud_score,
    )
    reasons = [with_lists(reason, facts, enrichment) for reason in policy.rules.run(rule_input)]
    reasons += [] if recall is None else [recall_reason(recall)]
    reasons += _degraded(enrichment, policy)
    reasons += _high_score(fraud_score, top_features, _verdict(reasons), policy.document.decision)
    verdict = _verdict(reasons)
    control = control_reason(facts.application_id, reasons, policy.document.control) if verdict == "reject" else None
    if control is not None:
        reasons.append(control)
        verdict = "review"
    reasons.sort(key=lambda reason: -STRENGTH[reason.effect])
    return Judged(verdict, reasons, control is not None, rule_input)


def _verdict(reasons: list[Reason]) -> Verdict:
    """What the strongest effect asks for."""
    effects = {reason.effect for reason in reasons}
    if "reject" in effects:
        return "reject"
    return "review" if "review" in effects else "approve"


def _high_score(
    score: float, top_features: Sequence[FeatureContribution], verdict: Verdict, thresholds: DecisionThresholds
) -> list[Reason]:
    """The reason MODEL_HIGH_SCORE, when the score asks for more than the other reasons do; with the features that
    raised it most."""
    threshold = 0.0
    effect: Effect | None = None
    if score >= thresholds.reject_at and verdict != "reject":
        effect, threshold = "reject", thresholds.reject_at
    elif score >= thresholds.review_at and verdict == "approve":
        effect, threshold = "review", thresholds.review_at
    if effect is None:
        return []
    raised = [each.name for each in top_features if each.contribution > 0][:HIGH_SCORE_FEATURES]
    detail: dict[str, DetailValue] = {"fraud_score": score, "threshold": threshold, "features": raised}
    return [Reason(code="MODEL_HIGH_SCORE", effect=effect, detail=detail)]


def _degraded(enrichment: Enrichment, policy: Policy) -> list[Reason]:
    if not enrichment.degraded:
        return []
    effect: Effect = "note" if policy.document.degraded.approve else "review"
    return [Reason(code="DEGRADED_DEPENDENCY", effect=effect, detail={"dependencies": list(enrichment.degraded)})]
