"""The model that learns: it samples, encodes, calibrates and blends for one or more learners."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from typing import Any

from models.learning.cold_start import ColdStart
from models.learning.encoder import Encoder
from models.learning.inputs import Inputs
from models.learning.learner import Learner, Lesson
from models.learning.protocol import Example
from models.learning.quantile_bins import QuantileBins, rebinning
from models.learning.ring import Ring, widened
from models.learning.sampling import HonestSampling
from models.learning.scorer import Categories, Features, LearnedScorer
from models.learning.stacking import Stack
from models.scoring.scorer import Score

FIRST_BINS = 128
"""Examples after which bins are placed, and these examples learned; or after new columns came."""

GROWTH = 4
"""Bins are placed again after so many times as many examples as the last time, ..."""

MOST_BETWEEN = 32_768
"""... and after so many in any case."""

REMEMBERED = 4_096
"""Newest examples that bins are placed by."""

LARGEST_WEIGHT = 20.0
"""An inverse propensity above this counts as this, lest one example drowns all others."""

_LARGEST_LOG_ODDS = 700.0


class OnlineModel:
    """A `LearningModel` of one or more learners, whose calibrated log-odds are added up."""

    def __init__(self, kind: str, learners: Sequence[Learner], seed: int) -> None:
        self.kind = kind
        self._learners = list(learners)
        self._sampling = HonestSampling(seed)
        self._newest = Ring(REMEMBERED)
        self._learned = 0
        """Examples that learners were given."""
        self._between, self._bins_due_at = FIRST_BINS, FIRST_BINS
        self._live = LearnedScorer(
            encoder=Encoder(),
            bins=None,
            members=[learner.member for learner in self._learners],
            stack=Stack(len(self._learners)),
            cold_start=ColdStart(),
            prior=self._sampling.log_odds,
        )
        """What `predict` asks. Learning changes it in place."""

    def predict(self, features: Features, categories: Categories, anomaly: float | None) -> Score:
        """Calibrated probability and its make-up."""
        return self._live.score(features, categories, anomaly)

    def probability(self, features: Features, categories: Categories, anomaly: float | None) -> float:
        """The probability before rounding."""
        log_odds = self._live.log_odds(features, categories, anomaly)
        return 1.0 / (1.0 + math.exp(-max(-_LARGEST_LOG_ODDS, log_odds)))

    def learn(self, example: Example) -> None:
        """Calibrate by the example, then let the learners learn it. Of an honest one that the sampling leaves out, only
        counts are kept."""
        live, sampling = self._live, self._sampling
        key = sampling.key(example.application_id)
        if example.corrects is None:
            live.cold_start.learn(example.anomaly)
        else:
            self._take_back(example, key)
        sampling.count(example.fraud)
        live.cold_start.frauds += example.fraud
        live.prior = sampling.log_odds
        if example.fraud or sampling.takes(key):
            self._learn(example, key)
        live.encoder.count(example.categories, example.fraud)  # last: what is learned only uses the past

    def scorer(self) -> LearnedScorer:
        """What `predict` gives now."""
        live = self._live
        return LearnedScorer(
            encoder=copy.deepcopy(live.encoder),
            bins=live.bins,
            members=[learner.frozen() for learner in self._learners],
            stack=copy.deepcopy(live.stack),
            cold_start=copy.deepcopy(live.cold_start),
            prior=live.prior,
        )

    def snapshot(self) -> dict[str, Any]:
        """All that was learned."""
        return copy.deepcopy(vars(self))

    def restore(self, snapshot: Any) -> None:
        """Go on from a snapshot. ValueError when it is that of a model of another kind."""
        if not isinstance(snapshot, dict) or snapshot.get("kind") != self.kind:
            raise ValueError(f"not a snapshot of a {self.kind} model")
        vars(self).update(copy.deepcopy(snapshot))

    def _learn(self, example: Example, key: int) -> None:
        live, weight = self._live, min(example.weight, LARGEST_WEIGHT)
        wider = live.encoder.notice(example.features, example.categories)
        vector = live.encoder.encode(example.features, example.categories, example.anomaly)
        self._learned += 1
        if live.bins is not None:
            if wider:
                self._place_bins()
                self._between, self._bins_due_at = FIRST_BINS, self._learned + FIRST_BINS
            self._give(Lesson(Inputs.of(vector, live.bins), example.fraud, weight, key))
        self._newest.add(key, vector, example.fraud, weight)
        if self._learned >= self._bins_due_at:
            self._between = min(self._between * GROWTH, MOST_BETWEEN)
            self._bins_due_at = self._learned + self._between
            first = live.bins is None
            self._place_bins()
            if first:
                self._catch_up()

    def _give(self, lesson: Lesson) -> None:
        """One example to the calibration and to each learner."""
        live, sampling = self._live, self._sampling
        said = [member.log_odds(lesson.inputs) for member in live.members]
        live.stack.learn(said, lesson.fraud, lesson.weight, -math.log(sampling.rate))
        for learner in self._learners:
            learner.learn(lesson, sampling)
        live.members = [learner.member for learner in self._learners]

    def _take_back(self, example: Example, key: int) -> None:
        """Undo the example that this one corrects."""
        live, was_fraud = self._live, bool(example.corrects)
        if was_fraud or self._sampling.takes(key):
            self._newest.remove(key)
            if live.bins is not None:
                vector = live.encoder.encode(example.features, example.categories, example.anomaly)
                lesson = Lesson(Inputs.of(vector, live.bins), was_fraud, min(example.weight, LARGEST_WEIGHT), key)
                for learner in self._learners:
                    learner.unlearn(lesson, self._sampling)
        self._sampling.count(was_fraud, -1.0)
        live.cold_start.frauds -= was_fraud
        live.encoder.count(example.categories, was_fraud, -1.0)

    def _place_bins(self) -> None:
        live, columns = self._live, len(self._live.encoder.columns)
        vectors = widened(self._newest.vectors, columns)
        old = live.bins.widened(columns) if live.bins is not None else QuantileBins.none(columns)
        live.bins = QuantileBins.of(vectors, self._newest.frauds)
        carried = rebinning(old, live.bins, vectors)
        for learner in self._learners:
            learner.rebin(live.bins, carried)
        live.members = [learner.member for learner in self._learners]

    def _catch_up(self) -> None:
        """Learn what came before there were bins."""
        newest, bins = self._newest, self._live.bins
        assert bins is not None  # noqa: S101 - just placed
        for key, vector, fraud, weight in zip(
            newest.keys.tolist(), newest.vectors, newest.frauds.tolist(), newest.weights.tolist(), strict=True
        ):
            self._give(Lesson(Inputs.of(vector, bins), fraud, weight, key))
