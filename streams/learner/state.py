"""All that a learner knows: the tournament, and what it has learned lately, so that nothing is learned twice."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from itertools import islice
from typing import Any

import numpy as np
from msgspec.structs import replace

from models.learning.protocol import Example, LearningModel
from models.learning.ring_suspicion import RingSuspicion
from models.learning.tournament import Happening, Standing, Tournament
from models.policy.policy import Policy

REMEMBERED = 100_000
"""Newest examples, and applications, that are told apart from new ones. An example that comes twice comes twice within
moments: a worker that had lost a partition without knowing told it as well. A hundred thousand is more than all workers
can have in hand, and 1.6 MB of a snapshot."""
SPARE = 2_000
"""So many more before the oldest are forgotten, all at once: finding the first key of a dictionary takes the longer the
more were deleted before it."""

MakeModels = Callable[[int], dict[str, LearningModel]]
"""New models by name, from a seed."""


class LearnerState:
    """held: a command has set the champion, so none is promoted by itself meanwhile."""

    def __init__(self, policy: Policy, make_models: MakeModels, seed: int = 0) -> None:
        self._policy = policy
        self._make_models = make_models
        self._seed = seed
        self._examples: dict[int, bool] = {}
        """Digest of an example's id -> its label; oldest first."""
        self._applications: dict[int, bool] = {}
        """Digest of an application's id -> the label that was learned of it last; oldest first."""
        self.held = False
        self.tournament = self._new_tournament()
        self.ring_suspicion = RingSuspicion()

    def learn(self, example: Example) -> list[Happening] | None:
        """Learn an example; None when that has been done before."""
        example_key, application_key = _digest(example.example_id), _digest(example.application_id)
        before = self._applications.get(application_key)
        if example_key in self._examples or before == example.fraud:
            return None
        _remember(self._examples, example_key, example.fraud)
        _remember(self._applications, application_key, example.fraud)
        if before is not None and example.corrects != before:
            example = replace(example, corrects=before)
        self.ring_suspicion.learn(example)
        return self.tournament.learn(example)

    def hold(self, held: bool) -> None:
        """Promote nobody by itself while `held`."""
        if held != self.held:
            self.held = held
            learned = self.tournament.snapshot()
            self.tournament = self._new_tournament()
            self.tournament.restore(learned)

    def best_challenger(self) -> Standing | None:
        """The model that ranks best of those that do not decide; None while nothing can be said."""
        ranked = [
            (each.quality.average_precision, each)
            for each in self.tournament.standings()
            if not each.champion and each.quality.average_precision is not None
        ]
        return max(ranked, key=lambda pair: pair[0])[1] if ranked else None

    def snapshot(self) -> dict[str, Any]:
        """All of it, as plain data and arrays."""
        return {
            "tournament": self.tournament.snapshot(),
            "ring_suspicion": self.ring_suspicion.snapshot(),
            "held": self.held,
            "examples": _arrays(self._examples),
            "applications": _arrays(self._applications),
        }

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Go on from a snapshot."""
        self.held = snapshot["held"]
        self.tournament = self._new_tournament()
        self.tournament.restore(snapshot["tournament"])
        self.ring_suspicion = RingSuspicion()
        if "ring_suspicion" in snapshot:  # of before there was one
            self.ring_suspicion.restore(snapshot["ring_suspicion"])
        self._examples = _dictionary(snapshot["examples"])
        self._applications = _dictionary(snapshot["applications"])

    def _new_tournament(self) -> Tournament:
        rules = self._policy.document.learning
        return Tournament(
            self._make_models(self._seed),
            replace(rules, automatic=rules.automatic and not self.held),
            scorecard=self._policy.scorecard,
            seed=self._seed,
        )


def _digest(name: str) -> int:
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)


def _remember(memory: dict[int, bool], key: int, fraud: bool) -> None:
    memory.pop(key, None)
    memory[key] = fraud
    if len(memory) >= REMEMBERED + SPARE:
        for oldest in list(islice(memory, len(memory) - REMEMBERED)):
            del memory[oldest]


def _arrays(memory: dict[int, bool]) -> tuple[Any, Any]:
    return np.fromiter(memory, np.int64, len(memory)), np.fromiter(memory.values(), np.bool_, len(memory))


def _dictionary(arrays: tuple[Any, Any]) -> dict[int, bool]:
    keys, labels = arrays
    return dict(zip(keys.tolist(), labels.tolist(), strict=True))
