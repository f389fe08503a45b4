"""What models that learn the same examples do alike: which honest examples they learn, how an application becomes
numbers and bins, what is unusual. It is done once for each example, however many models learn it."""

from __future__ import annotations

import copy
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.learning.cold_start import ColdStart
from models.learning.encoder import Encoder
from models.learning.inputs import Inputs
from models.learning.learner import Lesson
from models.learning.protocol import Example
from models.learning.quantile_bins import QuantileBins, Rebinning, rebinning
from models.learning.ring import Ring, widened
from models.learning.sampling import HonestSampling
from models.learning.scorer import Categories, Features

FIRST_BINS = 128
"""Examples after which bins are placed, and these examples learned; or after new columns came."""

GROWTH = 4
"""Bins are placed again after so many times as many examples as the last time, ..."""

MOST_BETWEEN = 32_768
"""... and after so many in any case."""

REMEMBERED = 4_096
REMEMBERED_FRAUDS = 512
"""Newest examples that bins are placed by: the honest among so many, and so many frauds."""

LARGEST_WEIGHT = 20.0
"""An inverse propensity above this counts as this, lest one example drowns all others."""


class Prepared(NamedTuple):
    """What one example is to those who learn. Compared by identity alone."""

    back: Lesson | None
    """To take back first: what the example corrects."""
    steps: list[tuple[QuantileBins, Lesson | None]]
    """Then, one after the other: the bins in use from now on, and what to learn in these bins. Mostly none at all, or
    the example itself."""


