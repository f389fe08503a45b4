"""Small histories for tests."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import duckdb

MAPPING = """
[event]
time = "time"
id = "id"
amount_cny = "amount"
merchant_id = "merchant"

[identifiers]
id_number = "customer"

[extra]
numeric = ["speed"]
categorical = ["type"]

[label]
column = "fraud"
fraud = [1]
honest = [0]
delay = "2d"
"""
SMALLEST = """
[event]
time = "t"
[label]
column = "y"
fraud = ["yes"]
honest = ["no"]
"""
"""Says nothing of when labels are known; a line that does goes behind it."""
NAMES = ("id", "time", "customer", "merchant", "amount", "speed", "type", "fraud")
START = datetime(2026, 1, 5)


def transactions(count: int, seed: int = 1, days: float = 20) -> list[tuple[object, ...]]:
    """Rows under NAMES in time order: what is bought at one of the compromised merchants of the week, for much, at
    speed, is likely fraud."""
    random = Random(seed)
    moments = sorted(random.random() * days for _ in range(count))
    rows: list[tuple[object, ...]] = []
    for number, day in enumerate(moments):
        customer, merchant = random.randrange(40), random.randrange(30)
        bad = merchant % 10 == int(day / 7)
        fraud = random.random() < (0.6 if bad else 0.01)
        amount = round(random.lognormvariate(4, 1) * (2 if fraud else 1), 2)
        speed = round(random.gauss(2 if fraud else 0, 1), 3)
        kind = random.choice(["a", "b"]) if not fraud else random.choice(["b", "c"])
        rows.append((1_000 + number, START + timedelta(days=day), customer, merchant, amount, speed, kind, int(fraud)))
    return rows


def write_csv(path: Path, rows: Sequence[Sequence[object]], names: Sequence[str] = NAMES) -> Path:
    """A comma-separated file; None is an empty field."""
    lines = [",".join(names), *(",".join("" if value is None else str(value) for value in row) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def write_jsonl(path: Path, rows: Sequence[Sequence[object]], names: Sequence[str] = NAMES) -> Path:
    """A JSON object a line; None is null."""
    lines = [json.dumps(dict(zip(names, row, strict=True)), default=str) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def write_parquet(path: Path, select: str) -> Path:
    """The result of a query."""
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
    return path


def write_mapping(directory: Path, text: str = MAPPING) -> Path:
    """A mapping file."""
    path = directory / "map.toml"
    path.write_text(text, encoding="utf-8")
    return path
