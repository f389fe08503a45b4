"""Linear algebra and trees in one thread, so that sums do not depend on the machine."""

from __future__ import annotations

from contextlib import AbstractContextManager


def one_thread() -> AbstractContextManager[object]:
    """Holds the libraries that have been imported by now to one thread each."""
    import threadpoolctl  # noqa: PLC0415

    limits: AbstractContextManager[object] = threadpoolctl.threadpool_limits(1)
    return limits
