"""Lock files: something belongs to one process, and is free again whenever and however that process ends."""

import fcntl
import os
from pathlib import Path


def try_lock(path: Path) -> int | None:
    """Lock `path`, made when missing; None when another holder has it. Closing the returned descriptor lets go."""
    lock = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock
