"""What the policy did with the scored rows: how many it approved, reviewed and rejected, and with how much money."""

from __future__ import annotations

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from scripts.backtest.metrics import DAY_MS, Integers, monday_of
from scripts.backtest.run import UNKNOWN, VERDICTS, BacktestRun

FRAUD, HONEST = 1, 0


class Group(Struct, frozen=True, kw_only=True):
    """Rows of one kind."""

    rows: int
    amount_cny: float
    """Of those that have one."""


class VerdictTotals(Struct, frozen=True, kw_only=True):
    """The rows that got one verdict."""

    verdict: str
    all: Group
    fraud: Group
    honest: Group
    unlabelled: Group


def verdict_totals(run: BacktestRun) -> list[VerdictTotals]:
    """One for each of VERDICTS, then one for all of them together under the name `all`."""
    decision = run.rows.decision[run.scored]
    return [
        *(_totals(run, verdict, decision == number) for number, verdict in enumerate(VERDICTS)),
        _totals(run, "all", np.ones(len(decision), dtype=bool)),
    ]


def has_amounts(run: BacktestRun) -> bool:
    """Whether any scored row has an amount."""
    return bool(np.isfinite(run.rows.amount_cny[run.scored]).any())


def weekly_verdicts(run: BacktestRun) -> tuple[Integers, Integers]:
    """Mondays (days since 1970-01-01, UTC) of the weeks that have scored rows, and how many rows got which verdict: a
    row a week, a column for each of VERDICTS."""
    mondays, week = np.unique(monday_of(run.rows.occurred_ms[run.scored] // DAY_MS), return_inverse=True)
    place = week * len(VERDICTS) + run.rows.decision[run.scored]
    counts = np.bincount(place, minlength=len(mondays) * len(VERDICTS))
    return mondays, counts.reshape(len(mondays), len(VERDICTS))


def _totals(run: BacktestRun, verdict: str, chosen: NDArray[np.bool_]) -> VerdictTotals:
    label, amount = run.rows.label[run.scored], run.rows.amount_cny[run.scored]

    def group(rows: NDArray[np.bool_]) -> Group:
        return Group(rows=int(rows.sum()), amount_cny=float(np.nansum(amount[rows])))

    return VerdictTotals(
        verdict=verdict,
        all=group(chosen),
        fraud=group(chosen & (label == FRAUD)),
        honest=group(chosen & (label == HONEST)),
        unlabelled=group(chosen & (label == UNKNOWN)),
    )
