"""The one alert of a list service's outage. A service counts as silent while its breaker is not closed, so nobody asks
it for the alert's sake."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from models.alerting import silent_list_alert
from models.alerts import Alert
from streams.external_lists.restraint import BreakerState

SAME_OUTAGE = timedelta(minutes=1)
"""Silence this soon after an answer is the same outage going on: a service that flaps raises one alert."""


class _Outage(Struct):
    since: datetime
    last: datetime
    told: bool = False


class Silence:
    """Outages of list services, as one worker sees them. Reads no clock."""

    def __init__(self) -> None:
        self._outages: dict[str, _Outage] = {}

    def alerts(self, states: Mapping[str, BreakerState], now: datetime, tells: bool) -> list[Alert]:
        """What to raise: once an outage, and only while this worker is the one that `tells`. `states` are those of the
        services' breakers, by name."""
        found = []
        for name, state in states.items():
            if state == "closed":
                continue
            outage = self._outages.get(name)
            if outage is None or now - outage.last >= SAME_OUTAGE:
                outage = self._outages[name] = _Outage(now, now)
            outage.last = now
            if tells and not outage.told:
                outage.told = True
                found.append(silent_list_alert(name, outage.since, now))
        return found