class Preparation:
    """Shared by models that are given every example, one after the other, before any is given the next. Then `take` and
    `inputs` work once for all of them."""

    def __init__(self, seed: int) -> None:
        self.sampling = HonestSampling(seed)
        self.encoder = Encoder()
        self.cold_start = ColdStart()
        self.bins: QuantileBins | None = None
        """None until there are examples enough."""
        self._newest = Ring(REMEMBERED)
        self._newest_frauds = Ring(REMEMBERED_FRAUDS)
        self._learned = 0
        """Examples that learners were given."""
        self._between, self._bins_due_at = FIRST_BINS, FIRST_BINS
        self._forget()

    def _forget(self) -> None:
        """What saves work, and is no part of what was learned."""
        self._taken: tuple[Example, Prepared] | None = None
        self._asked: tuple[Features, Categories, float | None, Inputs] | None = None
        self._moved: tuple[QuantileBins | None, QuantileBins, Rebinning] | None = None

    def take(self, example: Example) -> Prepared:
        """Count an example, and say what there is to learn of it; of an honest one that the sampling leaves out, only
        counts are kept. The one that was taken last is not taken again."""
        if self._taken is not None and self._taken[0] is example:
            return self._taken[1]
        key, back = self.sampling.key(example.application_id), None
        if example.corrects is None:
            self.cold_start.learn(example.anomaly)
        else:
            back = self._take_back(example, key)
        self.sampling.count(example.fraud)
        if example.fraud:
            self.cold_start.count_fraud(example.anomaly)
        prepared = Prepared(back, [])
        if example.fraud or self.sampling.takes(key):
            self._prepare(example, key, prepared)
        self.encoder.count(example.categories, example.fraud)  # last: what is learned only uses the past
        self._taken, self._asked = (example, prepared), None
        return prepared

    def inputs(self, features: Features, categories: Categories, anomaly: float | None) -> Inputs:
        """An application in the present bins, which there must be."""
        asked = self._asked
        if asked is not None and asked[0] is features and asked[1] is categories and asked[2] == anomaly:
            return asked[3]
        inputs = Inputs.of(self.encoder.encode(features, categories, anomaly), self.bins_in_use)
        self._asked = features, categories, anomaly, inputs
        return inputs

    def moved(self, old: QuantileBins | None) -> Rebinning:
        """How what was learned in `old` bins (None: in none) is carried over to the present ones."""
        moved, new = self._moved, self.bins_in_use
        if moved is None or moved[1] is not new or not _same(moved[0], old):
            moved = self._moved = old, new, self._carry(old, new)
        return moved[2]

    def snapshot(self) -> dict[str, Any]:
        """All that taking examples changed; not a copy."""
        state = vars(self).copy()
        for name in ("_taken", "_asked", "_moved"):
            del state[name]
        return state

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Go on from a snapshot, which is used up by that."""
        vars(self).update(snapshot)
        self._forget()

    def __deepcopy__(self, memo: dict[int, Any]) -> Preparation:
        made = Preparation.__new__(Preparation)
        made.restore(copy.deepcopy(self.snapshot(), memo))
        return made

    def _prepare(self, example: Example, key: int, prepared: Prepared) -> None:
        wider, weight = self.encoder.notice(example.features, example.categories), min(example.weight, LARGEST_WEIGHT)
        if wider or prepared.back is not None:
            self._asked = None
        self._learned += 1
        if self.bins is None:
            vector = self.encoder.encode(example.features, example.categories, example.anomaly)
        else:
            if wider:
                self._place_bins()
                self._between, self._bins_due_at = FIRST_BINS, self._learned + FIRST_BINS
            inputs = self.inputs(example.features, example.categories, example.anomaly)
            vector = inputs.vector
            prepared.steps.append((self.bins, Lesson(inputs, example.fraud, weight, key)))
        self._newest.add(key, vector, example.fraud, weight)
        if example.fraud:
            self._newest_frauds.add(key, vector, True, weight)
        if self._learned >= self._bins_due_at:
            self._between = min(self._between * GROWTH, MOST_BETWEEN)
            self._bins_due_at = self._learned + self._between
            first = self.bins is None
            self._place_bins()
            prepared.steps.append((self.bins_in_use, None))
            if first:
                self._catch_up(prepared)

    @property
    def bins_in_use(self) -> QuantileBins:
        """The present bins, which there must be."""
        assert self.bins is not None  # noqa: S101 - see above
        return self.bins

    def _place_bins(self) -> None:
        vectors = self._remembered()
        frauds = np.arange(len(vectors)) < len(self._newest_frauds)
        old, self.bins = self.bins, QuantileBins.of(vectors, frauds)
        self._asked, self._moved = None, (old, self.bins, self._carry(old, self.bins))

    def _carry(self, old: QuantileBins | None, new: QuantileBins) -> Rebinning:
        columns = len(new.edges)
        before = old.widened(columns) if old is not None else QuantileBins.none(columns)
        return rebinning(before, new, self._remembered())

    def _remembered(self) -> NDArray[np.float32]:
        """Vectors of the newest examples, frauds first."""
        columns, newest = len(self.encoder.columns), self._newest
        honest = widened(newest.vectors[~newest.frauds], columns)
        return np.concatenate([widened(self._newest_frauds.vectors, columns), honest])

    def _catch_up(self, prepared: Prepared) -> None:
        """What came before there were bins is learned now."""
        newest, bins = self._newest, self.bins_in_use
        for key, vector, fraud, weight in zip(
            newest.keys.tolist(), newest.vectors, newest.frauds.tolist(), newest.weights.tolist(), strict=True
        ):
            prepared.steps.append((bins, Lesson(Inputs.of(vector, bins), fraud, weight, key)))

    def _take_back(self, example: Example, key: int) -> Lesson | None:
        """Count the example that this one corrects away; what it was, if it was learned."""
        was_fraud, lesson = bool(example.corrects), None
        if was_fraud or self.sampling.takes(key):
            self._newest.remove(key)
            self._newest_frauds.remove(key)
            if self.bins is not None:
                vector = self.encoder.encode(example.features, example.categories, example.anomaly)
                lesson = Lesson(Inputs.of(vector, self.bins), was_fraud, min(example.weight, LARGEST_WEIGHT), key)
        self.sampling.count(was_fraud, -1.0)
        if was_fraud:
            self.cold_start.count_fraud(example.anomaly, -1)
        self.encoder.count(example.categories, was_fraud, -1.0)
        return lesson


def _same(one: QuantileBins | None, other: QuantileBins | None) -> bool:
    return one is other or (one is not None and other is not None and one.same(other))
