"""How a measurement shows how far it is: a bar on a terminal, elsewhere a line now and then."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

SECONDS_BETWEEN_LINES = 10.0

OnDone = Callable[[int], None]
"""Called with how much is done so far."""


@contextmanager
def shown(console: Console, title: str, total: int) -> Iterator[OnDone]:
    """Yields what to call with the number done, out of `total`."""
    if console.is_terminal:
        columns = (TextColumn(title), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task(title, total=total)
            yield lambda done: bar.update(task, completed=done)
    else:
        last_line_at = monotonic()

        def line(done: int) -> None:
            nonlocal last_line_at
            if monotonic() - last_line_at >= SECONDS_BETWEEN_LINES:
                last_line_at = monotonic()
                console.print(f"{title}: {done} of {total}")

        yield line
