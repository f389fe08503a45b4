"""`tidegate up` as a process of its own, ended in every way there is."""

import inspect
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import redis
import typer
from typer.testing import CliRunner

from config.settings import Settings
from scripts.embedded.ports import LOOPBACK, free_port
from scripts.up import up

GONE_WITHIN_S = 60.0
RUN_UP = [sys.executable, "-c", "import typer; from scripts.up import up; typer.run(up)"]


class Running:
    """A `tidegate up` that serves, and every process it has started."""

    def __init__(self, data_dir: Path) -> None:
        command = [*RUN_UP, "--kafka-port", "0", "--redis-port", "0", "--data-dir", str(data_dir)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
        assert self.process.stdout is not None
        self.said = ""
        while "Ctrl-C stops both." not in self.said:
            line = self.process.stdout.readline()
            assert line, self.said
            self.said += line
        self.children = psutil.Process(self.process.pid).children(recursive=True)

    def wait(self) -> int:
        """Exit code; reads the rest of what it says."""
        rest, _ = self.process.communicate(timeout=GONE_WITHIN_S)
        self.said += rest
        return self.process.returncode

    def left_behind(self) -> list[psutil.Process]:
        _, alive = psutil.wait_procs(self.children, GONE_WITHIN_S)
        return [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    started = Running(tmp_path)
    yield started
    for process in started.children:
        if process.is_running():
            process.kill()
    started.process.kill()
    started.wait()


def test_it_prints_where_the_servers_are_and_ctrl_c_stops_all_of_them(running: Running) -> None:
    exports = dict(re.findall(r"export (\w+)=(\S+)", running.said))
    assert list(exports) == ["TIDEGATE_BROKER", "TIDEGATE_REDIS_URL"]
    client = redis.Redis.from_url(exports["TIDEGATE_REDIS_URL"])
    assert client.ping()
    client.close()
    host, port = exports["TIDEGATE_BROKER"].removeprefix("kafka://").split(":")
    socket.create_connection((host, int(port)), 1).close()
    assert len(running.children) == 4  # two servers, each with its watcher

    os.killpg(running.process.pid, signal.SIGINT)  # as a terminal does: the whole foreground group
    assert running.wait() == 0
    assert "Stopped" in running.said
    assert running.left_behind() == []


def test_sigterm_leaves_no_process_behind(running: Running) -> None:
    running.process.terminate()
    assert running.wait() == 0
    assert running.left_behind() == []


def test_sigkill_leaves_no_process_behind(running: Running) -> None:
    running.process.kill()
    running.wait()
    assert running.left_behind() == []


def test_it_ends_with_an_error_when_a_server_ends_by_itself(running: Running) -> None:
    valkey = next(process for process in running.children if "valkey-server" in process.name())
    valkey.kill()
    assert running.wait() == 1
    assert running.left_behind() == []


def run_up(*arguments: str) -> tuple[int, str]:
    app = typer.Typer()
    app.command()(up)
    result = CliRunner().invoke(app, arguments)
    return result.exit_code, result.stderr


def test_a_taken_port_ends_it_with_one_line_and_starts_nothing(tmp_path: Path) -> None:
    with socket.create_server((LOOPBACK, free_port())) as holder:
        taken = holder.getsockname()[1]
        code, said = run_up("--kafka-port", str(taken), "--redis-port", "0", "--data-dir", str(tmp_path))
    assert code == 1
    assert said.splitlines() == [
        f"tidegate up: Port {taken} for Kafka is taken: stop what listens there, "
        "or choose another with --kafka-port (0 finds one)"
    ]
    assert not [child for child in psutil.Process().children() if Path(child.cwd()).is_relative_to(tmp_path)]


def test_a_failed_download_ends_it_with_what_was_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "jgo.conf").write_text(f"[repositories]\ncentral = http://{LOOPBACK}:{free_port()}\n")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", LOOPBACK)
    code, said = run_up("--kafka-port", "0", "--redis-port", "0", "--data-dir", str(tmp_path))
    assert code == 1
    assert said.startswith("tidegate up: Could not fetch ")
    assert "The first start needs the network" in said


def test_without_options_it_listens_where_the_settings_look() -> None:
    defaults = {name: parameter.default for name, parameter in inspect.signature(up).parameters.items()}
    fields = Settings.model_fields
    assert fields["broker"].default == f"kafka://{LOOPBACK}:{defaults['kafka_port']}"
    assert fields["redis_url"].default.get_secret_value() == f"redis://{LOOPBACK}:{defaults['redis_port']}/0"
