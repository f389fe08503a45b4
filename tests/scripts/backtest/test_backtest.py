from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import numpy as np
import pytest

from models.policy.policy import load_policy_file
from scripts.backtest import backtest, history
from scripts.backtest.backtest import Options, StoppedError, run_backtest
from scripts.backtest.checkpoint import OtherRunError
from scripts.backtest.contents import Contents
from scripts.backtest.history import BATCH_ROWS
from scripts.backtest.mapping import MappingError
from scripts.backtest.metrics import Metrics
from scripts.backtest.run import UNKNOWN, BacktestRun
from scripts.backtest.sources import HistoryError
from tests.scripts.backtest.histories import MAPPING, START, transactions, write_csv, write_mapping

ROWS = 2 * BATCH_ROWS + 500
POLICY = load_policy_file()


class Silent:
    """A screen that shows nothing and notes what it was told."""

    def __init__(self) -> None:
        self.began: tuple[int, int] | None = None
        self.found: Contents | None = None
        self.done = 0

    def sorting(self) -> None:
        pass

    def holds(self, found: Contents) -> None:
        self.found = found

    def begins(self, rows: int, done: int) -> None:
        self.began = rows, done

    def at(self, done: int) -> None:
        self.done = done


def options(directory: Path, rows: Sequence[tuple[object, ...]], out: str = "out", **more: Any) -> Options:
    history = directory / f"{out}.csv"
    if not history.exists():
        write_csv(history, rows)
    mapping = directory / "map.toml"
    if not mapping.exists():
        write_mapping(directory)
    return Options(history=history, mapping=mapping, out=directory / out, **more)


async def done(
    given: Options, stop: Callable[[], bool] = lambda: False, screen: Silent | None = None
) -> tuple[BacktestRun, Metrics]:
    return await run_backtest(given, POLICY, screen or Silent(), stop)


def scores(out: Path) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        return connection.execute(f"SELECT * FROM '{out / 'scores.parquet'}'").fetchall()


def stopping_after(batches: int) -> Callable[[], bool]:
    left = batches

    def stop() -> bool:
        nonlocal left
        left -= 1
        return left == 0

    return stop


async def test_a_run_leaves_scores_and_metrics_and_no_working_files(tmp_path: Path) -> None:
    rows = transactions(600)
    rows[3] = (*rows[3][:-1], None)
    rows[4] = (*rows[4][:-1], 9)
    given = options(tmp_path, rows[::-1])
    run, metrics = await done(given)
    assert sorted(path.name for path in given.out.iterdir()) == [
        "metrics.json",
        "run.json",
        "scores.parquet",
    ]
    found = scores(given.out)
    assert [row[0] for row in found] == list(range(599, -1, -1))
    assert [row[1] for row in found] == [str(row[0]) for row in rows]
    assert [row[2] for row in found] == [_to_ms(row[1]) for row in rows]
    assert all(0 <= row[3] <= 1 for row in found)
    assert {row[4] for row in found} <= {"approve", "review", "reject"}
    assert [row[5] for row in found] == [row[-1] if row[-1] in (0, 1) else None for row in rows]
    assert metrics.rows == 600
    assert metrics.examples == 598
    assert msgspec.json.decode((given.out / "metrics.json").read_bytes(), type=Metrics) == metrics
    assert run.rows.label[3] == run.rows.label[4] == UNKNOWN


async def test_what_is_learned_tells_fraud_from_honest(tmp_path: Path) -> None:
    _, metrics = await done(options(tmp_path, transactions(2_500), score_from=_day(10)))
    assert metrics.roc_auc is not None
    assert metrics.roc_auc > 0.8


async def test_a_run_that_was_stopped_goes_on_to_the_same_scores(tmp_path: Path) -> None:
    rows = transactions(ROWS)
    await done(options(tmp_path, rows, "whole"))
    given = options(tmp_path, rows, "parts")
    with pytest.raises(StoppedError, match="stopped after 1,024 of 2,548 rows"):
        await done(given, stopping_after(1))
    with pytest.raises(StoppedError, match="stopped after 2,048 of 2,548 rows"):
        await done(given, stopping_after(1))
    screen = Silent()
    run, _ = await done(given, screen=screen)
    assert screen.began == (ROWS, 2 * BATCH_ROWS)
    assert screen.done == ROWS
    assert scores(given.out) == scores(tmp_path / "whole")
    assert len(run.rows.row) == ROWS
    assert not (given.out / "work").exists()


async def test_learning_ahead_and_apart_gives_the_same_scores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = transactions(600)
    monkeypatch.setattr(history, "BATCH_ROWS", 20)  # of which several are less than the labels' delay
    await done(options(tmp_path, rows, "here"))
    monkeypatch.setattr(backtest, "APART_ROWS", 0)
    monkeypatch.setattr(backtest, "_cores", lambda: 2)
    given = options(tmp_path, rows, "apart")
    with pytest.raises(StoppedError, match="stopped after 400 of 600 rows"):
        await done(given, stopping_after(20))
    run, _ = await done(given)
    assert scores(given.out) == scores(tmp_path / "here")
    assert len(run.weeks) == 3


async def test_on_one_core_one_process_does_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backtest, "APART_ROWS", 0)
    monkeypatch.setattr(backtest, "_cores", lambda: 1)
    monkeypatch.delattr(backtest, "LearningApart")
    run, _ = await done(options(tmp_path, transactions(100), "alone"))
    assert len(run.rows.row) == 100


