"""What the lender knows of an applicant's credit: plausible distributions, with groups missing as they do miss."""

from __future__ import annotations

from random import Random

from models.events import BehaviourCredit, BureauCredit, Credit, OtherCredit, TransactionCredit


def ordinary_credit(rng: Random, income_monthly_cny: float) -> Credit:
    """Somebody who works and repays; one in six has no bureau record, a new customer has no behaviour."""
    return Credit(
        bureau=_bureau(rng, income_monthly_cny, queries=_few(rng)) if rng.random() < 0.84 else None,
        transaction=_transaction(rng, income_monthly_cny, lenders_7d=_few(rng, 78, 17, 5))
        if rng.random() < 0.92
        else None,
        behaviour=_behaviour(rng) if rng.random() < 0.6 else None,
        other=_other(rng, settled=True) if rng.random() < 0.9 else None,
    )


def refused_credit(rng: Random, income_monthly_cny: float) -> Credit:
    """Somebody honest whom lenders hesitate about: asked around, owes a bit much, was late once."""
    return Credit(
        bureau=_bureau(rng, income_monthly_cny, queries=rng.randint(3, 6), overdue_days=rng.choice((0, 7, 20))),
        transaction=_transaction(rng, income_monthly_cny, lenders_7d=_few(rng, 40, 45, 15), loans=rng.randint(2, 4)),
        behaviour=_behaviour(rng) if rng.random() < 0.5 else None,
        other=_other(rng, settled=True),
    )


def thin_credit(rng: Random, income_monthly_cny: float) -> Credit:
    """An identity bought or borrowed for the purpose: little is known, and what is known is a bit stretched."""
    return Credit(
        bureau=_bureau(rng, income_monthly_cny, queries=rng.randint(0, 7)) if rng.random() < 0.55 else None,
        transaction=(
            _transaction(rng, income_monthly_cny, lenders_7d=_few(rng, 45, 30, 15, 10)) if rng.random() < 0.8 else None
        ),
        behaviour=_behaviour(rng) if rng.random() < 0.2 else None,
        other=_other(rng, settled=False) if rng.random() < 0.7 else None,
    )


def burst_credit(rng: Random, income_monthly_cny: float, lenders_so_far: int) -> Credit:
    """Somebody who takes from every lender at once; `lenders_so_far` grows from one application to the next."""
    lenders_7d = lenders_so_far + rng.randint(3, 6)
    return Credit(
        bureau=_bureau(rng, income_monthly_cny, queries=rng.randint(8, 20)) if rng.random() < 0.75 else None,
        transaction=_transaction(rng, income_monthly_cny, lenders_7d=lenders_7d, loans=rng.randint(4, 9)),
        behaviour=_behaviour(rng) if rng.random() < 0.3 else None,
        other=_other(rng, settled=False) if rng.random() < 0.8 else None,
    )


def _few(rng: Random, *weights: int) -> int:
    """A small count: 0, 1, 2, ... by the weights given."""
    weights = weights or (35, 32, 20, 9, 4)
    return rng.choices(range(len(weights)), weights)[0]


def _bureau(rng: Random, income_monthly_cny: float, *, queries: int, overdue_days: int | None = None) -> BureauCredit:
    if overdue_days is None:
        overdue_days = rng.choices((0, rng.randint(1, 15), rng.randint(16, 45)), (92, 7, 1))[0]
    fund_cny = round(income_monthly_cny * rng.uniform(0.1, 0.24)) if rng.random() < 0.6 else 0
    return BureauCredit(
        provident_fund_monthly_cny=float(fund_cny),
        employer_verified=rng.random() < (0.9 if fund_cny else 0.5),
        queries_30d=queries,
        overdue_days_max_24m=overdue_days,
    )


def _transaction(
    rng: Random, income_monthly_cny: float, *, lenders_7d: int, loans: int | None = None
) -> TransactionCredit:
    lenders_30d = lenders_7d + _few(rng, 60, 30, 10)
    open_loans = _few(rng, 35, 35, 20, 10) if loans is None else loans
    return TransactionCredit(
        lenders_7d=lenders_7d,
        lenders_30d=lenders_30d,
        lenders_90d=lenders_30d + _few(rng, 45, 35, 15, 5),
        open_loans=open_loans,
        debt_cny=float(round(sum(income_monthly_cny * rng.uniform(0.2, 1.6) for _ in range(open_loans)), -1)),
        income_monthly_cny=float(round(income_monthly_cny * rng.uniform(0.85, 1.15), -2))
        if rng.random() < 0.9
        else None,
    )


def _behaviour(rng: Random) -> BehaviourCredit:
    overdue = _few(rng, 91, 7, 2)
    return BehaviourCredit(
        overdue_count_12m=overdue,
        on_time_ratio=round(1 - overdue * rng.uniform(0.04, 0.1), 3),
        collection_calls_30d=_few(rng, 70, 30) if overdue else 0,
        collection_sms_30d=_few(rng, 50, 30, 20) if overdue else 0,
    )


def _other(rng: Random, *, settled: bool) -> OtherCredit:
    return OtherCredit(
        address_months=min(360, int(rng.expovariate(1 / (55 if settled else 12)))),
        address_tier=rng.choices((1, 2, 3, 4), (25, 40, 25, 10))[0],
        contacts_total=rng.randint(60, 420) if settled else rng.randint(5, 160),
    )
