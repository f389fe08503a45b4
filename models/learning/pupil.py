"""A learner that learns each example once, however many models it is part of."""

from __future__ import annotations

from models.learning.inputs import Inputs, Member
from models.learning.learner import Learner
from models.learning.preparation import Preparation, Prepared
from models.learning.quantile_bins import QuantileBins


class Pupil:
    """A learner of models that share a `Preparation`, and what it said last."""

    def __init__(self, learner: Learner) -> None:
        self.learner = learner
        self._bins: QuantileBins | None = None
        self._learned: tuple[Prepared, list[float]] | None = None
        self._answered: tuple[Inputs, float] | None = None

    @property
    def member(self) -> Member:
        """What was learned so far."""
        return self.learner.member

    def log_odds(self, inputs: Inputs) -> float:
        """What the member says, which is worked out once."""
        if self._answered is None or self._answered[0] is not inputs:
            self._answered = inputs, self.learner.member.log_odds(inputs)
        return self._answered[1]

    def learn(self, prepared: Prepared, preparation: Preparation) -> list[float]:
        """Learn, unless that was done; the log-odds of each lesson before it was learned."""
        if self._learned is not None and self._learned[0] is prepared:
            return self._learned[1]
        sampling, said = preparation.sampling, []
        if prepared.back is not None and self._bins is not None:
            self.learner.unlearn(prepared.back, sampling)
            self._answered = None
        for bins, lesson in prepared.steps:
            self._follow(bins, preparation)
            if lesson is not None:
                said.append(self.log_odds(lesson.inputs))
                self.learner.learn(lesson, sampling)
                self._answered = None
        if preparation.bins is not None:  # a model may be newer than what it shares
            self._follow(preparation.bins, preparation)
        self._learned = prepared, said
        return said

    def state(self) -> tuple[Learner, QuantileBins | None]:
        """All that learning changed; not a copy."""
        return self.learner, self._bins

    def restore(self, state: tuple[Learner, QuantileBins | None]) -> None:
        """Go on from a `state`, which is used up by that."""
        self.learner, self._bins = state
        self._learned = self._answered = None

    def _follow(self, bins: QuantileBins, preparation: Preparation) -> None:
        """Learn by these bins from now on."""
        if self._bins is not bins:
            if self._bins is None or not self._bins.same(bins):
                self.learner.rebin(bins, preparation.moved(self._bins))
            self._bins, self._answered = bins, None
