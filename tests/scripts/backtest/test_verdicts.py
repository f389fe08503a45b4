"""What the policy did, by hand."""

from __future__ import annotations

import math
from dataclasses import replace

from scripts.backtest.verdicts import Group, has_amounts, verdict_totals, weekly_verdicts
from tests.scripts.backtest.finished_run import LINES, MONDAY, finished_run


def test_rows_and_money_are_told_apart_by_verdict_and_label() -> None:
    approve, review, reject, everything = verdict_totals(finished_run())
    assert [each.verdict for each in (approve, review, reject, everything)] == ["approve", "review", "reject", "all"]
    assert reject.fraud == Group(rows=1, amount_cny=1_000.0)
    assert reject.honest == Group(rows=1, amount_cny=4_000.0)
    assert review.fraud == Group(rows=1, amount_cny=200.0)
    assert approve.fraud == Group(rows=1, amount_cny=30.0)
    assert approve.honest == Group(rows=2, amount_cny=7_600_000.0)
    assert approve.unlabelled == Group(rows=1, amount_cny=80_000_000.0)
    assert everything.all == Group(rows=8, amount_cny=sum(line[4] for line in LINES))


def test_a_row_without_an_amount_counts_without_money() -> None:
    run = finished_run([(0.0, "reject", 1, 0.9, math.nan), (0.0, "reject", 1, 0.9, 5.0)])
    assert verdict_totals(run)[2].fraud == Group(rows=2, amount_cny=5.0)
    assert has_amounts(run)
    assert not has_amounts(finished_run([(0.0, "reject", 1, 0.9, math.nan)]))


def test_rows_before_the_scored_ones_do_not_count() -> None:
    run = replace(finished_run(), scored=slice(4, 8))
    assert verdict_totals(run)[3].all.rows == 4
    assert weekly_verdicts(run)[0].tolist() == [MONDAY + 7]


def test_weeks_begin_on_monday() -> None:
    mondays, counts = weekly_verdicts(finished_run())
    assert mondays.tolist() == [MONDAY, MONDAY + 7]
    assert counts.tolist() == [[1, 1, 2], [3, 1, 0]]


def test_without_rows_there_are_no_weeks() -> None:
    mondays, counts = weekly_verdicts(finished_run([]))
    assert mondays.tolist() == []
    assert counts.shape == (0, 3)
