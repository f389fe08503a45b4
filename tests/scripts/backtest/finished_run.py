"""A finished backtest of a few rows, in figures that are easy to check."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from models.learning.drift import Drift
from models.learning.quality import quality
from models.learning.tournament import Promotion, Standing
from scripts.backtest.metrics import DAY_MS
from scripts.backtest.run import VERDICTS, BacktestRun, BacktestSettings, Rows, Usefulness, Week

MONDAY = 17_749
"""2018-08-06, in days since 1970-01-01."""
WHEN = datetime(2018, 8, 13, tzinfo=UTC)

Line = tuple[float, str, int, float, float]
"""Days after MONDAY, verdict, label, fraud score, amount (NaN is missing)."""
LINES: Sequence[Line] = (
    (0.0, "reject", 1, 0.9, 1_000.0),
    (0.5, "review", 1, 0.3, 200.0),
    (1.0, "approve", 1, 0.01, 30.0),
    (1.5, "reject", 0, 0.8, 4_000.0),
    (7.0, "review", 0, 0.2, 50_000.0),
    (7.5, "approve", 0, 0.02, 600_000.0),
    (8.0, "approve", 0, 0.001, 7_000_000.0),
    (8.5, "approve", -1, 0.003, 80_000_000.0),
)


def finished_run(
    lines: Sequence[Line] = LINES,
    *,
    history: str = "history.csv",
    features: Sequence[str] = ("amount_cny", "extra.speed"),
    shifted: str = "extra.speed",
) -> BacktestRun:
    """A run of these rows, all of them scored."""
    columns = [np.array([line[place] for line in lines]) for place in range(5)]
    occurred_ms = np.array([round((MONDAY + line[0]) * DAY_MS) for line in lines], dtype=np.int64)
    rows = Rows(
        row=np.arange(len(lines), dtype=np.int64),
        occurred_ms=occurred_ms,
        known_ms=occurred_ms + 2 * DAY_MS,
        fraud_score=columns[3].astype(np.float64),
        decision=np.array([VERDICTS.index(line[1]) for line in lines], dtype=np.int8),
        label=columns[2].astype(np.int8),
        amount_cny=columns[4].astype(np.float64),
        entities={"merchant_id": np.arange(len(lines), dtype=np.int64) % 3},
    )
    return BacktestRun(
        settings=BacktestSettings(
            history=history,
            history_bytes=1_234,
            history_changed=WHEN,
            mapping='[event]\ntime = "time"',
            policy="1.0-test",
            index="memory",
            label_delay_s=2 * 86_400,
            learn_until=None,
            score_from=None,
            score_until=None,
            seed=7,
        ),
        rows=rows,
        scored=slice(0, len(lines)),
        weeks=[Week(until=WHEN, serving="blend", standings=[standing("scorecard", 0.2), standing("blend", 0.8)])],
        promotions=[(WHEN, promotion())],
        drifts=[(WHEN, shift(shifted))],
        usefulness=[
            Usefulness(name=name, mean_absolute_contribution=1 / place, mean_contribution=-0.5 / place)
            for place, name in enumerate(features, start=1)
        ],
        examples=6,
        models=["blend", "scorecard"],
        seconds=4.0,
    )


def standing(name: str, fraud_score: float) -> Standing:
    """A model that gives the fraud this score, and the honest row 0.5."""
    worth = quality(np.array([True, False]), np.array([fraud_score, 0.5]))
    return Standing(name=name, kind=name, champion=name == "blend", quality=worth, score_us=12.0, learn_us=34.0)


def promotion() -> Promotion:
    """By command, without evidence."""
    return Promotion(champion="blend", previous="scorecard", by="command", at=WHEN, examples=5, frauds=2, evidence=None)


def shift(subject: str) -> Drift:
    """A feature that is higher than it was."""
    return Drift(
        kind="feature",
        subject=subject,
        at=WHEN,
        statistic=0.5,
        threshold=0.25,
        before=1.0,
        after=None,
        examples_before=100,
        examples_after=100,
        others={subject: 0.3},
    )
