"""Whether the link index answers, and the one alert of an outage."""

from __future__ import annotations

from datetime import datetime, timedelta

from models.alerting import degraded_alert
from models.alerts import Alert
from streams.metrics import Metrics

SAME_OUTAGE = timedelta(minutes=1)
"""A failure this soon after a recovery is the same outage going on: a server that flaps raises one alert."""


class IndexWatch:
    """Remembers the current outage of the link index."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._since: datetime | None = None
        self._recovered_at: datetime | None = None
        self._metrics.index_up.set(1)

    @property
    def down(self) -> bool:
        """The last call failed."""
        return self._since is not None and self._recovered_at is None

    def failed(self, now: datetime, applications: list[str]) -> Alert | None:
        """A call failed at `now` while deciding `applications`. Returns the alert to raise when an outage begins."""
        self._metrics.index_up.set(0)
        if self._since is not None and (self._recovered_at is None or now - self._recovered_at < SAME_OUTAGE):
            self._recovered_at = None
            return None
        self._since, self._recovered_at = now, None
        return degraded_alert("links", since=now, raised_at=now, applications=applications)

    def answered(self, now: datetime) -> None:
        """A call succeeded at `now`."""
        if self.down:
            self._recovered_at = now
            self._metrics.index_up.set(1)
