import pytest

from models.events import BureauCredit, Credit, TransactionCredit
from tests.builders import application
from tests.builders_network import features_of


def owing(debt_cny: float | None, income_monthly_cny: float | None) -> float | None:
    credit = Credit(transaction=TransactionCredit(debt_cny=debt_cny, income_monthly_cny=income_monthly_cny))
    return features_of(application(credit=credit))["debt_to_income"]


@pytest.mark.parametrize(
    ("debt", "income", "expected"),
    [(12_000, 1_000, 1), (0, 1_000, 0), (12, 0, 12), (6, 1 / 24, 6), (None, 1_000, None), (12_000, None, None)],
)
def test_debt_is_over_a_years_income_and_no_income_counts_as_one_yuan(
    debt: float | None, income: float | None, expected: float | None
) -> None:
    assert owing(debt, income) == expected


def test_what_lenders_and_the_bureau_report_is_passed_on() -> None:
    credit = Credit(
        transaction=TransactionCredit(
            lenders_7d=1, lenders_30d=2, lenders_90d=3, open_loans=4, debt_cny=5, income_monthly_cny=6
        ),
        bureau=BureauCredit(queries_30d=7, provident_fund_monthly_cny=8, employer_verified=False),
    )
    features = features_of(application(credit=credit))
    names = ("lenders_7d", "lenders_30d", "lenders_90d", "open_loans", "debt_cny", "income_monthly_cny")
    assert [features[name] for name in names] == [1, 2, 3, 4, 5, 6]
    assert features["bureau_queries_30d"] == 7
    assert features["provident_fund_monthly_cny"] == 8
    assert features["employer_unverified"] == 1


@pytest.mark.parametrize("credit", [None, Credit(), Credit(transaction=TransactionCredit(), bureau=BureauCredit())])
def test_an_absent_group_and_an_empty_one_are_missing_alike(credit: Credit | None) -> None:
    features = features_of(application(credit=credit))
    names = ("lenders_7d", "debt_cny", "debt_to_income", "bureau_queries_30d", "employer_unverified")
    assert [features[name] for name in names] == [None] * 5
