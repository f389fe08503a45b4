"""The circuit breaker around the link index: while it does not answer, no application waits for it.

closed     calls go through; `OPEN_AFTER` failures in a row open it
open       nobody asks; applications are decided degraded at once
half_open  one probe is under way; when it is answered the breaker closes, else it is open again
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

import structlog

from models.alerting import degraded_alert
from models.alerts import Alert
from streams.metrics import Metrics

logger = structlog.get_logger(__name__)

BreakerState = Literal["closed", "open", "half_open"]

OPEN_AFTER = 5
"""Failures in a row: a few may be a pause of this process or that one, and cost a deadline each."""
SAME_OUTAGE = timedelta(minutes=1)
"""A failure this soon after a recovery is the same outage going on: a server that flaps raises one alert."""
APPLICATIONS_IN_ALERT = 100


class Breaker:
    """What one worker knows of the index. Reads no clock: whoever reports gives the time."""

    def __init__(self, metrics: Metrics) -> None:
        self.state: BreakerState = "closed"
        self._metrics = metrics
        self._failures = 0
        self._since: datetime | None = None
        self._closed_at: datetime | None = None
        self._alerted = False
        self._applications: list[str] = []
        self._enter("closed")

    @property
    def closed(self) -> bool:
        """Calls may go through."""
        return self.state == "closed"

    def failed(self, now: datetime) -> None:
        """A call failed at `now`."""
        if self.closed and self._failures == 0:
            self._begin(now)
        self._failures += 1
        if not self.closed or self._failures >= OPEN_AFTER:
            self._enter("open")

    def unseen(self, applications: Sequence[str]) -> None:
        """These applications are decided without the index; the alert names the first ones."""
        self._applications += applications[: APPLICATIONS_IN_ALERT - len(self._applications)]

    def answered(self, now: datetime) -> None:
        """A call succeeded at `now`."""
        self._failures = 0
        if not self.closed:
            self._closed_at = now
            self._enter("closed")

    def probing(self) -> None:
        """A probe is under way."""
        if self.state == "open":
            self._enter("half_open")

    def alert(self, now: datetime) -> Alert | None:
        """The alert to raise while the breaker is not closed; once an outage."""
        if self.closed or self._alerted or self._since is None:
            return None
        self._alerted = True
        return degraded_alert("links", since=self._since, raised_at=now, applications=self._applications)

    def _begin(self, now: datetime) -> None:
        if self._closed_at is None or now - self._closed_at >= SAME_OUTAGE:
            self._since, self._alerted, self._applications = now, False, []

    def _enter(self, state: BreakerState) -> None:
        if state != self.state and "half_open" not in (state, self.state):
            logger.warning("index_breaker", state=state)
        self.state = state
        self._metrics.index_breaker.state(state)
        self._metrics.index_up.set(1 if state == "closed" else 0)
