"""The credit limit: by product, income, credit and fraud score."""

from __future__ import annotations

import pytest

from models.credit_limit import credit_limit
from models.decision import VariableScores, Verdict
from models.events import Credit, Product, TransactionCredit
from models.policy.document import CreditLimits, FactorSteps, ProductMaxima
from tests.builders import application

LIMITS = CreditLimits(
    maximum_cny=ProductMaxima(appliance=20_000, home=100_000, education=50_000, medical_beauty=60_000, cash=50_000),
    income_multiple=6,
    without_income_cny=8_000,
    step_cny=100,
    by_credit_score=FactorSteps(edges=(40, 60, 80), factors=(0.2, 0.5, 0.8, 1.0), missing=0.5),
    by_fraud_score=FactorSteps(edges=(0.05, 0.3), factors=(1.0, 0.7, 0.4)),
)
GOOD = VariableScores(bureau=90, transaction=90)


def limit(
    income: float | None = 10_000,
    *,
    product: Product = "appliance",
    verdict: Verdict = "approve",
    fraud_score: float = 0.0,
    scores: VariableScores = GOOD,
) -> float:
    facts = application(product=product, credit=Credit(transaction=TransactionCredit(income_monthly_cny=income)))
    return credit_limit(facts, verdict, fraud_score, scores, LIMITS)


def test_the_products_maximum_bounds_the_limit() -> None:
    assert limit(product="appliance") == 20_000
    assert limit(product="home") == 60_000


def test_income_bounds_the_limit() -> None:
    assert limit(1_000) == 6_000


def test_an_income_of_zero_is_known_and_lends_nothing() -> None:
    assert limit(0) == 0


def test_a_missing_income_has_a_bound_of_its_own() -> None:
    assert limit(None) == 8_000
    assert credit_limit(application(), "approve", 0.0, GOOD, LIMITS) == 8_000


def test_a_rejected_application_has_no_limit() -> None:
    assert limit(verdict="reject") == 0
    assert limit(verdict="review") > 0


@pytest.mark.parametrize(("score", "expected"), [(39, 4_000), (40, 10_000), (59, 10_000), (60, 16_000), (80, 20_000)])
def test_better_credit_gives_more_from_each_edge_on(score: int, expected: float) -> None:
    assert limit(scores=VariableScores(bureau=score)) == expected


def test_the_mean_of_the_known_scores_counts() -> None:
    assert limit(scores=VariableScores(bureau=90, other=30)) == 16_000
    assert limit(scores=VariableScores()) == 10_000


@pytest.mark.parametrize(("fraud_score", "expected"), [(0.049, 20_000), (0.05, 14_000), (0.299, 14_000), (0.3, 8_000)])
def test_a_higher_fraud_score_gives_less_from_each_edge_on(fraud_score: float, expected: float) -> None:
    assert limit(fraud_score=fraud_score) == expected


def test_the_limit_is_rounded_down_to_the_step() -> None:
    assert limit(1_033) == 6_100
