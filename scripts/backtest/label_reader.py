"""What a row's label says, and when that became known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from scripts.backtest.columns import NEVER_MS
from scripts.backtest.mapping import HistoryMapping, MappingError, duration, label_key


def check_known(mapping: HistoryMapping, delay: timedelta | None, path: Path) -> None:
    """Raises MappingError when neither `delay` nor the mapping, read from `path`, says when labels are known."""
    if delay is None and mapping.label.delay is None and mapping.label.known_at is None:
        raise MappingError(
            f"{path}: label: neither delay nor known_at says when a label is known; --label-delay can, too"
        )


class LabelReader:
    """Reads labels of rows whose values stand in the order of `columns`."""

    def __init__(self, mapping: HistoryMapping, columns: Sequence[str], delay: timedelta | None) -> None:
        """`delay` takes the place of what the mapping says. See `check_known`."""
        label = mapping.label
        self._time, self._label = columns.index("event.time"), columns.index("label.column")
        if delay is None and label.delay is not None:
            delay = duration(label.delay)
        self._known_at = columns.index("label.known_at") if delay is None else -1
        self.delay_ms = None if delay is None else delay // timedelta(milliseconds=1)
        """None when a column says when each label was known."""
        fraud, honest = set(map(label_key, label.fraud)), set(map(label_key, label.honest))

        @lru_cache(1_024)
        def says(text: str) -> bool | None:
            key = label_key(text)
            return True if key in fraud else False if key in honest else None

        self.says: Callable[[str], bool | None] = says
        """Whether a label's text says fraud; None: unknown."""

    def read(self, row: Sequence[Any]) -> tuple[bool | None, int]:
        """Fraud (None: unknown), and from when on that is known, in milliseconds: never before the row itself."""
        text = row[self._label]
        fraud = None if text is None else self.says(text)
        if fraud is None:
            return None, NEVER_MS
        occurred: int = row[self._time]
        if self.delay_ms is None:
            return fraud, max(occurred, row[self._known_at])
        return fraud, occurred + self.delay_ms
