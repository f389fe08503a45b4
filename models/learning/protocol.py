"""What a model that learns is: labelled examples in, a scorer out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from msgspec import Struct

from models.events import Time
from models.scoring.scorer import Score, Scorer


class Example(Struct, frozen=True, kw_only=True):
    """One labelled application, as it is published to the topic `training`."""

    example_id: str
    """`application_id:label event id`; the same label twice is the same example."""
    application_id: str
    event_id: str
    """Of the application event."""
    occurred_at: Time
    """When the application was made."""
    known_at: Time
    """When the label counts: after its maturity."""
    fraud: bool
    weight: float = 1.0
    """Inverse propensity: 1/p for an application that only reached its label because random control, with
    probability p, let it; 1 otherwise."""
    features: dict[str, float | None]
    """As they were when the application was decided."""
    categories: dict[str, str | None]
    anomaly: float | None = None
    """What the anomaly model said when the application was decided."""
    fraud_score: float | None = None
    """What was decided on, by the version `model`."""
    model: str | None = None
    corrects: bool | None = None
    """For a correction: what `fraud` was in the example that it takes the place of, which has been learned."""


class LearningModel(Protocol):
    """A fraud model that learns from one example at a time. Deterministic: the same examples in the same order, with
    the same seed, give the same scores."""

    @property
    def kind(self) -> str:
        """Which kind of model, e.g. `logistic`."""

    def predict(
        self, features: Mapping[str, float | None], categories: Mapping[str, str | None], anomaly: float | None
    ) -> Score:
        """Calibrated probability and its make-up, by all that was learned so far. Never learns. A name that is absent
        from a mapping is a missing value; one that was never learned from has no effect."""

    def probability(
        self, features: Mapping[str, float | None], categories: Mapping[str, str | None], anomaly: float | None
    ) -> float:
        """The probability that `predict` gives, before rounding, without the make-up and so in less time."""

    def learn(self, example: Example) -> None:
        """Take a labelled example into account from now on. One with `corrects` undoes what was learned before."""

    def scorer(self) -> Scorer:
        """What workers score with: what `predict` gives now, immutable and picklable, of classes in
        `models.learning.snapshot_classes` alone."""

    def snapshot(self) -> Any:
        """All that learning changed, to go on from: picklable, of classes in `models.learning.snapshot_classes`
        alone. Later learning does not change it."""

    def restore(self, snapshot: Any) -> None:
        """Go on from a snapshot of a model of the same kind."""
