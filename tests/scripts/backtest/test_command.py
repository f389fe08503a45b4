"""The command as people run it: a process of its own."""

import asyncio
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from models.policy.policy import load_policy_file
from scripts.backtest.backtest import Options, run_backtest
from tests.scripts.backtest.histories import transactions, write_csv, write_mapping
from tests.scripts.backtest.test_backtest import Silent

COMMAND = [str(Path(sys.executable).with_name("tidegate")), "backtest"]


def run(directory: Path, *more: str) -> subprocess.CompletedProcess[str]:
    words = [*COMMAND, "h.csv", "--mapping", "map.toml", "--out", "out", *more]
    return subprocess.run(words, cwd=directory, capture_output=True, text=True, timeout=300, check=False)


def scores(out: Path) -> list[tuple[object, ...]]:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        return connection.execute(f"SELECT * FROM '{out / 'scores.parquet'}'").fetchall()


def test_the_command_leaves_a_report_and_says_what_it_was_worth(tmp_path: Path) -> None:
    write_csv(tmp_path / "h.csv", transactions(300))
    write_mapping(tmp_path)
    done = run(tmp_path)
    assert done.returncode == 0, done.stderr
    assert "ROC AUC" in done.stdout
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "metrics.json",
        "plots",
        "report.html",
        "run.json",
        "scores.parquet",
    }


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--label-delay", "soon"], "'soon' is no duration"),
        (["--score-from", "tomorrow"], "'tomorrow' is no date or time"),
        (["--index", "redis"], "'redis' is not one of"),
        (["--mapping", "other.toml"], "other.toml: cannot be read"),
    ],
)
def test_what_is_asked_wrongly_is_one_message_and_exit_code_2(tmp_path: Path, more: list[str], said: str) -> None:
    write_csv(tmp_path / "h.csv", transactions(5))
    write_mapping(tmp_path)
    done = run(tmp_path, *more)
    assert done.returncode == 2
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_a_bad_value_is_one_message_and_exit_code_1(tmp_path: Path) -> None:
    write_csv(tmp_path / "h.csv", [*transactions(2), (9, "never", 1, 1, 1, 1, "a", 0)])
    write_mapping(tmp_path)
    done = run(tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("tidegate: h.csv: row 3, column 'time': there stands 'never', which is not a date")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_and_the_same_command_goes_on(tmp_path: Path, number: signal.Signals) -> None:
    write_csv(tmp_path / "h.csv", transactions(3_000, days=2))
    write_mapping(tmp_path)
    words = [*COMMAND, "h.csv", "--mapping", "map.toml", "--out", "out"]
    process = subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + 120
        while not (tmp_path / "out" / "run.json").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(number)
        _, said = process.communicate(timeout=300)
    finally:
        process.kill()
    assert process.returncode == 130
    assert "of 3,000 rows; the same command goes on" in said
    done = run(tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Going on after" in done.stdout
    whole = tmp_path / "whole"
    given = Options(history=tmp_path / "h.csv", mapping=tmp_path / "map.toml", out=whole)
    asyncio.run(run_backtest(given, load_policy_file(), Silent()))
    assert scores(tmp_path / "out") == scores(whole)
