"""The local store of cases: what is written comes back, whole, in whatever process has its place."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from models.labelling import Case, Known, Told
from streams import frozen as frozen_module
from streams.frozen import ABANDONED_S, AuditAt, FrozenStore, FrozenUnavailableError

CASE = Case(since_ms=1_000, known=(Known("repaid", "l-1", 2_000),), told=Told("A-1:l-1", False))
WAITING = Case(since_ms=5, known=(Known("confirmed_fraud", "l-2", 5),))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "frozen"


def test_cases_come_back_as_they_were_also_after_a_restart(place: Path) -> None:
    store = FrozenStore(place)
    store.write(3, {"A-1": (CASE, 9_000), "A-2": (WAITING, 9_000)}, {"labels": 7})
    for _ in range(2):
        assert store.cases(3, ["A-1", "A-2", "A-3"]) == {"A-1": CASE, "A-2": WAITING}
        assert store.positions(3) == {"labels": 7}
        store.close()


def audit(name: str, offset: int, published_ms: int = 1_000) -> AuditAt:
    return AuditAt(name.encode(), offset, published_ms, f"{name} {offset}".encode())


def test_audit_records_come_back_as_published_and_in_their_order_also_after_a_restart(place: Path) -> None:
    store = FrozenStore(place)
    store.keep(3, [audit("A-1", 300), audit("A-11", 4), audit("A-2", 5, 9_000)], {"decision-audit": 6})
    store.keep(3, [audit("A-1", 7, 500)], {"decision-audit": 8})
    store.keep(3, [audit("A-1", 7, 500)], {"decision-audit": 8})  # as after a kill
    for _ in range(2):
        assert store.audits(3, "A-1") == [b"A-1 7", b"A-1 300"]
        assert store.audits(3, "A-11") == [b"A-11 4"]
        assert store.audits(3, "A-") == store.audits(2, "A-1") == []
        assert store.positions(3) == {"decision-audit": 8}
        store.close()
    store.forget(3)
    assert (store.audits(3, "A-1"), store.positions(3)) == ([], {})


def test_audit_records_are_dropped_by_their_time_the_oldest_first(place: Path) -> None:
    store = FrozenStore(place)
    store.keep(1, [audit("A-1", 1, 300), audit("A-2", 2, 200)], {})
    store.keep(2, [audit("A-3", 1, 299), audit("A-1", 2, 100)], {})
    assert store.drop_audits(100, 9) == 0
    assert store.drop_audits(300, 1) == 1
    assert (store.audits(2, "A-1"), store.audits(1, "A-2")) == ([], [b"A-2 2"])
    assert store.drop_audits(300, 9) == 2
    assert (store.audits(1, "A-2"), store.audits(2, "A-3"), store.audits(1, "A-1")) == ([], [], [b"A-1 1"])


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
from streams.frozen import AuditAt, FrozenStore
store = FrozenStore(Path({str(place)!r}))
for number in range(20_000):
    audit = AuditAt(f"A-{{number}}".encode(), number, number, os.urandom(600))
    store.keep(1, [audit], {{"decision-audit": number + 1}})
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
    there = [number for number in range(20_000) if store.audits(1, f"A-{number}")]
    assert there == list(range(read_to))  # all of what it says it has read, and nothing of what came after


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