async def test_the_same_seed_gives_the_same_scores(tmp_path: Path) -> None:
    rows = transactions(1_000)
    for out in ("one", "two"):
        await done(options(tmp_path, rows, out, seed=5))
    assert scores(tmp_path / "one") == scores(tmp_path / "two")


async def test_no_score_depends_on_a_label_that_was_not_known_yet(tmp_path: Path) -> None:
    rows = transactions(1_500)
    cut = START + timedelta(days=12)
    known = cut - timedelta(days=2)
    changed = [
        row if isinstance(row[1], datetime) and row[1] <= known else (*row[:-1], 1 - int(str(row[-1]))) for row in rows
    ]
    one, _ = await done(options(tmp_path, rows, "one"))
    two, _ = await done(options(tmp_path, changed, "two"))
    before = one.rows.occurred_ms < cut.replace(tzinfo=UTC).timestamp() * 1000
    assert 500 < before.sum() < 1_300
    assert np.array_equal(one.rows.fraud_score[before], two.rows.fraud_score[before])
    assert not np.array_equal(one.rows.fraud_score, two.rows.fraud_score)


async def test_a_label_is_used_from_the_moment_it_is_known(tmp_path: Path) -> None:
    """The second row of a merchant comes exactly two days after its fraud, or a millisecond sooner."""
    for out, later, expected in (("at", timedelta(days=2), 1), ("before", timedelta(days=2, milliseconds=-1), 0)):
        rows = [(1, START, 1, 1, 10.0, 0, "a", 1), (2, START + later, 2, 1, 10.0, 0, "a", 0)]
        run, _ = await done(options(tmp_path, rows, out))
        assert run.examples == expected, out


async def test_nothing_is_learned_that_became_known_at_learn_until_or_later(tmp_path: Path) -> None:
    rows = [(n, START + timedelta(days=n), 1, 1, 10.0, 0, "a", n % 2) for n in range(10)]
    run, _ = await done(options(tmp_path, rows, learn_until=_day(6)))
    assert run.examples == 4  # those of days 0 to 3 were known on days 2 to 5


async def test_only_rows_from_score_from_up_to_score_until_are_written_and_measured(tmp_path: Path) -> None:
    rows = [(n, START + timedelta(days=n), 1, 1, 10.0, 0, "a", n % 2) for n in range(10)]
    given = options(tmp_path, rows, score_from=_day(3), score_until=_day(8))
    run, metrics = await done(given)
    assert [row[1] for row in scores(given.out)] == ["3", "4", "5", "6", "7"]
    assert metrics.rows == 5
    assert len(run.rows.row) == 8


async def test_a_directory_of_another_run_is_refused(tmp_path: Path) -> None:
    rows = transactions(50)
    given = options(tmp_path, rows)
    await done(given)
    with pytest.raises(OtherRunError, match=r"another run \(not as here: seed\); choose another --out"):
        await done(options(tmp_path, rows, seed=1))
    write_mapping(tmp_path, MAPPING.replace("2d", "3d"))
    with pytest.raises(OtherRunError, match="mapping, label delay s"):
        await done(given)


async def test_the_same_run_may_be_made_again(tmp_path: Path) -> None:
    given = options(tmp_path, transactions(50))
    await done(given)
    first = scores(given.out)
    await done(given)
    assert scores(given.out) == first


async def test_after_an_error_in_the_history_the_directory_is_free(tmp_path: Path) -> None:
    given = options(tmp_path, [(1, "never", 1, 1, 1, 1, "a", 0)])
    with pytest.raises(HistoryError, match="row 1, column 'time'"):
        await done(given)
    write_csv(given.history, transactions(20))
    await done(given)


async def test_after_an_error_in_the_mapping_the_directory_is_free(tmp_path: Path) -> None:
    given = options(tmp_path, transactions(20))
    for wrong in (MAPPING.replace('delay = "2d"', ""), MAPPING.replace("[1]", '["yes"]').replace("[0]", '["no"]')):
        write_mapping(tmp_path, wrong)
        with pytest.raises(MappingError, match=r"map\.toml: label: "):
            await done(given)
    write_mapping(tmp_path, MAPPING)
    screen = Silent()
    await done(given, screen=screen)
    assert screen.found is not None
    assert screen.found.frauds + screen.found.honest == 20


async def test_labels_may_come_at_once(tmp_path: Path) -> None:
    run, _ = await done(options(tmp_path, transactions(300), label_delay=timedelta(0)))
    assert run.examples == 299


async def test_a_history_with_nothing_but_time_and_label_is_scored(tmp_path: Path) -> None:
    write_mapping(
        tmp_path, '[event]\ntime = "time"\n[label]\ncolumn = "fraud"\nfraud = [1]\nhonest = [0]\ndelay = "1d"\n'
    )
    given = options(tmp_path, transactions(400))
    run, metrics = await done(given)
    assert metrics.rows == 400
    assert [row[1] for row in scores(given.out)] == list(range(400))
    assert run.rows.entities == {}


def _to_ms(moment: object) -> datetime:
    assert isinstance(moment, datetime)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=UTC)


def _day(day: int) -> datetime:
    return (START + timedelta(days=day)).replace(tzinfo=UTC)
