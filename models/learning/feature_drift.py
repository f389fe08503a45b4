"""Do the features look different than they did?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from models.learning.drift import Drift
from models.learning.stability import Counts, NumberBins, Row, ValueBins, columns, missing_share, stability_index

Reference = tuple[dict[str, NumberBins], dict[str, ValueBins]]


class Shift:
    """A feature or category against its reference."""

    def __init__(self, name: str, bins: NumberBins | ValueBins, counts: Counts) -> None:
        self.name = name
        self.bins = bins
        self.counts = counts
        self.index = stability_index(bins.counts, counts)


class FeatureDrift:
    """Finds features whose distribution is another one than in the reference window.

    Measured is the population stability index (N. Siddiqi, Credit Risk Scorecards, 2006) over the deciles of the
    reference; a decile's own value and a missing value are bins of their own, and so are a category's values. A window
    is as long as asked for and is kept as a sample, so memory is bounded and an example costs next to nothing. After a
    report the next window is left out and the one after it is the new reference: one shift is one report.
    """

    ROWS = 400
    """Applications kept of a window. Between two samples of this size of one distribution the index of ten bins is
    around 0.05."""
    FEWEST = 2_000
    """Applications in a window."""
    MOST = 10
    """Features named in one report."""

    def __init__(self, threshold: float, window_days: float) -> None:
        self._threshold = threshold
        self._window = timedelta(days=window_days)
        self._rows: list[Row] = []
        self._seen = 0
        self._from: datetime | None = None
        self._cooling = False
        self._reference: Reference | None = None

    def add(
        self,
        features: Mapping[str, float | None],
        categories: Mapping[str, str | None],
        at: datetime,
        number: int,
    ) -> Drift | None:
        """Take one more application into account, `at` the time its label became known. `number` decides by chance
        whether it is kept in the sample: evenly spread over at least 32 bits."""
        self._seen += 1
        if len(self._rows) < self.ROWS:
            self._rows.append((features, categories))
        else:  # a reservoir: each application of the window has the same chance to be in it
            place = number % self._seen
            if place < self.ROWS:
                self._rows[place] = features, categories
        if self._from is None:
            self._from = at
        if self._seen < self.FEWEST or at - self._from < self._window:
            return None
        return self._close(at)

    def _close(self, at: datetime) -> Drift | None:
        rows = self._rows
        self._rows, self._seen, self._from = [], 0, None
        if self._cooling:
            self._cooling = False
            return None
        if self._reference is None:
            features, categories = columns(rows)
            self._reference = (
                {name: NumberBins.of(column) for name, column in features.items()},
                {name: ValueBins.of(column) for name, column in categories.items()},
            )
            return None
        drift = self._compare(self._reference, rows, at)
        if drift is not None:
            self._reference, self._cooling = None, True
        return drift

    def _compare(self, reference: Reference, rows: list[Row], at: datetime) -> Drift | None:
        numbers, values = reference
        features, categories = columns(rows)
        shifts = [
            *(Shift(name, numbers[name], numbers[name].count(features[name])) for name in numbers.keys() & features),
            *(Shift(name, values[name], values[name].count(categories[name])) for name in values.keys() & categories),
        ]
        shifts = sorted((shift for shift in shifts if shift.index >= self._threshold), key=lambda s: (-s.index, s.name))
        if not shifts:
            return None
        worst, *others = shifts[: self.MOST]
        return Drift(
            kind="feature",
            subject=worst.name,
            at=at,
            statistic=worst.index,
            threshold=self._threshold,
            before=worst.bins.mean,
            after=NumberBins.of(features[worst.name]).mean if worst.name in features else None,
            missing_before=missing_share(worst.bins.counts),
            missing_after=missing_share(worst.counts),
            examples_before=int(worst.bins.counts.sum()),
            examples_after=len(rows),
            others={shift.name: shift.index for shift in others},
        )

    def snapshot(self) -> dict[str, Any]:
        """All of its state, as plain data and arrays."""
        reference = None
        if self._reference is not None:
            numbers, values = self._reference
            reference = (
                {name: (bins.edges, bins.counts, bins.mean) for name, bins in numbers.items()},
                {name: (bins.values, bins.counts) for name, bins in values.items()},
            )
        return {
            "rows": [(dict(features), dict(categories)) for features, categories in self._rows],
            "seen": self._seen,
            "from": None if self._from is None else self._from.isoformat(),
            "cooling": self._cooling,
            "reference": reference,
        }

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Go on from a snapshot."""
        self._rows = list(snapshot["rows"])
        self._seen, self._cooling = snapshot["seen"], snapshot["cooling"]
        self._from = None if snapshot["from"] is None else datetime.fromisoformat(snapshot["from"])
        self._reference = None
        if snapshot["reference"] is not None:
            numbers, values = snapshot["reference"]
            self._reference = (
                {name: NumberBins(*state) for name, state in numbers.items()},
                {name: ValueBins(*state) for name, state in values.items()},
            )
