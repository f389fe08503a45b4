"""A champion and its challengers over one stream of labelled applications.

Prequential (A. P. Dawid, 1984; J. Gama, R. Sebastião, P. P. Rodrigues: On evaluating stream learning algorithms, 2013):
every application is scored by all models before any learns from it, so each score is of something new and no data are
set aside. All models score at the same moment, the champion again too: what it said when it decided, weeks of labels
ago, could not be compared with what a challenger says now. The scorecard never learns; what it said then is what it
says now. (Labels between a decision and its own label help all learners alike; what scores were worth when they were
decided on is for a backtest to say.)

Pure and deterministic: time comes with the examples, chance is a hash of the application's id.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np
from msgspec import Struct
from msgspec.structs import asdict

from models.events import Time
from models.learning.drift import Drift
from models.learning.error_drift import ChampionErrors
from models.learning.evidence import Evidence, compare
from models.learning.feature_drift import FeatureDrift
from models.learning.progress import Progress
from models.learning.protocol import Example, LearningModel
from models.learning.quality import Flags, Floats, Quality, quality
from models.learning.sampling import HonestSampling
from models.learning.scored_window import ScoredWindow
from models.learning.timed_model import TimedModel
from models.policy.document import PromotionRules
from models.scoring.scorer import Scorer

SCORECARD = "scorecard"
"""The policy's scorecard among the models: the first champion. It is scored, and never learns."""

LARGEST_WEIGHT = 20.0
"""An inverse propensity above this counts as this, as it does where models learn: three frauds that stand for a hundred
each would make any gain look like luck."""

LOOKS = 20
"""Comparisons while the window is filled anew. Each may err so many times less often, and each challenger as many
times less as there are challengers (Bonferroni), so that `confidence` holds for all of them together."""


class Promotion(Struct, frozen=True, kw_only=True):
    """A challenger became the champion."""

    champion: str
    """The new one."""
    previous: str
    by: Literal["evidence", "command"]
    at: Time
    """When the label became known that decided it; or the time of the command."""
    examples: int
    """Learned until then, frauds and honest."""
    frauds: int
    evidence: Evidence | None
    """None when by command there was too little to compare."""


class Standing(Struct, frozen=True, kw_only=True):
    """A model and what its scores were worth on the newest labelled applications."""

    name: str
    kind: str
    champion: bool
    quality: Quality
    """Of the applications in the window that it scored; the honest ones by how many each stands for."""
    score_us: float | None
    """Mean time of one score, in microseconds; None when there was no clock, or nothing to time."""
    learn_us: float | None


Happening = Promotion | Drift


