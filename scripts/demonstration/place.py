"""The demo's directory: one demo at a time, and each starts empty."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts.embedded import EmbeddedError
from scripts.embedded.locks import try_lock


@contextmanager
def empty_directory(path: Path) -> Iterator[Path]:
    """`path`, ours alone inside, and without what the last demo left in it; what this one leaves stays.

    Raises EmbeddedError when another demo, or a server of `tidegate up`, uses it.
    """
    path.mkdir(parents=True, exist_ok=True)
    ours = _lock(path, path)
    try:
        for part in path.iterdir():
            if part.is_dir():
                os.close(_lock(part, path))
                shutil.rmtree(part)
        yield path
    finally:
        os.close(ours)


def _lock(directory: Path, path: Path) -> int:
    lock = try_lock(directory / "lock")
    if lock is None:
        raise EmbeddedError(f"{path} is in use by another demo: stop it first, or set another TIDEGATE_DATA_DIR")
    return lock
