"""The newest labelled applications and what every model said of each before it learned from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from models.learning.quality import Flags, Floats

MOST_PER_FRAUD = 20
"""Applications kept for each fraud that is kept."""


class ScoredWindow:
    """Bounded: by frauds, and by applications in all. The oldest go first, frauds and honest together, so both are of
    the same time. A label may be corrected while its application is here; the scores stay what they were."""

    def __init__(self, models: tuple[str, ...], most_frauds: int) -> None:
        self._models = models
        self._most_frauds = most_frauds
        self._most = most_frauds * MOST_PER_FRAUD
        # Rings: application number n of all that came is at n modulo their length.
        self._applications = [""] * self._most
        self._fraud: Flags = np.zeros(self._most, dtype=bool)
        self._weight: Floats = np.zeros(self._most)
        self._scores: Floats = np.zeros((self._most, len(models)))
        self._oldest = self._next = 0
        self._numbers: dict[str, int] = {}
        self.frauds = 0
        """Frauds in the window."""

    def add(self, application_id: str, fraud: bool, weight: float, scores: Sequence[float] | Floats) -> None:
        """Take an application in that stands for `weight` of them; `scores` in the order of the models, NaN where there
        is none."""
        if self._next - self._oldest == self._most:
            self._let_go()
        place = self._next % self._most
        self._applications[place] = application_id
        self._fraud[place] = fraud
        self._weight[place] = weight
        self._scores[place] = scores
        self._numbers[application_id] = self._next
        self._next += 1
        self.frauds += fraud
        while self.frauds > self._most_frauds:
            self._let_go()

    def correct(self, application_id: str, fraud: bool, weight: float) -> bool:
        """Another label for an application that is here; False when it is not."""
        number = self._numbers.get(application_id)
        if number is None:
            return False
        place = number % self._most
        self.frauds += fraud - bool(self._fraud[place])
        self._fraud[place], self._weight[place] = fraud, weight
        while self.frauds > self._most_frauds:
            self._let_go()
        return True

    def _let_go(self) -> None:
        place = self._oldest % self._most
        self.frauds -= bool(self._fraud[place])
        if self._numbers[self._applications[place]] == self._oldest:
            del self._numbers[self._applications[place]]
        self._oldest += 1

    def arrays(self) -> tuple[Flags, Floats, Floats]:
        """Fraud and weight by application, and scores by application and model; oldest first."""
        places = np.arange(self._oldest, self._next) % self._most
        return self._fraud[places], self._weight[places], self._scores[places]

    def snapshot(self) -> dict[str, Any]:
        """All of its state, as plain data and arrays."""
        fraud, weight, scores = self.arrays()
        return {
            "applications": [self._applications[n % self._most] for n in range(self._oldest, self._next)],
            "fraud": fraud,
            "weight": weight,
            "scores": {model: scores[:, column].copy() for column, model in enumerate(self._models)},
        }

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Go on from a snapshot. A model that was not there has no scores for what was before it."""
        self._numbers.clear()
        self._oldest = self._next = self.frauds = 0
        nothing = np.full(len(snapshot["applications"]), np.nan)
        scores = np.column_stack([snapshot["scores"].get(model, nothing) for model in self._models])
        rows = zip(
            snapshot["applications"], snapshot["fraud"].tolist(), snapshot["weight"].tolist(), scores, strict=True
        )
        for application_id, fraud, weight, row in rows:
            self.add(application_id, fraud, weight, row)
