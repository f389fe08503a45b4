"""The credit limit that goes with a decision."""

from __future__ import annotations

import math

from msgspec.structs import astuple

from models.decision import VariableScores, Verdict
from models.facts import ApplicationFacts
from models.policy.document import CreditLimits


def credit_limit(
    facts: ApplicationFacts, verdict: Verdict, fraud_score: float, scores: VariableScores, limits: CreditLimits
) -> float:
    """Limit in CNY, by income and credit, whatever amount was applied for; 0 for a rejected application.

    The product's maximum or a multiple of the monthly income, whichever is less, times one factor for the mean of the
    variable scores that there are and one for the fraud score, rounded down to the policy's step. An application of a
    history may name no product: the smallest of the maxima holds.
    """
    if verdict == "reject":
        return 0.0
    income = facts.credit.transaction.income_monthly_cny if facts.credit and facts.credit.transaction else None
    by_income = limits.without_income_cny if income is None else income * limits.income_multiple
    known = [
        score for score in (scores.bureau, scores.transaction, scores.behaviour, scores.other) if score is not None
    ]
    by_credit = limits.by_credit_score.factor(sum(known) / len(known) if known else None)
    by_fraud = limits.by_fraud_score.factor(fraud_score)
    maxima = limits.maximum_cny
    maximum: float = min(astuple(maxima)) if facts.product is None else getattr(maxima, facts.product)
    limit = min(maximum, by_income) * by_credit * by_fraud
    return math.floor(limit / limits.step_cny) * limits.step_cny
