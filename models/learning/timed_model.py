"""A model with a stopwatch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from models.learning.protocol import Example, LearningModel


class TimedModel:
    """Scores and learns as its model does, and adds up what that takes. `clock` gives nanoseconds; None: nothing is
    timed."""

    def __init__(self, model: LearningModel, clock: Callable[[], int] | None) -> None:
        self.model = model
        self._clock = clock
        self._score_ns = self._scores = self._learn_ns = self._learns = 0

    def probability(
        self, features: Mapping[str, float | None], categories: Mapping[str, str | None], anomaly: float | None
    ) -> float:
        """What the model says."""
        if self._clock is None:
            return self.model.probability(features, categories, anomaly)
        started = self._clock()
        said = self.model.probability(features, categories, anomaly)
        self._score_ns += self._clock() - started
        self._scores += 1
        return said

    def learn(self, example: Example) -> None:
        """The model learns."""
        if self._clock is None:
            self.model.learn(example)
            return
        started = self._clock()
        self.model.learn(example)
        self._learn_ns += self._clock() - started
        self._learns += 1

    @property
    def score_us(self) -> float | None:
        """Mean time of a score, in microseconds; None when none was timed."""
        return self._score_ns / self._scores / 1_000 if self._scores else None

    @property
    def learn_us(self) -> float | None:
        """Mean time of learning an example, in microseconds; None when none was timed."""
        return self._learn_ns / self._learns / 1_000 if self._learns else None

    def snapshot(self) -> dict[str, Any]:
        """The model's snapshot and the times."""
        return {
            "model": self.model.snapshot(),
            "times": (self._score_ns, self._scores, self._learn_ns, self._learns),
        }

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Go on from a snapshot."""
        self.model.restore(snapshot["model"])
        self._score_ns, self._scores, self._learn_ns, self._learns = snapshot["times"]
