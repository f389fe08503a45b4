"""The model that learns: it calibrates and blends what one or more learners say."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from typing import Any

from models.learning.preparation import Preparation
from models.learning.protocol import Example
from models.learning.pupil import Pupil
from models.learning.scorer import Categories, Features, LearnedScorer
from models.learning.stacking import Stack
from models.scoring.scorer import Score

_LARGEST_LOG_ODDS = 700.0


class OnlineModel:
    """A `LearningModel` of one or more learners, whose calibrated log-odds are added up."""

    def __init__(
        self, kind: str, pupils: Sequence[Pupil], preparation: Preparation, weights: Sequence[float] | None = None
    ) -> None:
        """Models may share the preparation, and pupils with it, when each example is given to all of them before the
        next is given to any. `weights` of the pupils are those before anything tells what each is worth;
        None is their mean."""
        self.kind = kind
        self._pupils = list(pupils)
        self._preparation = preparation
        self._live = LearnedScorer(
            encoder=preparation.encoder,
            bins=None,
            members=[pupil.member for pupil in self._pupils],
            stack=Stack([1.0 / len(self._pupils)] * len(self._pupils) if weights is None else weights),
            cold_start=preparation.cold_start,
            prior=preparation.sampling.log_odds,
        )
        """What `predict` asks. Learning changes it in place."""

    def predict(self, features: Features, categories: Categories, anomaly: float | None) -> Score:
        """Calibrated probability and its make-up."""
        return self._live.score(features, categories, anomaly)

    def probability(self, features: Features, categories: Categories, anomaly: float | None) -> float:
        """The probability before rounding."""
        said: list[float] = []
        if self._live.weight:
            inputs = self._preparation.inputs(features, categories, anomaly)
            said = [pupil.log_odds(inputs) for pupil in self._pupils]
        log_odds = self._live.together(said, anomaly)
        return 1.0 / (1.0 + math.exp(-max(-_LARGEST_LOG_ODDS, log_odds)))

    def learn(self, example: Example) -> None:
        """Calibrate by the example, and let the learners learn it, or nothing but count it: what to do is for the
        preparation to say."""
        preparation, stack = self._preparation, self._live.stack
        prepared = preparation.take(example)
        if prepared.back is None and not prepared.steps:
            self._live.prior = preparation.sampling.log_odds
            return
        said = [pupil.learn(prepared, preparation) for pupil in self._pupils]
        overall, offset = preparation.sampling.log_odds, -math.log(preparation.sampling.rate)
        lessons = [lesson for _, lesson in prepared.steps if lesson is not None]
        for lesson, *each in zip(lessons, *said, strict=True):
            stack.learn(each, lesson.fraud, lesson.weight, overall, offset)
        self._follow()

    def scorer(self) -> LearnedScorer:
        """What `predict` gives now."""
        live = self._live
        return LearnedScorer(
            encoder=copy.deepcopy(live.encoder),
            bins=live.bins,
            members=[pupil.learner.frozen() for pupil in self._pupils],
            stack=copy.deepcopy(live.stack),
            cold_start=copy.deepcopy(live.cold_start),
            prior=live.prior,
        )

    def snapshot(self) -> dict[str, Any]:
        """All that was learned."""
        state = {
            "kind": self.kind,
            "preparation": self._preparation.snapshot(),
            "pupils": [pupil.state() for pupil in self._pupils],
            "stack": self._live.stack,
        }
        return copy.deepcopy(state)

    def restore(self, snapshot: Any) -> None:
        """Go on from a snapshot. ValueError when it is that of a model of another kind."""
        if not isinstance(snapshot, dict) or snapshot.get("kind") != self.kind:
            raise ValueError(f"not a snapshot of a {self.kind} model")
        state = copy.deepcopy(snapshot)
        self._preparation.restore(state["preparation"])
        for pupil, learned in zip(self._pupils, state["pupils"], strict=True):
            pupil.restore(learned)
        self._live.stack = state["stack"]
        self._follow()

    def _follow(self) -> None:
        """Score with what was learned."""
        live, preparation = self._live, self._preparation
        live.encoder, live.cold_start = preparation.encoder, preparation.cold_start
        live.bins, live.prior = preparation.bins, preparation.sampling.log_odds
        live.members = [pupil.member for pupil in self._pupils]
