"""`tidegate simulate`: the command, on a real Kafka."""

import asyncio
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from config.errors import OperatorError
from config.settings import Settings
from scripts import simulate as command
from scripts.simulate import default_run_id, event_span
from scripts.simulator.fraud import SHIFT
from scripts.simulator.truth import read_truth
from streams.kafka import read_to_end
from streams.topics import create_or_check

NOW = datetime(2026, 11, 24, 4, tzinfo=UTC)


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[CliRunner]:
    monkeypatch.setenv("TIDEGATE_BROKER", settings.broker)
    monkeypatch.setenv("TIDEGATE_TOPIC_PREFIX", settings.topic_prefix)
    yield CliRunner()


def _simulate(runner: CliRunner, *arguments: str) -> Result:
    app = typer.Typer()
    app.command()(command.simulate)
    return runner.invoke(app, arguments)


async def _application_ids(settings: Settings) -> list[str]:
    records = read_to_end(settings, settings.topic("applications"))
    return [(record.key or b"").decode() async for record in records]


def test_the_command_publishes_counts_and_writes_the_truth(run: CliRunner, settings: Settings, tmp_path: Path) -> None:
    asyncio.run(create_or_check(settings, create=True))
    truth = tmp_path / "truth.jsonl"
    result = _simulate(run, "--applications", "150", "--rate", "0", "--fraud-share", "0.2", "--truth", str(truth))
    assert result.exit_code == 0, result.output
    assert re.search(r"Published \d+ records \(.*150 applications.*\); run \S+\.", result.output)
    truths = read_truth(truth)
    assert sum(line.fraud for line in truths) == 30
    assert sorted(asyncio.run(_application_ids(settings))) == sorted(line.application_id for line in truths)


def test_a_shift_is_in_the_truth_and_the_past_is_as_far_away_as_asked(
    run: CliRunner, settings: Settings, tmp_path: Path
) -> None:
    asyncio.run(create_or_check(settings, create=True))
    truth, options = tmp_path / "truth.jsonl", ("--applications", "200", "--rate", "0", "--fraud-share", "0.2")
    assert _simulate(run, *options, "--shift", "--ago", "30", "--truth", str(truth)).exit_code == 0
    typologies = [line.typology for line in read_truth(truth)]
    assert typologies.count(SHIFT.name) == 6
    assert SHIFT.name not in typologies[: len(typologies) // 3]


def test_two_runs_on_one_kafka_have_no_application_in_common(run: CliRunner, settings: Settings) -> None:
    asyncio.run(create_or_check(settings, create=True))
    for _ in range(2):
        assert _simulate(run, "--applications", "20", "--rate", "0").exit_code == 0
    ids = asyncio.run(_application_ids(settings))
    assert len(ids) == len(set(ids)) == 40


def test_a_slow_run_without_a_terminal_says_how_far_it_is(
    run: CliRunner, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    asyncio.run(create_or_check(settings, create=True))
    monkeypatch.setattr(command, "SECONDS_BETWEEN_LINES", 0.2)
    result = _simulate(run, "--applications", "20", "--rate", "20", "--days", "0")
    assert result.exit_code == 0, result.output
    assert re.search(r"^\d+ of 20 applications$", result.output, re.MULTILINE)


def test_missing_topics_are_an_operators_error_that_says_how_to_make_them(
    run: CliRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "REQUEST_TIMEOUT_MS", 3_000)
    error = _simulate(run, "--applications", "5").exception
    assert isinstance(error, OperatorError)
    assert "tidegate topics create" in str(error)


@pytest.mark.parametrize("run_id", ["", "a b", "x" * 25, "é", "a-b"])
def test_a_run_id_that_would_break_ids_is_refused(run_id: str) -> None:
    result = _simulate(CliRunner(), "--run-id", run_id)
    assert result.exit_code == 2
    assert "--run-id" in result.output


def test_days_end_now() -> None:
    assert event_span(NOW, 2.0, 1_000, 50.0) == (NOW - timedelta(days=2), NOW)


def test_days_end_so_many_days_ago() -> None:
    assert event_span(NOW, 2.0, 1_000, 50.0, 30.0) == (NOW - timedelta(days=32), NOW - timedelta(days=30))


def test_without_days_event_time_is_the_wall_clock() -> None:
    assert event_span(NOW, 0, 1_000, 50.0) == (NOW, NOW + timedelta(seconds=20))


def test_without_days_and_rate_everything_has_just_happened() -> None:
    assert event_span(NOW, 0, 1_000, 0) == (NOW - timedelta(seconds=1), NOW)


def test_runs_that_start_a_millisecond_apart_have_different_ids() -> None:
    assert default_run_id(7, NOW) != default_run_id(7, NOW + timedelta(milliseconds=1))
    assert default_run_id(7, NOW) != default_run_id(8, NOW)
    assert re.fullmatch(command.RUN_ID_PATTERN, default_run_id(2**63, NOW))
