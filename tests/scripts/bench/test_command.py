"""The command as its users have it."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scripts.bench import interruptible
from scripts.bench.command import EVERYTHING, SectionName, chosen
from scripts.bench.report import Report, read_report, write_report
from scripts.bench.sections.registry import SECTIONS
from tests.scripts.bench.sample_report import sample_report


def test_every_section_can_be_asked_for() -> None:
    assert [each.value for each in SectionName] == [*SECTIONS, EVERYTHING]


def test_sections_are_measured_in_their_own_order() -> None:
    assert chosen(["index", "rates"]) == ["rates", "index"]
    assert chosen([EVERYTHING]) == list(SECTIONS)
    assert chosen([]) == ["rates", "latency", "stages"]


def test_a_short_run_leaves_figures_plots_and_a_page_beside_what_an_earlier_one_left(tmp_path: Path) -> None:
    earlier = sample_report()
    write_report(Report(machine=earlier.machine, stages=earlier.stages), tmp_path / "figures.json")
    command = Path(sys.executable).with_name("tidegate")
    options = ["--json", "figures.json", "--plots", "plots", "--markdown", "figures.md"]
    done = subprocess.run(
        [command, "bench", "rings", *options],
        cwd=tmp_path, env={**os.environ, "COLUMNS": "120"}, capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "A decision that completes a ring" in done.stdout
    report = read_report(tmp_path / "figures.json")
    assert report is not None
    assert report.rings is not None
    assert report.stages == earlier.stages
    assert sorted(path.name for path in (tmp_path / "plots").iterdir()) == ["rings.png", "stages.png"]
    assert "![Processor time of a decision](plots/stages.png)" in (tmp_path / "figures.md").read_text()


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
        deadline = time.monotonic() + 30
        while not (tmp_path / "began").exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.terminate()
        _, said = process.communicate(timeout=30)
    assert b"KeyboardInterrupt" in said
    assert (tmp_path / "cleaned").exists()
