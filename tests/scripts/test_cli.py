"""The command line: its help, its errors, and that each of its commands is there."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from scripts import cli


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    exit_code: int
    out: str
    err: str


Run = Callable[..., Done]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs the command line in this process, in a directory without a .env file: words, then TIDEGATE_* variables."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words: str, **environment: str) -> Done:
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["tidegate", *words])
            for name, value in environment.items():
                patch.setenv(f"TIDEGATE_{name}", value)
            with pytest.raises(SystemExit) as ended:
                cli.main()
        captured = capsys.readouterr()
        code = ended.value.code
        return Done(code if isinstance(code, int) else 0, captured.out, captured.err)

    return run


def test_the_installed_command_shows_every_command(tmp_path: Path) -> None:
    command = Path(sys.executable).with_name("tidegate")
    done = subprocess.run([command, "--help"], cwd=tmp_path, capture_output=True, text=True, timeout=300, check=True)
    assert all(name in done.stdout for name in cli.COMMANDS)


def test_help_imports_no_command_so_that_it_is_quick() -> None:
    script = "import sys, scripts.cli; print([name for name in sys.modules if name in {'faust', 'aiokafka', 'river'}])"
    imported = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert imported.stdout.strip() == "[]"


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_each_command_has_help_of_its_own(name: str, run: Run) -> None:
    done = run(name, "--help")
    assert done.exit_code == 0
    assert f"Usage: tidegate {name}" in done.out


def test_the_version_is_the_packages(run: Run) -> None:
    assert run("--version").out.startswith("tidegate 0.")


def test_a_wrong_word_or_option_is_a_usage_error(run: Run) -> None:
    assert run("nonsense").exit_code == 2
    done = run("redrive", "--nonsense")
    assert done.exit_code == 2
    assert "--nonsense" in done.err
    assert "tidegate redrive" in done.err


def test_each_setting_that_is_wrong_is_named_by_its_variable(run: Run) -> None:
    done = run("topics", "create", PARTITIONS="none", BROKER="kafka://nowhere")
    assert done.exit_code == 2
    assert "TIDEGATE_PARTITIONS: " in done.err
    assert "TIDEGATE_BROKER: " in done.err


def test_an_error_of_the_settings_shows_no_value_of_them(run: Run) -> None:
    done = run("topics", "create", PARTITIONS="0", KAFKA_SASL_PASSWORD="hush", REDIS_URL="redis://:hush@h")
    assert "TIDEGATE_PARTITIONS" in done.err
    assert "hush" not in done.err


def test_sasl_without_credentials_says_which_variables_are_needed(run: Run) -> None:
    done = run("topics", "create", KAFKA_SECURITY_PROTOCOL="SASL_SSL")
    assert done.exit_code == 2
    assert "TIDEGATE_KAFKA_SASL_USERNAME" in done.err


def test_a_ca_file_that_is_missing_is_named_with_its_variable(run: Run) -> None:
    done = run("topics", "create", KAFKA_SECURITY_PROTOCOL="SSL", KAFKA_SSL_CA_FILE="/nowhere/ca.pem")
    assert done.exit_code == 2
    assert "TIDEGATE_KAFKA_SSL_CA_FILE: /nowhere/ca.pem" in done.err


@pytest.mark.parametrize("words", [("topics", "create"), ("topics", "create", "--check"), ("redrive",)])
def test_a_broker_that_does_not_answer_is_one_line(words: tuple[str, ...], run: Run, unused_tcp_port: int) -> None:
    done = run(*words, BROKER=f"kafka://127.0.0.1:{unused_tcp_port}")
    assert done.exit_code == 1
    assert done.err.count("\n") == 1
    assert f"127.0.0.1:{unused_tcp_port} (TIDEGATE_BROKER" in done.err


def test_times_and_codes_that_cannot_be_are_usage_errors(run: Run) -> None:
    assert run("redrive", "--code", "nonsense").exit_code == 2
    assert run("redrive", "--topic", "decisions").exit_code == 2
    assert run("redrive", "--since", "2026-11-24T10:00:00").exit_code == 2
    assert run("redrive", "--limit", "0").exit_code == 2
