"""What a run has come to."""

from __future__ import annotations

from dataclasses import dataclass

from models.learning.tournament import SCORECARD
from scripts.backtest.labels import PendingLabels
from scripts.backtest.recorder import Recorder


@dataclass(kw_only=True)
class State:
    """All that rows change, but what the index and the models hold."""

    pending: PendingLabels
    recorder: Recorder
    serving: str = SCORECARD
    """The name of the model that scores."""
