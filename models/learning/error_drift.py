"""Does the champion err more than it did?"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from msgspec import Struct

from models.learning.drift import Drift
from models.learning.protocol import Example


class Rise(Struct, frozen=True, kw_only=True):
    """Errors that are higher than they were."""

    before: float
    after: float
    threshold: float
    """The rise that chance may make."""
    examples_before: int
    examples_after: int


class ErrorDrift:
    """Finds the moment from which errors (0 to 1 each) are higher than before.

    ADWIN (A. Bifet, R. Gavaldà: Learning from Time-Changing Data with Adaptive Windowing, SDM 2007) in its first form:
    every split of the window is tried, not only those at the borders of its buckets, since the window is short. What is
    before a change is forgotten. A change for the better is not reported.
    """

    CONFIDENCE = 0.002
    """ADWIN's delta, as its authors have it: how often a check may see a change where none is."""
    LONGEST = 1_000
    """Errors that are remembered."""
    EVERY = 32
    """Errors between two checks."""
    SHORTEST = 5
    """Errors on each side of a change."""
    LEAST_RISE = 0.2
    """A rise by less than this share of the old mean is not worth a person's time; reported at equality."""
    COOL_DOWN = 200
    """Errors after a report without another one, so that one change is one report."""

    def __init__(self) -> None:
        self._errors: list[float] = []
        self._unchecked = 0
        self._silent = 0

    def add(self, error: float) -> Rise | None:
        """Take one more error into account; a rise is told once."""
        self._errors.append(error)
        self._unchecked += 1
        self._silent = max(0, self._silent - 1)
        if self._unchecked < self.EVERY:
            return None
        self._unchecked = 0
        del self._errors[: -self.LONGEST]
        change = self._change()
        if change is None:
            return None
        del self._errors[: change.examples_before]
        if self._silent or change.after - change.before < max(self.LEAST_RISE * change.before, 1e-9):
            return None
        self._silent = self.COOL_DOWN
        return change

    def _change(self) -> Rise | None:
        count = len(self._errors)
        if count < 2 * self.SHORTEST:
            return None
        errors = np.array(self._errors)
        before = np.arange(self.SHORTEST, count - self.SHORTEST + 1)
        after = count - before
        sums = np.cumsum(errors)
        means_before = sums[before - 1] / before
        means_after = (sums[-1] - sums[before - 1]) / after
        harmonic = 1 / (1 / before + 1 / after)
        doubt = math.log(2 * math.log(count) / self.CONFIDENCE)
        chance = np.sqrt(2 / harmonic * float(errors.var()) * doubt) + 2 / (3 * harmonic) * doubt
        apart = np.abs(means_after - means_before)
        if not (apart >= chance).any():
            return None
        # Where the change most likely was: the split that explains most of the variance.
        split = int(np.argmax(np.where(apart >= chance, apart * np.sqrt(harmonic), 0.0)))
        return Rise(
            before=float(means_before[split]),
            after=float(means_after[split]),
            threshold=float(chance[split]),
            examples_before=int(before[split]),
            examples_after=int(after[split]),
        )

    def snapshot(self) -> tuple[list[float], int, int]:
        """All of its state."""
        return self._errors.copy(), self._unchecked, self._silent

    def restore(self, snapshot: tuple[list[float], int, int]) -> None:
        """Go on from a snapshot."""
        errors, self._unchecked, self._silent = snapshot
        self._errors = errors.copy()


class ChampionErrors:
    """The champion's errors on frauds and on honest applications apart: the one would drown in the other, and neither
    moves with the share of frauds."""

    def __init__(self, champion: str) -> None:
        self._champion = champion
        self._missed_frauds = ErrorDrift()
        self._false_alarms = ErrorDrift()

    def add(self, example: Example, score: float) -> Drift | None:
        """Take one more score of the champion into account; NaN says nothing."""
        if math.isnan(score):
            return None
        errors = self._missed_frauds if example.fraud else self._false_alarms
        rise = errors.add(1 - score if example.fraud else score)
        if rise is None:
            return None
        return Drift(
            kind="error",
            subject="missed_frauds" if example.fraud else "false_alarms",
            at=example.known_at,
            statistic=rise.after - rise.before,
            threshold=rise.threshold,
            before=rise.before,
            after=rise.after,
            examples_before=rise.examples_before,
            examples_after=rise.examples_after,
            model=self._champion,
        )

    def snapshot(self) -> dict[str, Any]:
        """All of its state."""
        return {
            "champion": self._champion,
            "missed_frauds": self._missed_frauds.snapshot(),
            "false_alarms": self._false_alarms.snapshot(),
        }

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Go on from a snapshot; from nothing when that was of another champion."""
        if snapshot["champion"] == self._champion:
            self._missed_frauds.restore(snapshot["missed_frauds"])
            self._false_alarms.restore(snapshot["false_alarms"])
