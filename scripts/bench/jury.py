"""All models side by side on the same rows."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from time import thread_time_ns

import numpy as np
from numpy.typing import NDArray

from models.learning.protocol import LearningModel
from models.learning.scorer import Categories, Features
from models.learning.tournament import SCORECARD
from models.scoring.scorer import Score, Scorer

TIMED_EVERY = 10
"""Of so many rows one is timed."""


class Jury:
    """A `Scorer` that says what the scorecard says, and writes down what each of the models would have said of the row
    by what it has learned by then."""

    def __init__(self, scorecard: Scorer, models: Mapping[str, LearningModel]) -> None:
        self._scorecard, self._models = scorecard, models
        self._scores = {name: array("d") for name in (SCORECARD, *models)}
        self._spent_ns = dict.fromkeys(self._scores, 0)
        self._timed = 0
        self.asked = False
        """Whether rows are written down, from now on."""

    def score(self, features: Features, categories: Categories, anomaly: float | None) -> Score:
        """What the scorecard says."""
        said = self._scorecard.score(features, categories, anomaly)
        if self.asked:
            if len(self._scores[SCORECARD]) % TIMED_EVERY == 0:
                self._time(features, categories, anomaly)
            self._scores[SCORECARD].append(said.fraud_score)
            for name, model in self._models.items():
                self._scores[name].append(model.probability(features, categories, anomaly))
        return said

    def _time(self, features: Features, categories: Categories, anomaly: float | None) -> None:
        self._timed += 1
        predictions = {SCORECARD: self._scorecard.score} | {name: each.predict for name, each in self._models.items()}
        for name, predict in predictions.items():
            began = thread_time_ns()
            predict(features, categories, anomaly)
            self._spent_ns[name] += thread_time_ns() - began

    def scores(self, name: str) -> NDArray[np.float64]:
        """Of the rows that were written down."""
        return np.array(self._scores[name])

    def predict_us(self, name: str) -> float:
        """Mean processor time of one prediction with its make-up, in microseconds; 0 when there was none."""
        return self._spent_ns[name] / max(1, self._timed) / 1_000
