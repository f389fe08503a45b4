"""Ports on the loopback interface: is one free, and find one that stays ours."""

import errno
import os
import random
import socket
import tempfile
from pathlib import Path

from scripts.embedded.errors import EmbeddedError
from scripts.embedded.locks import try_lock

LOOPBACK = "127.0.0.1"

FREE_PORTS = range(20_000, 30_000)
"""Where free ports are looked for: below the ephemeral range of Linux (32768-60999) and of macOS (49152-65535), so that
no outgoing connection can take one between its choice and its use."""


def bind_error(port: int) -> OSError | None:
    """Why nothing could listen on `port` now, or None when something could. Binds and lets go at once."""
    with socket.socket() as probe:
        # As the servers themselves do: a port whose last connections are in TIME_WAIT is free to listen on.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            return error
    return None


def check_free(port: int, server: str, option: str) -> None:
    """Raise EmbeddedError when `port` cannot be listened on, naming it, the `server` and the command-line `option`."""
    error = bind_error(port)
    if error is not None:
        why = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
        raise EmbeddedError(
            f"Port {port} for {server} {why}: stop what listens there, or choose another with {option} (0 finds one)"
        )


def free_port() -> int:
    """A port of FREE_PORTS that is free, and that no other process of this user is given while this one lives.

    Between the choice and the server's own bind a second starter would find the same port free, so the choice is held
    by a lock file until this process ends. Raises EmbeddedError when every port is taken.
    """
    locks = Path(tempfile.gettempdir(), f"tidegate-ports-{os.getuid()}")
    locks.mkdir(mode=0o700, exist_ok=True)
    for port in random.sample(FREE_PORTS, len(FREE_PORTS)):
        lock = try_lock(locks / str(port))
        if lock is None:
            continue
        if bind_error(port) is None:
            return port  # the descriptor stays open, and with it the lock, until the process ends
        os.close(lock)
    raise EmbeddedError(f"No free port between {FREE_PORTS.start} and {FREE_PORTS.stop - 1}")