class Tournament:
    """Learns with all models, keeps their standings, promotes, and reports drift."""

    def __init__(
        self,
        models: Mapping[str, LearningModel],
        rules: PromotionRules,
        *,
        scorecard: Scorer | None = None,
        champion: str = SCORECARD,
        seed: int = 0,
        clock: Callable[[], int] | None = None,
    ) -> None:
        """`scorecard` scores what no scorecard decided on; without it those examples say nothing of the scorecard.
        `clock` gives nanoseconds for the models' costs and decides nothing. ValueError for a name that is taken or a
        champion that is not there."""
        if SCORECARD in models:
            raise ValueError(f"no model may be called {SCORECARD}")
        self._models = {name: TimedModel(model, clock) for name, model in models.items()}
        self._names = (SCORECARD, *self._models)
        self._known(champion)
        self._rules = rules
        self._scorecard = scorecard
        self._hash = HonestSampling(seed).key
        self._at = Progress(champion=champion, next_look=rules.minimum_frauds)
        self._window = ScoredWindow(self._names, rules.window_frauds)
        self._errors = ChampionErrors(champion)
        self._features = FeatureDrift(rules.drift_psi, rules.drift_window_days)

    @property
    def champion(self) -> str:
        """Name of the model that should decide; `SCORECARD` at first."""
        return self._at.champion

    @property
    def examples(self) -> int:
        """Learned so far."""
        return self._at.examples

    @property
    def frauds(self) -> int:
        """Among the examples learned so far, by what each said."""
        return self._at.frauds

    def learn(self, example: Example) -> list[Happening]:
        """Score an example with all models where it counts, then learn it with all; what came of it, mostly nothing.

        All frauds count, and of the honest a share that follows the share of frauds, weighted by its inverse. A
        correction changes the label of what was scored before, and is scored itself only when that was not."""
        happenings: list[Happening] = []
        at = self._at
        chance = self._hash(example.application_id)
        share = 1.0 if example.fraud else at.honest_share
        at.count(example)
        if self._corrects(example):
            at.scored_frauds += example.fraud
        elif chance < share * 2**63:
            scores = self._score(example)
            weight = min(example.weight, LARGEST_WEIGHT) / share
            self._window.add(example.application_id, example.fraud, weight, scores)
            at.scored_frauds += example.fraud
            drift = self._errors.add(example, scores[self._names.index(at.champion)])
            happenings += [drift] if drift else []
        for model in self._models.values():
            model.learn(example)
        if not example.fraud:
            drift = self._features.add(example.features, example.categories, example.known_at, chance)
            happenings += [drift] if drift else []
        if at.scored_frauds >= at.next_look and at.examples >= at.cool_until and self._rules.automatic:
            promotion = self._look(example.known_at)
            happenings += [promotion] if promotion else []
        return happenings

    def _corrects(self, example: Example) -> bool:
        if example.corrects is None:
            return False
        return self._window.correct(example.application_id, example.fraud, min(example.weight, LARGEST_WEIGHT))

    def _score(self, example: Example) -> list[float]:
        features, categories, anomaly = example.features, example.categories, example.anomaly
        return [
            self._scorecard_score(example),
            *(model.probability(features, categories, anomaly) for model in self._models.values()),
        ]

    def _scorecard_score(self, example: Example) -> float:
        if example.fraud_score is not None and example.model is not None and example.model.startswith(SCORECARD):
            return example.fraud_score
        if self._scorecard is None:
            return math.nan
        return self._scorecard.score(example.features, example.categories, example.anomaly).fraud_score

    def _look(self, at: Time) -> Promotion | None:
        self._at.next_look = self._at.scored_frauds + max(1, self._rules.window_frauds // LOOKS)
        scored = self._window.arrays()
        found = [self._evidence(name, *scored) for name in self._models if name != self._at.champion]
        better = [evidence for evidence in found if evidence is not None and evidence.better]
        if not better:
            return None
        best = max(better, key=lambda evidence: evidence.average_precision.challenger)
        return self._crown(best.challenger, "evidence", at, best)

    def _evidence(self, challenger: str, fraud: Flags, weight: Floats, scores: Floats) -> Evidence | None:
        pair = scores[:, [self._names.index(self._at.champion), self._names.index(challenger)]]
        both = ~np.isnan(pair).any(axis=1)
        if int(fraud[both].sum()) < self._rules.minimum_frauds:
            return None
        challengers = len(self._models) - (self._at.champion != SCORECARD)
        return compare(
            fraud[both],
            weight[both],
            (pair[both, 0], pair[both, 1]),
            (self._at.champion, challenger),
            minimum_gain=self._rules.minimum_gain,
            error_rate=(1 - self._rules.confidence) / (LOOKS * max(1, challengers)),
        )

    def _crown(self, name: str, by: Literal["evidence", "command"], at: Time, evidence: Evidence | None) -> Promotion:
        previous, self._at.champion = self._at.champion, name
        self._at.cool_until = self._at.examples + self._rules.cool_down_examples
        self._errors = ChampionErrors(name)
        return Promotion(
            champion=name,
            previous=previous,
            by=by,
            at=at,
            examples=self._at.examples,
            frauds=self._at.frauds,
            evidence=evidence,
        )

    def promote(self, name: str, at: Time) -> Promotion | None:
        """Make a model the champion by command: also back to an earlier one, or to `SCORECARD`. None when it is the
        champion already; ValueError when there is none of this name."""
        self._known(name)
        if name == self._at.champion:
            return None
        return self._crown(name, "command", at, self.evidence(name))

    def evidence(self, challenger: str) -> Evidence | None:
        """The champion and a challenger as they stand; None with fewer frauds than the rules ask for. ValueError when
        there is none of this name."""
        self._known(challenger)
        return self._evidence(challenger, *self._window.arrays())

    def scorer(self, name: str) -> Scorer:
        """What a model that learns says now, for workers. KeyError when there is none of this name; `SCORECARD` is none
        that learns."""
        return self._models[name].model.scorer()

    def standings(self) -> list[Standing]:
        """Of every model, the scorecard first."""
        fraud, weight, scores = self._window.arrays()
        standings = []
        for name, column in zip(self._names, scores.T, strict=True):
            there = ~np.isnan(column)
            model = self._models.get(name)
            standings.append(
                Standing(
                    name=name,
                    kind=model.model.kind if model else SCORECARD,
                    champion=name == self._at.champion,
                    quality=quality(fraud[there], column[there], weight[there]),
                    score_us=model.score_us if model else None,
                    learn_us=model.learn_us if model else None,
                )
            )
        return standings

    def _known(self, name: str) -> None:
        if name not in self._names:
            raise ValueError(f"no model {name}; there are {', '.join(self._names)}")

    def snapshot(self) -> dict[str, Any]:
        """All that learning changed, models and all: plain data and arrays, and what the models' snapshots are."""
        return {
            "progress": asdict(self._at),
            "window": self._window.snapshot(),
            "errors": self._errors.snapshot(),
            "features": self._features.snapshot(),
            "models": {name: model.snapshot() for name, model in self._models.items()},
        }

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Go on from a snapshot. A model that is new since then starts from nothing; one that is gone is forgotten, and
        was it the champion, the scorecard is again."""
        progress = Progress(**snapshot["progress"])
        if progress.champion not in self._names:
            progress.champion = SCORECARD
        self._at = progress
        self._window.restore(snapshot["window"])
        self._errors = ChampionErrors(progress.champion)
        self._errors.restore(snapshot["errors"])
        self._features.restore(snapshot["features"])
        for name in self._models.keys() & snapshot["models"]:
            self._models[name].restore(snapshot["models"][name])
