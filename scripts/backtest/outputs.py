"""What a backtest leaves in its directory."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
from msgspec import json

from scripts.backtest.history import SortedHistory
from scripts.backtest.metrics import Metrics
from scripts.backtest.run import UNKNOWN, VERDICTS, BacktestRun
from scripts.backtest.sources import sql_text

SCORES_FILE = "scores.parquet"
METRICS_FILE = "metrics.json"


def write_scores(run: BacktestRun, history: SortedHistory, directory: Path) -> None:
    """`scores.parquet`: the scored rows in event-time order, ids as the history has them (row numbers without any)."""
    rows, scored = run.rows, run.scored
    table = {
        "row": rows.row[scored],
        "occurred_ms": rows.occurred_ms[scored],
        "fraud_score": rows.fraud_score[scored],
        "decision": np.array(VERDICTS)[rows.decision[scored]],
        "label": rows.label[scored],
    }
    first, count = scored.start, len(table["row"])
    has_id = "event.id" in history.columns
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("scores", table)
        ids = f"""
            SELECT {'"event.id"' if has_id else "row"} AS id
            FROM read_parquet({sql_text(str(history.path))}, file_row_number = true)
            WHERE file_row_number BETWEEN {first} AND {first + count - 1}"""  # noqa: S608 - quoted
        connection.execute(
            f"""COPY (
                SELECT row, id, make_timestamptz(occurred_ms * 1000) AS occurred_at, fraud_score, decision,
                       CASE WHEN label <> {UNKNOWN} THEN label END AS label
                FROM scores POSITIONAL JOIN ({ids})
            ) TO {sql_text(str(directory / SCORES_FILE))} (FORMAT parquet, COMPRESSION zstd)"""  # noqa: S608 - quoted
        )


def write_metrics(metrics: Metrics, directory: Path) -> None:
    """`metrics.json`."""
    (directory / METRICS_FILE).write_bytes(json.format(json.encode(metrics), indent=2) + b"\n")
