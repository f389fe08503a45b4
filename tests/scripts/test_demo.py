"""`tidegate demo` as a process of its own without a terminal, ended in every way there is."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from config.settings import Settings
from scripts.demo import longest_maturity_days, number_of_applications
from scripts.demonstration.detection import FRAUD_TARGET
from scripts.embedded import EmbeddedKafka
from scripts.simulator.fraud import FRAUD, SHIFT
from scripts.simulator.honest import HONEST
from streams.kafka import read_to_end

pytestmark = pytest.mark.xdist_group("demo")  # one process: `finished` takes half a minute

READY_S = 300.0
ENDED_S = 120.0
GONE_WITHIN_S = 10.0
RATE = 40
SECONDS = 8


class Demo:
    """A `tidegate demo` that has begun, in a directory of its own."""

    def __init__(self, directory: Path, *options: str) -> None:
        self.directory = directory
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TIDEGATE_")}
        self.process = subprocess.Popen(
            [Path(sys.executable).with_name("tidegate"), "demo", "--rate", str(RATE), *options],
            cwd=directory,
            env=environment | {"TIDEGATE_DATA_DIR": str(directory / "data")},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.said = ""

    def wait_for(self, words: str) -> None:
        """Read what it says until it has said this."""
        assert self.process.stdout is not None
        while words not in self.said:
            line = self.process.stdout.readline()
            assert line, f"it ended without {words!r}: {self.said}"
            self.said += line

    def wait(self, timeout_s: float = ENDED_S) -> tuple[int, str]:
        """Exit code and standard error; `said` is then all that it said."""
        rest, errors = self.process.communicate(timeout=timeout_s)
        self.said += rest
        return self.process.returncode, errors

    def left_behind(self) -> list[psutil.Process]:
        """What is still there a while after its end: what it has killed takes a moment to be gone."""
        _, alive = psutil.wait_procs(self.processes(), GONE_WITHIN_S)
        return alive

    def processes(self) -> list[psutil.Process]:
        """Everything that runs in its directory, but itself."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.pid != self.process.pid and Path(process.cwd()).is_relative_to(self.directory):
                    found.append(process)
            except psutil.Error:  # gone, or somebody else's
                continue
        return found

    def worker(self) -> psutil.Process:
        children = psutil.Process(self.process.pid).children()
        return next(child for child in children if Path(child.cwd()).name == "worker")

    def end(self) -> None:
        """Whatever has happened, leave nothing running."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()
        for process in self.processes():
            process.kill()


@pytest.fixture
def endless(tmp_path: Path) -> Iterator[Demo]:
    """Without an end, and deciding."""
    demo = Demo(tmp_path)
    try:
        demo.wait_for("First decision after")
        yield demo
    finally:
        demo.end()


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One that has ended by itself."""
    directory = tmp_path_factory.mktemp("demo")
    demo = Demo(directory, "--seconds", str(SECONDS), "--shift", "--report", str(directory / "report"))
    try:
        demo.wait(READY_S)
        yield demo
    finally:
        demo.end()


def test_it_ends_by_itself_with_exit_code_0_and_leaves_no_process_behind(finished: Demo) -> None:
    assert finished.process.returncode == 0, finished.said
    assert finished.left_behind() == []


def test_it_says_how_far_it_is_in_plain_lines(finished: Demo) -> None:
    said = finished.said
    for step in ("Valkey listens", "Kafka listens", "topics are made", "The worker is ready", "First decision"):
        assert f"{step} after " in said
    assert all(character == "\n" or character.isprintable() for character in said)


def test_it_has_published_for_as_long_as_asked_and_decided_all(finished: Demo) -> None:
    assert f"{RATE * SECONDS} applications in " in finished.said
    assert f" {RATE * SECONDS} decided: " in finished.said


def test_its_summary_has_each_typology_and_each_target(finished: Demo) -> None:
    summary = finished.said[finished.said.index("Applicants") :]
    for typology in (*FRAUD, *HONEST):
        assert (typology.name if typology.name != "none" else "nothing special") in summary
    assert summary.count(f"at least {FRAUD_TARGET:.0%}") == 1
    assert summary.count("at most 3%") == 3


def test_its_report_is_about_every_application_and_the_summary_says_what_was_learned(finished: Demo) -> None:
    path = finished.directory / "report" / "report.html"
    assert f"Report  {path}" in finished.said
    assert "Learning: " in finished.said
    assert f"1–{RATE * SECONDS}" in path.read_text()
    assert SHIFT.name in path.read_text()
    assert {each.name for each in path.parent.iterdir()} == {"report.html", "recall.png", "new_fraud.png"}


def test_labels_that_have_to_mature_are_mature_when_the_demo_publishes_them() -> None:
    assert longest_maturity_days(Settings(_env_file=None)) == 30.0


def test_every_application_that_stands_in_kafka_has_a_decision_there(finished: Demo) -> None:
    async def keys(settings: Settings, topic: str) -> set[bytes]:
        return {record.key async for record in read_to_end(settings, settings.topic(topic))}

    with EmbeddedKafka(finished.directory / "data" / "demo" / "kafka") as kafka:
        settings = Settings(_env_file=None, broker=kafka.url)
        applications = asyncio.run(keys(settings, "applications"))
        assert len(applications) == RATE * SECONDS
        assert asyncio.run(keys(settings, "decisions")) == applications


def assert_it_stops_and_sums_up(demo: Demo) -> None:
    code, errors = demo.wait()
    assert (code, errors) == (0, "")
    assert " applications in " in demo.said
    assert "account_takeover" in demo.said
    assert demo.left_behind() == []


def test_sigterm_stops_all_of_it_and_sums_up_what_there_was(endless: Demo) -> None:
    assert endless.processes()
    endless.process.terminate()
    assert_it_stops_and_sums_up(endless)


def test_ctrl_c_stops_all_of_it_and_sums_up_what_there_was(endless: Demo) -> None:
    os.killpg(endless.process.pid, signal.SIGINT)  # as a terminal does: the whole foreground group
    assert_it_stops_and_sums_up(endless)


def test_a_worker_that_dies_ends_it_with_exit_code_1_and_a_line_that_says_so(endless: Demo) -> None:
    endless.worker().kill()
    code, errors = endless.wait()
    assert code == 1
    assert errors.startswith("tidegate: Worker has ended by itself; see ")
    assert " applications in " in endless.said
    assert endless.left_behind() == []


def test_it_ends_with_the_seconds_or_the_applications_whichever_comes_first() -> None:
    assert number_of_applications(10, None, 50.0) == 500
    assert number_of_applications(None, 300, 50.0) == 300
    assert number_of_applications(10, 300, 50.0) == 300
    assert number_of_applications(10, 700, 50.0) == 500
    assert number_of_applications(0.5, None, 1.0) == 1


def test_without_seconds_and_applications_it_has_no_end() -> None:
    assert number_of_applications(None, None, 50.0) is None
