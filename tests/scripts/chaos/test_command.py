"""`tidegate chaos` names its scenarios, and its page says what a run came to."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from msgspec.structs import replace
from typer.testing import CliRunner

from scripts.chaos.audit import judge
from scripts.chaos.command import PRESSURE, chaos
from scripts.chaos.experiment import RECOVERED_WITHIN_S, START_S, Result
from scripts.chaos.links import LinkComparison
from scripts.chaos.recovery import Recovery
from scripts.chaos.report import HEAD, page, row, write
from scripts.chaos.scenarios import BY_NAME, SCENARIOS
from scripts.chaos.workers import Stopped
from tests.scripts.chaos.test_audit import RIGHT

app = typer.Typer()
app.command()(chaos)

RESULT = Result(
    scenario=BY_NAME["kill-one"],
    applications=1_200,
    degraded=0,
    dead_letters=0,
    repeats=3,
    findings=judge(RIGHT, ["e-1", "e-2"]),
    links=LinkComparison(compared=1_200, differing={}, forgotten=[]),
    recovery=Recovery(first_s=0.1, caught_up_s=6.5, again_s=None),
    exits=[],
    stops=[Stopped(0, 1.2)],
    start_s=3.0,
)


def test_every_scenario_has_a_name_of_its_own_and_is_listed() -> None:
    assert len(BY_NAME) == len(SCENARIOS)
    listed = CliRunner().invoke(app, ["--list"]).stdout.splitlines()
    assert [line.split()[0] for line in listed] == [*BY_NAME, *PRESSURE]


def test_an_unknown_scenario_is_refused_before_anything_starts() -> None:
    done = CliRunner().invoke(app, ["--scenario", "earthquake"])
    assert done.exit_code == 2
    assert "earthquake" in done.stderr


def test_the_page_has_a_row_for_each_result(tmp_path: Path) -> None:
    write(tmp_path / "docs" / "page.md", page([RESULT], [], rate=100.0, others_cores=0.5))
    text = (tmp_path / "docs" / "page.md").read_text()
    assert f"| {' | '.join(row(RESULT))} |" in text
    assert "SIGKILL of one of two workers" in text
    assert "0.50 cores" in text
    assert len(row(RESULT)) == len(HEAD)
    assert row(RESULT)[-1] == "as it should be"


@pytest.mark.parametrize(
    ("result", "problem"),
    [
        (replace(RESULT, findings=judge(RIGHT, ["e-1", "e-2", "e-3"])), "1 undecided"),
        (
            replace(RESULT, links=LinkComparison(compared=9, differing={"A-1": ["links"]}, forgotten=[])),
            "1 applications differ from a clean run in links",
        ),
        (replace(RESULT, links=LinkComparison(compared=9, differing={}, forgotten=["e-1"])), "1 results are not kept"),
        (replace(RESULT, recovery=Recovery(first_s=None, caught_up_s=None, again_s=None)), "never came"),
        (replace(RESULT, recovery=Recovery(first_s=0, caught_up_s=10.1, again_s=None)), "came after 10.1 s"),
        (replace(RESULT, recovery=Recovery(first_s=0, caught_up_s=0, again_s=10.1)), "only after 10.1 s"),
        (replace(RESULT, exits=[70]), "exit codes [70]"),
        (replace(RESULT, stops=[Stopped(None, 10.0)]), "10.0 s after SIGTERM with exit code None"),
    ],
)
def test_what_is_not_as_it_should_be_is_said(result: Result, problem: str) -> None:
    assert problem in "; ".join(result.problems)


def test_recovery_may_take_its_limit_exactly() -> None:
    exactly = Recovery(first_s=RECOVERED_WITHIN_S, caught_up_s=RECOVERED_WITHIN_S, again_s=RECOVERED_WITHIN_S)
    assert replace(RESULT, recovery=exactly).problems == []


def test_a_machine_that_is_slow_to_start_workers_may_be_slow_to_recover() -> None:
    assert replace(RESULT, start_s=START_S).recovered_within_s == RECOVERED_WITHIN_S
    assert replace(RESULT, start_s=2 * START_S).recovered_within_s == 2 * RECOVERED_WITHIN_S
