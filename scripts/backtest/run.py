"""What a finished backtest hands to the metrics and the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from models.learning.drift import Drift
from models.learning.tournament import Promotion, Standing

UNKNOWN = -1
"""In `Rows.label`: neither fraud nor honest."""
LEAST_SHOWN = 0.0005
"""Log-odds that are told as 0.001; what is less is told as nothing."""
VERDICTS = ("approve", "review", "reject")
"""In `Rows.decision`: positions in here."""


class BacktestSettings(Struct, frozen=True, kw_only=True):
    """What was run. Everything that the result depends on, and nothing else."""

    history: str
    """The file's name."""
    history_bytes: int
    history_changed: datetime
    """The file's time of modification."""
    mapping: str
    """The mapping file's text."""
    policy: str
    """Version."""
    index: str
    label_delay_s: float | None
    """None: a column says when each label was known."""
    learn_until: datetime | None
    """From this event time on nothing is learned any more."""
    score_from: datetime | None
    score_until: datetime | None
    seed: int


@dataclass(frozen=True, kw_only=True)
class Rows:
    """All rows of the history in event-time order, a value each; all arrays are equally long."""

    row: NDArray[np.int64]
    """Position in the input, from 0."""
    occurred_ms: NDArray[np.int64]
    """UTC, milliseconds since the epoch."""
    known_ms: NDArray[np.int64]
    """When the label was known, as `occurred_ms`; the largest integer when never."""
    fraud_score: NDArray[np.float64]
    """Made before the row's own label was known."""
    decision: NDArray[np.int8]
    """Position in VERDICTS."""
    label: NDArray[np.int8]
    """1 fraud, 0 honest, UNKNOWN."""
    amount_cny: NDArray[np.float64]
    """NaN is missing."""
    entities: Mapping[str, NDArray[np.int64]]
    """Identifier kind -> a number for each of its values; -1 is missing."""


@dataclass(frozen=True, kw_only=True)
class Week:
    """Where the tournament stood at the end of a week."""

    until: datetime
    """Event time, UTC."""
    serving: str
    """The model that decided, by name."""
    standings: list[Standing]


@dataclass(frozen=True, kw_only=True)
class Usefulness:
    """How much a feature moved scores."""

    name: str
    mean_absolute_contribution: float
    """In log-odds, over the scored rows."""
    mean_contribution: float


@dataclass(frozen=True, kw_only=True)
class BacktestRun:
    """A finished backtest."""

    settings: BacktestSettings
    rows: Rows
    scored: slice
    """Which of the rows lie between `score_from` and `score_until`: those that count."""
    weeks: list[Week]
    promotions: list[tuple[datetime, Promotion]]
    """With the event time."""
    drifts: list[tuple[datetime, Drift]]
    usefulness: list[Usefulness]
    """The most useful features first."""
    examples: int
    """Labelled rows that the models learned."""
    models: list[str]
    """Names, the champion at the end first."""
    seconds: float
    """Time that it took, interruptions left out."""

    @property
    def useful(self) -> list[Usefulness]:
        """The features that moved scores by more than nothing, to three decimals."""
        return [each for each in self.usefulness if each.mean_absolute_contribution >= LEAST_SHOWN]
