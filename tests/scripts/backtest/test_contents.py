"""What is told of a history before anything is scored."""

from pathlib import Path

import pytest

from scripts.backtest.columns import NEVER_MS
from scripts.backtest.contents import check_window, contents
from scripts.backtest.history import sort_history
from scripts.backtest.label_reader import LabelReader
from scripts.backtest.mapping import MappingError, load_mapping
from scripts.backtest.sources import HistoryError
from tests.scripts.backtest.histories import SMALLEST, write_csv, write_mapping


def told(directory: Path, labels: list[str]) -> str:
    history = write_csv(directory / "h.csv", [(60 * number, each) for number, each in enumerate(labels)], ("t", "y"))
    path = write_mapping(directory, SMALLEST + 'delay = "1d"')
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


@pytest.mark.parametrize(("score_from", "score_until"), [(60_001, NEVER_MS), (0, 0), (30_000, 60_000)])
def test_a_window_without_a_row_is_an_error_that_tells_the_period(
    tmp_path: Path, score_from: int, score_until: int
) -> None:
    path = write_mapping(tmp_path, SMALLEST)
    csv = write_csv(tmp_path / "h.csv", [(0, "no"), (60, "yes")], ("t", "y"))
    history = sort_history(csv, load_mapping(path), path, tmp_path)
    check_window(history, 60_000, NEVER_MS, csv)
    check_window(history, 0, 1, csv)
    with pytest.raises(HistoryError, match=r"nothing to score.*1970-01-01 00:00 UTC, the last of 1970-01-01 00:01"):
        check_window(history, score_from, score_until, csv)
