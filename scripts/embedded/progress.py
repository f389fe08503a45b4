"""How the first start shows that it fetches Kafka: a bar on a terminal, a few plain lines elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from scripts.embedded.jars import OnDownload

TITLE = "Fetching Kafka, this once"
PLAIN_STEP_PERCENT = 25


@contextmanager
def download_progress(console: Console) -> Iterator[OnDownload]:
    """Yields what to give as `on_download`; shows nothing when nothing is downloaded."""
    if console.is_terminal:
        columns = (TextColumn(TITLE), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
        bar = Progress(*columns, console=console, transient=True)
        task = bar.add_task(TITLE)

        def show(done: int, total: int) -> None:
            bar.start()
            bar.update(task, completed=done, total=total)

        try:
            yield show
        finally:
            bar.stop()
    else:
        yield _plain_lines(console)


def _plain_lines(console: Console) -> OnDownload:
    shown = -1

    def show(done: int, total: int) -> None:
        nonlocal shown
        step = 100 * done // total // PLAIN_STEP_PERCENT
        if step > shown:
            shown = step
            console.print(f"{TITLE}: {done / 1e6:.0f} of {total / 1e6:.0f} MB")

    return show
