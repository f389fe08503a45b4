"""How far a load came is noted on disk."""

from pathlib import Path

import pytest

from config.settings import Settings
from scripts.blacklist.records import BadRow, Plan, plan_for
from scripts.blacklist.resuming import Progress

PLAN = plan_for(["phone"], {}, {"list": "own"}, "Asia/Shanghai")


@pytest.fixture
def place(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, data_dir=tmp_path / "data")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "l.csv"
    path.write_text("phone\n1\n")
    return path


def progress(place: Settings, table: Path, plan: Plan = PLAN, again: bool = False) -> Progress:
    return Progress.of_load(place, table, plan, table.with_suffix(".bad.csv"), again)


def test_a_load_goes_on_where_it_was_noted(place: Settings, table: Path) -> None:
    first = progress(place, table)
    first.note(10, [BadRow(3, "phone", "is no phone")])
    first.note(20, [])
    second = progress(place, table)
    assert (second.rows, second.bad_rows) == (20, 1)
    second.finished()
    assert progress(place, table).rows == 0


def test_bad_rows_that_were_written_and_not_noted_are_written_once(place: Settings, table: Path) -> None:
    first = progress(place, table)
    first.note(10, [BadRow(3, "phone", "is no phone")])
    told = first.bad_rows_file
    with told.open("a") as file:
        file.write("12,phone,is no phone\n")
    progress(place, table).note(20, [BadRow(12, "phone", "is no phone")])
    assert told.read_text().splitlines() == ["number,field,reason", "3,phone,is no phone", "12,phone,is no phone"]


def test_a_load_anew_begins_with_the_first_row(place: Settings, table: Path) -> None:
    progress(place, table).note(10, [BadRow(3, "phone", "is no phone")])
    anew = progress(place, table, again=True)
    assert (anew.rows, anew.bad_rows, anew.bad_rows_file.exists()) == (0, 0, False)
    assert progress(place, table).rows == 0


def test_another_file_another_way_to_read_it_or_another_deployment_is_another_load(
    place: Settings, table: Path
) -> None:
    progress(place, table).note(10, [])
    assert progress(place, table, plan_for(["phone"], {}, {"list": "external:a"}, "Asia/Shanghai")).rows == 0
    assert progress(place.model_copy(update={"topic_prefix": "other."}), table).rows == 0
    table.write_text("phone\n1\n2\n")
    assert progress(place, table).rows == 0
