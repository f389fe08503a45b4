"""The truth file: complete, readable while it grows, one line an application."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from config.errors import OperatorError
from scripts.simulator.stream import SimulationConfig, simulated_stream
from scripts.simulator.truth import read_truth, write_truth

END = datetime(2026, 11, 24, 4, tzinfo=UTC)
CONFIG = SimulationConfig(start=END - timedelta(days=7), end=END, applications=120, fraud_share=0.2)


def test_the_file_has_a_line_for_every_application_with_the_contracts_fields(tmp_path: Path) -> None:
    path = tmp_path / "new" / "truth.jsonl"
    truths = [record.truth for record in write_truth(simulated_stream(CONFIG), path) if record.truth]
    lines = [msgspec.json.decode(line) for line in path.read_bytes().splitlines()]
    assert len(lines) == 120
    for line in lines:
        assert set(line) == {"application_id", "fraud", "typology", "ring", "position"}
    assert read_truth(path) == truths


def test_the_file_can_be_read_while_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "truth.jsonl"
    seen = 0
    for record in write_truth(simulated_stream(CONFIG), path):
        if record.truth:
            seen += 1
            assert read_truth(path)[-1] == record.truth
    assert seen == 120


def test_an_earlier_file_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "truth.jsonl"
    for _ in range(2):
        list(write_truth(simulated_stream(CONFIG), path))
    assert len(read_truth(path)) == 120


def test_a_file_that_cannot_be_made_is_an_operators_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match=tmp_path.name):
        list(write_truth(simulated_stream(CONFIG), tmp_path))
