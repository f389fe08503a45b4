"""The newest labelled applications and what every model said of each before it learned from it."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

import numpy as np
from msgspec import Struct

from models.learning.quality import Flags, Floats

MOST_PER_FRAUD = 20
"""Applications kept for each fraud that is kept."""


class Scored(Struct):
    """One application. Its label may be corrected while it is here; its scores were made when it came."""

    application_id: str
    fraud: bool
    weight: float
    """How many applications it stands for."""
    scores: Sequence[float]
    """By model; NaN where there is none."""


class ScoredWindow:
    """Bounded: by frauds, and by applications in all. The oldest go first, frauds and honest together, so both are of
    the same time."""

    def __init__(self, models: tuple[str, ...], most_frauds: int) -> None:
        self._models = models
        self._most_frauds = most_frauds
        self._most = most_frauds * MOST_PER_FRAUD
        self._newest: deque[Scored] = deque()
        self._by_application: dict[str, Scored] = {}
        self.frauds = 0
        """Frauds in the window."""

    def add(self, application_id: str, fraud: bool, weight: float, scores: Sequence[float]) -> None:
        """Take an application in; `scores` in the order of the models."""
        scored = Scored(application_id, fraud, weight, scores)
        self._newest.append(scored)
        self._by_application[application_id] = scored
        self.frauds += fraud
        self._let_go()

    def correct(self, application_id: str, fraud: bool, weight: float) -> bool:
        """Another label for an application that is here; False when it is not."""
        scored = self._by_application.get(application_id)
        if scored is None:
            return False
        self.frauds += fraud - scored.fraud
        scored.fraud, scored.weight = fraud, weight
        self._let_go()
        return True

    def _let_go(self) -> None:
        while self.frauds > self._most_frauds or len(self._newest) > self._most:
            oldest = self._newest.popleft()
            self.frauds -= oldest.fraud
            if self._by_application.get(oldest.application_id) is oldest:
                del self._by_application[oldest.application_id]

    def arrays(self) -> tuple[Flags, Floats, Floats]:
        """Fraud and weight by application, and scores by application and model; oldest first."""
        return (
            np.array([scored.fraud for scored in self._newest], dtype=bool),
            np.array([scored.weight for scored in self._newest], dtype=float),
            np.array([scored.scores for scored in self._newest], dtype=float).reshape(-1, len(self._models)),
        )

    def snapshot(self) -> dict[str, Any]:
        """All of its state, as plain data and arrays."""
        fraud, weight, scores = self.arrays()
        return {
            "applications": [scored.application_id for scored in self._newest],
            "fraud": fraud,
            "weight": weight,
            "scores": {model: scores[:, column] for column, model in enumerate(self._models)},
        }

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Go on from a snapshot. A model that was not there has no scores for what was before it."""
        nothing = np.full(len(snapshot["applications"]), np.nan)
        scores = np.column_stack([snapshot["scores"].get(model, nothing) for model in self._models])
        self._newest.clear()
        self._by_application.clear()
        self.frauds = 0
        rows = zip(
            snapshot["applications"],
            snapshot["fraud"].tolist(),
            snapshot["weight"].tolist(),
            scores.tolist(),
            strict=True,
        )
        for application_id, fraud, weight, row in rows:
            self.add(application_id, fraud, weight, row)
