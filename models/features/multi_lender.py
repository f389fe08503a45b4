"""What the applicant owes elsewhere, and to how many."""

from __future__ import annotations

from models.features.case import Case, ratio
from models.features.feature import Feature
from models.features.told import Told

MONTHS = 12


def _debt_to_income(case: Case) -> float | None:
    income = case.transaction.income_monthly_cny
    return ratio(case.transaction.debt_cny, None if income is None else MONTHS * income)


FEATURES = (
    Feature(
        "lenders_7d",
        "count",
        "multi_lender",
        "Lenders applied to in 7 days",
        Told("transaction", "lenders_7d"),
    ),
    Feature(
        "lenders_30d",
        "count",
        "multi_lender",
        "Lenders applied to in 30 days",
        Told("transaction", "lenders_30d"),
    ),
    Feature(
        "lenders_90d",
        "count",
        "multi_lender",
        "Lenders applied to in 90 days",
        Told("transaction", "lenders_90d"),
    ),
    Feature("open_loans", "count", "multi_lender", "Loans running", Told("transaction", "open_loans")),
    Feature("debt_cny", "CNY", "multi_lender", "Debt in all", Told("transaction", "debt_cny")),
    Feature(
        "income_monthly_cny",
        "CNY",
        "multi_lender",
        "Monthly income",
        Told("transaction", "income_monthly_cny"),
    ),
    Feature(
        "debt_to_income",
        "ratio",
        "multi_lender",
        "Debt over a year's income; an income below 1 CNY counts as 1",
        _debt_to_income,
    ),
    Feature(
        "bureau_queries_30d",
        "count",
        "multi_lender",
        "Queries at the credit bureau in 30 days",
        Told("bureau", "queries_30d"),
    ),
    Feature(
        "provident_fund_monthly_cny",
        "CNY",
        "multi_lender",
        "Monthly payment into the housing provident fund",
        Told("bureau", "provident_fund_monthly_cny"),
    ),
    Feature(
        "employer_unverified",
        "flag",
        "multi_lender",
        "The credit bureau could not verify the employer",
        Told("bureau", "employer_verified", "not value"),
    ),
)
