"""What a history holds at a glance: a mistake in the mapping shows before anything is scored."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from scripts.backtest.history import SortedHistory
from scripts.backtest.label_reader import LabelReader
from scripts.backtest.mapping import MappingError
from scripts.backtest.sources import HistoryError

MINUTE = "%Y-%m-%d %H:%M"
_SHOWN_LABELS, _SHOWN_CHARACTERS = 5, 40


class Contents(NamedTuple):
    """Rows by what their labels say, and their period."""

    frauds: int
    honest: int
    unknown: int
    first: datetime
    """Event time, UTC."""
    last: datetime

    def __str__(self) -> str:
        """One sentence for people."""
        return (
            f"{self.frauds + self.honest + self.unknown:,} rows, {self.first:{MINUTE}} to {self.last:{MINUTE}} UTC: "
            f"{self.frauds:,} frauds, {self.honest:,} honest, "
            f"{self.unknown:,} without a known label"
        )


def contents(history: SortedHistory, labels: LabelReader, mapping_path: Path) -> Contents:
    """Look at a history's labels and times. Raises MappingError when labels stand there and the mapping knows none."""
    counts: dict[bool | None, int] = {True: 0, False: 0, None: 0}
    unknown: list[str] = []
    for text, rows in history.labels():
        says = None if text is None else labels.says(text)
        counts[says] += rows
        if says is None and text is not None and len(unknown) < _SHOWN_LABELS:
            unknown.append(f"{text[:_SHOWN_CHARACTERS]!r} ({rows:,} rows)")
    if unknown and not counts[True] and not counts[False]:
        raise MappingError(
            f"{mapping_path}: label: no row has a value of fraud or honest; most often there stands "
            f"{', '.join(unknown)}"
        )
    return Contents(counts[True], counts[False], counts[None], *_period(history))


def check_window(history: SortedHistory, from_ms: int, until_ms: int, path: Path) -> None:
    """Raises HistoryError when no row of the history, read from `path`, is scored: none lies in this event time."""
    if history.before(from_ms) >= history.before(until_ms):
        first, last = _period(history)
        raise HistoryError(
            f"{path}: there is nothing to score: no row lies between --score-from and --score-until; "
            f"the first is of {first:{MINUTE}} UTC, the last of {last:{MINUTE}}"
        )


def _period(history: SortedHistory) -> tuple[datetime, datetime]:
    first, last = (datetime.fromtimestamp(each / 1_000, UTC) for each in history.period())
    return first, last
