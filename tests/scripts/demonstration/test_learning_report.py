"""The page and the lines about what was learned."""

from __future__ import annotations

from pathlib import Path

import pytest
from matplotlib.image import imread

from config.errors import OperatorError
from scripts.demonstration.learning import Scored
from scripts.demonstration.learning_report import (
    NEW_FRAUD_FILE,
    RECALL_FILE,
    learning_lines,
    percent,
    write_learning_report,
)
from scripts.simulator.fraud import SHIFT
from tests.scripts.demonstration.scored import honest, scored

BLEND = "blend-7-0123abcd"


def learned(new: bool) -> list[Scored]:
    """Of two stretches, in the second of which a model decides that finds what the scorecard does not."""
    typology = SHIFT.name if new else "device_farm"
    first = [*honest(499), scored(499, 0.1, 0.1, fraud=True, typology=typology)]
    second = [
        *honest(498, 500, BLEND),
        scored(998, 0.9, 0.1, fraud=True, typology=typology, model=BLEND),
        scored(999, 0.9, 0.9, fraud=True, typology="device_farm", model=BLEND),
    ]
    return first + second


def test_the_lines_say_since_when_which_model_decides_and_what_it_is_worth() -> None:
    lines = learning_lines(learned(new=True))
    assert lines[0] == "Learning: blend decides from application 501 on"
    assert lines[1].endswith("since application 501, of 2 frauds: 100%; the scorecard alone: 50%")
    assert "half-way: 0%, 100% in one" in lines[2]
    assert lines[2].endswith("the scorecard alone: 0%, 0%")


def test_without_new_fraud_nothing_is_said_of_it() -> None:
    assert len(learning_lines(learned(new=False))) == 2


@pytest.mark.parametrize("rows", [[], honest(500)])
def test_without_a_promotion_the_lines_say_so(rows: list[Scored]) -> None:
    assert learning_lines(rows) == ["Learning: no model has beaten the scorecard yet, which has decided all along"]


def test_the_page_has_a_row_for_each_stretch_and_shows_the_curves(tmp_path: Path) -> None:
    page = write_learning_report(tmp_path / "new", learned(new=True)).read_text()
    for words in ("2026-08-01 to 2026-08-21", "501–1,000", "<td>blend</td>", SHIFT.name, RECALL_FILE, NEW_FRAUD_FILE):
        assert words in page
    for name in (RECALL_FILE, NEW_FRAUD_FILE):
        height, width, _ = imread(tmp_path / "new" / name).shape
        assert width > height > 400


def test_without_new_fraud_there_is_no_curve_of_it(tmp_path: Path) -> None:
    page = write_learning_report(tmp_path, learned(new=False)).read_text()
    assert NEW_FRAUD_FILE not in page
    assert not (tmp_path / NEW_FRAUD_FILE).exists()


def test_of_nothing_there_is_a_page_that_says_so(tmp_path: Path) -> None:
    assert "no model has beaten the scorecard" in write_learning_report(tmp_path, []).read_text()


def test_a_directory_that_cannot_be_made_is_an_operators_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OperatorError, match="The report cannot be written"):
        write_learning_report(tmp_path / "file" / "report", [])


def test_shares_are_whole_percents_and_nothing_is_a_dash() -> None:
    assert [percent(share) for share in (0.0, 0.125, 1.0, None)] == ["0%", "12%", "100%", "–"]
