"""What is told of a history before anything is scored."""

from pathlib import Path

import pytest

from scripts.backtest.contents import contents
from scripts.backtest.history import sort_history
from scripts.backtest.label_reader import LabelReader, check_known
from scripts.backtest.mapping import MappingError, load_mapping
from tests.scripts.backtest.histories import write_csv, write_mapping

MAPPING = """
[event]
time = "t"
[label]
column = "y"
fraud = ["yes"]
honest = ["no"]
"""


def told(directory: Path, labels: list[str]) -> str:
    history = write_csv(directory / "h.csv", [(60 * number, each) for number, each in enumerate(labels)], ("t", "y"))
    path = write_mapping(directory, MAPPING + 'delay = "1d"')
    mapping = load_mapping(path)
    found = sort_history(history, mapping, path, directory)
    return str(contents(found, LabelReader(mapping, found.columns, None), path))


def test_rows_period_and_labels_are_told(tmp_path: Path) -> None:
    assert told(tmp_path, ["no", "yes", "", "maybe", "no"]) == (
        "5 rows, 1970-01-01 00:00 to 1970-01-01 00:04 UTC: 1 frauds, 2 honest, 2 without a known label"
    )


def test_labels_that_the_mapping_does_not_know_at_all_are_an_error_that_shows_them(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match=r"map.toml: label: no row .* 'No' \(2 rows\), 'Yes' \(1 rows\)"):
        told(tmp_path, ["No", "Yes", "No", ""])


def test_a_history_without_any_label_is_no_error(tmp_path: Path) -> None:
    assert told(tmp_path, ["", "", ""]).endswith("0 frauds, 0 honest, 3 without a known label")


def test_labels_that_nobody_says_the_time_of_are_an_error(tmp_path: Path) -> None:
    path = write_mapping(tmp_path, MAPPING)
    with pytest.raises(MappingError, match=r"map\.toml: label: neither delay nor known_at"):
        check_known(load_mapping(path), None, path)
