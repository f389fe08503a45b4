"""The local store of cases: what is written comes back, whole, in whatever process has its place."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from models.labelling import Case, Frozen, Known, Told
from streams import frozen as frozen_module
from streams.frozen import ABANDONED_S, FrozenStore, FrozenUnavailableError

FROZEN = Frozen(
    event_id="e-1",
    decision_id="d-1",
    occurred_ms=1_000,
    degraded=False,
    features={"age_years": 30.0, "gps_address_km": None},
    categories={"channel": "h5", "id_province": None},
    anomaly=None,
    fraud_score=0.25,
    model="scorecard-1",
    control_probability=0.01,
)
CASE = Case(since_ms=1_000, frozen=FROZEN, known=(Known("repaid", "l-1", 2_000),), told=Told("A-1:l-1", False))
WAITING = Case(since_ms=5, known=(Known("confirmed_fraud", "l-2", 5),))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "frozen"


def test_cases_come_back_as_they_were_also_after_a_restart(place: Path) -> None:
    store = FrozenStore(place)
    other = replace(CASE, frozen=replace(FROZEN, features={"another": 1.0}))
    store.write(3, {"A-1": (CASE, 9_000), "A-2": (WAITING, 9_000), "A-3": (other, 9_000)}, {"labels": 7})
    for _ in range(2):
        assert store.cases(3, ["A-1", "A-2", "A-3", "A-4"]) == {"A-1": CASE, "A-2": WAITING, "A-3": other}
        assert store.positions(3) == {"labels": 7}
        store.close()


def test_partitions_know_nothing_of_each_other(place: Path) -> None:
    store = FrozenStore(place)
    store.write(1, {"A-1": (CASE, 100)}, {"labels": 7})
    store.write(2, {"A-2": (CASE, 100)}, {"labels": 8})
    assert store.cases(2, ["A-1"]) == {}
    store.forget(1)
    assert (store.cases(1, ["A-1"]), store.positions(1), store.due(1, 1_000, 9)) == ({}, {}, [])
    assert (set(store.cases(2, ["A-2"])), store.positions(2)) == ({"A-2"}, {"labels": 8})


def test_cases_are_due_at_their_time_earliest_first_and_once_looked_at_no_more(place: Path) -> None:
    store = FrozenStore(place)
    store.write(1, {"A-1": (CASE, 300), "A-2": (CASE, 200), "A-3": (CASE, 301)}, {})
    assert store.due(1, 199, 9) == []
    assert store.due(1, 300, 9) == [(200, "A-2"), (300, "A-1")]
    assert store.due(1, 300, 1) == [(200, "A-2")]
    store.write(1, {"A-2": (None, 0), "A-1": (CASE, 400)}, {}, seen=[(200, "A-2"), (300, "A-1")])
    assert store.due(1, 300, 9) == []
    assert store.due(1, 400, 9) == [(301, "A-3"), (400, "A-1")]
    assert set(store.cases(1, ["A-1", "A-2", "A-3"])) == {"A-1", "A-3"}


def test_positions_are_kept_by_topic(place: Path) -> None:
    store = FrozenStore(place)
    store.write(1, {}, {"labels": 7, "training": 1})
    store.write(1, {}, {"labels": 9})
    assert store.positions(1) == {"labels": 9, "training": 1}


def test_two_workers_of_one_directory_have_a_place_each_and_a_third_takes_the_one_let_go(place: Path) -> None:
    first, second = FrozenStore(place), FrozenStore(place)
    first.write(1, {"A-1": (CASE, 1)}, {})
    second.write(1, {"A-2": (CASE, 1)}, {})
    assert set(second.cases(1, ["A-1", "A-2"])) == {"A-2"}
    first.close()
    assert set(FrozenStore(place).cases(1, ["A-1", "A-2"])) == {"A-1"}


def test_after_a_kill_it_is_as_it_was_at_some_moment_before(place: Path) -> None:
    script = f"""
import os, signal
from pathlib import Path
from streams.frozen import FrozenStore
from tests.streams.test_frozen import CASE
store = FrozenStore(Path({str(place)!r}))
for number in range(40_000):
    store.write(1, {{f"A-{{number}}": (CASE, number)}}, {{"decision-audit": number + 1}})
os.kill(os.getpid(), signal.SIGKILL)
"""
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=root, env={**os.environ, "PYTHONPATH": str(root)}, check=False
    )
    assert done.returncode == -signal.SIGKILL
    store = FrozenStore(place)
    read_to = store.positions(1).get("decision-audit", 0)
    assert read_to > 0
    there = store.cases(1, [f"A-{number}" for number in range(40_000)])
    assert len(there) == read_to  # all of what it says it has read, and nothing of what came after


def test_a_store_that_cannot_be_read_is_made_anew(place: Path) -> None:
    store = FrozenStore(place)
    store.write(1, {"A-1": (CASE, 1)}, {"labels": 1})
    store.close()
    for file in (place / "0").glob("MANIFEST-*"):
        file.write_bytes(b"no manifest")
    assert FrozenStore(place).positions(1) == {}


def test_a_directory_that_cannot_be_made_is_something_to_wait_for(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("in the way")
    store = FrozenStore(file)
    with pytest.raises(FrozenUnavailableError):
        store.positions(1)
    file.unlink()
    assert store.positions(1) == {}


def test_what_was_another_workers_for_long_is_dropped(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = FrozenStore(place)
    now = 1_000_000.0
    monkeypatch.setattr(frozen_module, "time", lambda: now)
    store.write(1, {"A-1": (CASE, 1)}, {"labels": 1})
    store.close()
    for later, kept in ((ABANDONED_S, {"labels": 1}), (ABANDONED_S + 1, {})):
        monkeypatch.setattr(frozen_module, "time", lambda later=later: now + later)
        assert store.positions(1) == kept
        store.close()
