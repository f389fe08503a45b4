"""What a run has come to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from models.learning.drift import Drift
from models.learning.tournament import SCORECARD, Promotion
from scripts.backtest.labels import PendingLabels
from scripts.backtest.recorder import Recorder
from scripts.backtest.run import Week


@dataclass(kw_only=True)
class State:
    """All that rows change, but what the index and the models hold."""

    pending: PendingLabels
    recorder: Recorder
    refreshed_ms: int = 0
    """Event time at which what scores was made."""
    refreshed_examples: int = 0
    """Examples that it had learned."""
    serving: str = SCORECARD
    """The champion's name when it was made."""
    next_week_ms: int | None = None
    weeks: list[Week] = field(default_factory=list)
    promotions: list[tuple[datetime, Promotion]] = field(default_factory=list)
    drifts: list[tuple[datetime, Drift]] = field(default_factory=list)
