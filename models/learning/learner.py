"""What learns a member of a model."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from models.learning.inputs import Inputs, Member
from models.learning.quantile_bins import QuantileBins, Rebinning
from models.learning.sampling import HonestSampling


class Lesson(NamedTuple):
    """One example to learn, or to take back."""

    inputs: Inputs
    fraud: bool
    weight: float
    """Inverse propensity, at least 1."""
    key: int
    """Of the application, evenly spread over 0 to 2**63 - 1."""


class Learner(Protocol):
    """Learns from the frauds and from those honest examples that the sampling takes."""

    @property
    def kind(self) -> str:
        """Which kind of model, e.g. `logistic`."""

    @property
    def member(self) -> Member:
        """What was learned so far. Later learning may change it in place."""

    def frozen(self) -> Member:
        """A member that scores the same and that later learning does not change, no larger than scoring needs."""

    def learn(self, lesson: Lesson, sampling: HonestSampling) -> None:
        """Take the example into account. `sampling` has counted it."""

    def unlearn(self, lesson: Lesson, sampling: HonestSampling) -> None:
        """Take back an example learned before with the label of this lesson, which was wrong."""

    def rebin(self, bins: QuantileBins, rebinning: Rebinning) -> None:
        """From now on inputs come in other bins, maybe with more columns."""
