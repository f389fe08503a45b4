"""A server as a child process: started, waited for, stopped, and never left behind."""

import atexit
import os
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from pathlib import Path
from typing import ClassVar, Self

from scripts.embedded.errors import EmbeddedError
from scripts.embedded.locks import try_lock
from scripts.embedded.ports import check_free, free_port

START_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 30.0
POLL_S = 0.02
TAIL_LINES = 15

# The child first leaves a watcher beside itself, then becomes the server. The watcher waits on a pipe whose other end
# only this process holds: however this process ends, SIGKILL included, the pipe closes and the server goes. (PDEATHSIG
# would do so when the starting *thread* ends, and on Linux alone.) The watcher is of the server's process group, which
# keeps the group's number, and so the server's process id, from being given to anybody else while it waits.
WATCHED = 'exec 3<&0 </dev/null; (read -r line; kill -9 $$) <&3 & exec 3<&-; exec "$@"'


def server_environment() -> dict[str, str]:
    """The environment for a server: ours, in a locale in which Java can open any path."""
    return {**os.environ, "LC_ALL": "C.UTF-8"}


class EmbeddedServer(ABC):
    """One server of our own on 127.0.0.1, with its data and log in a directory of its own.

    data_dir: where data and log are kept; made when missing, used again when not.
    port:     where to listen, also after a restart; None or 0 finds a free port outside the ephemeral range.
    """

    name: ClassVar[str]
    port_option: ClassVar[str]

    def __init__(self, data_dir: Path, port: int | None = None) -> None:
        self.data_dir = data_dir.absolute()
        self.port = port or free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: int | None = None

    @abstractmethod
    def _prepare(self) -> list[str]:
        """Make everything ready in data_dir and return the command that runs the server in the foreground."""

    @abstractmethod
    def _answers(self) -> bool:
        """Whether the server serves clients now. May raise OSError for no."""

    @property
    def log_file(self) -> Path:
        """What the server of the last start printed; that of the start before is beside it, ending in .1."""
        return self.data_dir / f"{self.name.lower()}.log"

    @property
    def pid(self) -> int:
        """The server's process id. Raises EmbeddedError when it was not started."""
        if self._process is None:
            raise EmbeddedError(f"{self.name} is not running")
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended, by itself or otherwise."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start and wait until it serves clients. Raises EmbeddedError when the port is taken or the server ends."""
        self.launch()
        self.wait_until_ready()

    def launch(self) -> None:
        """Start without waiting, so that several servers can come up side by side; `wait_until_ready` follows."""
        if self.running:
            raise EmbeddedError(f"{self.name} is already running, process {self.pid}")
        self._forget()
        check_free(self.port, self.name, self.port_option)
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self._lock = try_lock(self.data_dir / "lock")
        if self._lock is None:
            raise EmbeddedError(f"{self.data_dir} is in use by another embedded {self.name}: stop that one first")
        try:
            self._process = self._spawn(self._prepare())
        except BaseException:
            self._forget()
            raise
        atexit.register(self.stop)

    def _spawn(self, command: list[str]) -> subprocess.Popen[bytes]:
        if self.log_file.exists():
            self.log_file.replace(self.log_file.with_name(self.log_file.name + ".1"))
        with self.log_file.open("wb") as log:
            return subprocess.Popen(
                ["/bin/sh", "-c", WATCHED, "sh", *command],
                cwd=self.data_dir,
                stdin=subprocess.PIPE,  # the watcher's pipe
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a terminal's Ctrl-C is ours to handle, not the server's
                env=self._environment(),
            )

    def _environment(self) -> dict[str, str]:
        """The server's environment variables."""
        return server_environment()

    def wait_until_ready(self) -> None:
        """Return when it serves clients; stop it and raise EmbeddedError, with its log's tail, when it does not."""
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            if not self.running:
                raise self._failure("ended while it started")
            with suppress(OSError):  # not listening yet
                if self._answers():
                    return
            time.sleep(POLL_S)
        raise self._failure(f"did not answer within {START_TIMEOUT_S:.0f} s")

    def stop(self) -> None:
        """End it cleanly and wait for that; kill it after STOP_TIMEOUT_S. Does nothing when it has ended."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
            finally:
                self._forget()

    def kill(self) -> None:
        """End it at once (SIGKILL), as a crash would; `start` brings it back on the same data and port."""
        if self._process is not None:
            self._process.kill()
            self._forget()

    def _forget(self) -> None:
        """Leave nothing of an ended or dying server behind: no zombie, no watcher, no lock."""
        if self._process is not None:
            # None is left to kill, or only zombies, for which macOS answers EPERM.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            if self._process.stdin is not None:
                self._process.stdin.close()
            self._process = None
            atexit.unregister(self.stop)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _failure(self, what: str) -> EmbeddedError:
        code = self._process.poll() if self._process else None
        self.stop()
        tail = self.log_file.read_text(errors="replace").splitlines()[-TAIL_LINES:]
        ended = "" if code is None else f" (exit code {code})"
        return EmbeddedError("\n".join([f"{self.name} {what}{ended}; the end of {self.log_file}:", *tail]))

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
