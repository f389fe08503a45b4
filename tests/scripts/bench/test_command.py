"""The command as its users have it."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import typer

from scripts.bench import interruptible
from scripts.bench.command import EVERYTHING, asked
from scripts.bench.place import History
from scripts.bench.report import Report, read_report, write_report
from scripts.bench.sections.registry import SECTIONS
from tests.scripts.backtest.histories import transactions, write_csv, write_mapping
from tests.scripts.bench.sample_report import sample_report

MAP = Path("map.toml")


def test_sections_are_measured_in_their_own_order() -> None:
    assert asked(["index", "rates"], None) == (["rates", "index"], None)
    assert asked([], None) == (["rates", "latency", "stages"], None)


def test_all_are_those_that_need_no_history_unless_there_is_one() -> None:
    assert asked([EVERYTHING], None) == ([name for name in SECTIONS if name != "models"], None)
    assert asked([EVERYTHING, "past.csv"], MAP) == (list(SECTIONS), History(path=Path("past.csv"), mapping=MAP))


def test_a_history_is_the_word_that_is_no_section() -> None:
    history = History(path=Path("past.csv"), mapping=MAP)
    assert asked(["models", "past.csv"], MAP) == (["models"], history)
    assert asked(["past.csv", "models", "rates"], MAP) == (["rates", "models"], history)


@pytest.mark.parametrize(
    ("words", "mapping"),
    [
        (["models"], None),
        (["models"], MAP),
        (["models", "past.csv"], None),
        (["models", "past.csv", "other.csv"], MAP),
        (["all", "past.csv"], None),
        (["rates"], MAP),
    ],
)
def test_models_need_one_history_and_its_mapping(words: list[str], mapping: Path | None) -> None:
    with pytest.raises(typer.BadParameter, match="tidegate bench models HISTORY --mapping MAP"):
        asked(words, mapping)


def test_a_word_that_is_no_section_is_named() -> None:
    with pytest.raises(typer.BadParameter, match="no section 'ratse'; there are rates,"):
        asked(["ratse"], None)


def test_a_short_run_leaves_figures_plots_and_a_page_beside_what_an_earlier_one_left(tmp_path: Path) -> None:
    earlier = sample_report()
    write_report(Report(machine=earlier.machine, stages=earlier.stages), tmp_path / "figures.json")
    command = Path(sys.executable).with_name("tidegate")
    options = ["--json", "figures.json", "--plots", "plots", "--markdown", "figures.md"]
    done = subprocess.run(
        [command, "bench", "rings", *options],
        cwd=tmp_path, env={**os.environ, "COLUMNS": "120"}, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "A decision that completes a ring" in done.stdout
    report = read_report(tmp_path / "figures.json")
    assert report is not None
    assert report.rings is not None
    assert report.stages == earlier.stages
    assert sorted(path.name for path in (tmp_path / "plots").iterdir()) == ["rings.png", "stages.png"]
    assert "![Processor time of a decision](plots/stages.png)" in (tmp_path / "figures.md").read_text()


def test_models_are_compared_without_any_servers(tmp_path: Path) -> None:
    write_csv(tmp_path / "past.csv", transactions(60))
    write_mapping(tmp_path)
    command = Path(sys.executable).with_name("tidegate")
    options = ["--mapping", "map.toml", "--label-delay", "12h", "--json", "figures.json", "--plots", "plots"]
    done = subprocess.run(
        [command, "bench", "models", "past.csv", *options],
        cwd=tmp_path, env={**os.environ, "COLUMNS": "160"}, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "past.csv: 60 rows, of which 60 count" in done.stdout
    report = read_report(tmp_path / "figures.json")
    assert report is not None
    assert report.models is not None
    assert (tmp_path / "plots" / "models.png").exists()


def test_what_a_measurement_raises_comes_out() -> None:
    async def fails() -> None:
        raise ValueError("as it is")

    with pytest.raises(ValueError, match="as it is"):
        interruptible.run(fails())


def test_a_signal_ends_a_measurement_once_it_has_cleaned_up(tmp_path: Path) -> None:
    script = f"""
import asyncio
from pathlib import Path
from scripts.bench.interruptible import run
from scripts.embedded.signals import ended_by_signals

async def measure():
    try:
        Path({str(tmp_path / "began")!r}).touch()
        await asyncio.sleep(60)
    finally:
        await asyncio.sleep(0.2)
        Path({str(tmp_path / "cleaned")!r}).touch()

with ended_by_signals():
    run(measure())
"""
    with subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.PIPE) as process:
        deadline = time.monotonic() + 120
        while not (tmp_path / "began").exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.terminate()
        _, said = process.communicate(timeout=120)
    assert b"KeyboardInterrupt" in said
    assert (tmp_path / "cleaned").exists()
