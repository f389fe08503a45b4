"""JSON logs: one line an event, of ours and of the libraries', and nothing below the level."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

import streams
from streams.logs import REPEATED_AFTER_S, SeldomRepeated, configure_logs, stack_of


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    levels = {name: logging.getLogger(name).level for name in ("aiokafka", "faust", "mode", "asyncio")}
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


def test_a_line_is_json_with_its_values(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("INFO")
    structlog.get_logger("ours").info("decided", application_id="A-1", decision_id="d-1")
    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["application_id"], line["decision_id"]) == ("decided", "A-1", "d-1")
    assert line["level"] == "info"
    assert line["timestamp"].endswith("Z")


def test_a_stack_names_the_place_and_not_the_message() -> None:
    def fail() -> None:
        raise ValueError("13800000001")

    with pytest.raises(ValueError, match="13800000001") as raised:
        fail()
    stack = stack_of(raised.value)
    assert "in fail" in stack
    assert "13800000001" not in stack.replace('raise ValueError("13800000001")', "")


def test_no_line_of_ours_has_the_message_of_an_unexpected_error() -> None:
    package = Path(streams.__path__[0])
    told = [path.name for path in package.rglob("*.py") if re.search(r"\.exception\(|exc_info=", path.read_text())]
    assert told == []


def test_what_is_below_the_level_is_not_logged(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("INFO")
    structlog.get_logger("ours").debug("decided")
    assert capsys.readouterr().err == ""


def test_libraries_log_in_the_same_form_from_warning_on(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("INFO")
    logging.getLogger("aiokafka.consumer").info("joined")
    logging.getLogger("aiokafka.consumer").warning("left %s", "group")
    assert json.loads(capsys.readouterr().err)["event"] == "left group"


def test_aiokafka_repeats_itself_only_after_a_while() -> None:
    def line(name: str, at: float, lineno: int = 7) -> logging.LogRecord:
        record = logging.LogRecord(name, logging.ERROR, "client.py", lineno, "Unable to connect to %s", ("1",), None)
        record.created = at
        return record

    lets_through = SeldomRepeated().filter
    assert lets_through(line("aiokafka", 100.0))
    assert not lets_through(line("aiokafka", 100.0 + REPEATED_AFTER_S - 0.001))
    assert lets_through(line("aiokafka", 100.0, lineno=8))
    assert lets_through(line("aiokafka.consumer", 100.0))
    assert lets_through(line("aiokafka", 100.0 + REPEATED_AFTER_S))
    assert not lets_through(line("aiokafka", 100.0 + REPEATED_AFTER_S + 0.001))


def test_our_own_lines_are_never_held_back(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("INFO")
    for _ in range(2):
        structlog.get_logger("ours").info("alert")
    assert len(capsys.readouterr().err.splitlines()) == 2
