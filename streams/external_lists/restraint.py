"""What keeps a list service that is in trouble from more of it, and us from waiting: a breaker and a retry budget.
Both read no clock: whoever reports gives the time, in monotonic seconds."""

from __future__ import annotations

from typing import Literal

BreakerState = Literal["closed", "open", "half_open"]

OPEN_AFTER = 5
"""Failures in a row."""
PROBE_AFTER_S = 1.0
"""So long nobody asks; then one look-up tries."""
RETRY_SHARE = 0.1
"""Retries per first try, in the long run: a service that is overloaded is not asked twice as much. (Site Reliability
Engineering, Google 2016, chapter "Handling Overload", a retry budget of 10% per client.)"""
RETRIES_SAVED = 5.0
"""As many retries a quiet time may save up."""


class ServiceBreaker:
    """closed: look-ups go through; open: none does; half_open: one is under way to see."""

    def __init__(self) -> None:
        self.state: BreakerState = "closed"
        self._failures = 0
        self._opened_s = 0.0

    def lets_through(self, now_s: float) -> bool:
        """A look-up may be made now; it must be reported by one of the three calls below."""
        if self.state == "open" and now_s - self._opened_s >= PROBE_AFTER_S:
            self.state = "half_open"
            return True
        return self.state == "closed"

    def answered(self) -> None:
        """A look-up was answered."""
        self._failures = 0
        self.state = "closed"

    def failed(self, now_s: float) -> None:
        """A look-up was not answered."""
        self._failures += 1
        if self.state == "half_open" or self._failures >= OPEN_AFTER:
            self.state = "open"
            self._opened_s = now_s

    def abandoned(self) -> None:
        """Nobody waited for the answer, so nothing is known; another one may try."""
        if self.state == "half_open":
            self.state = "open"


class RetryBudget:
    """How often may be asked again."""

    def __init__(self) -> None:
        self._saved = 1.0

    def first_try(self) -> None:
        """Something is asked for the first time."""
        self._saved = min(self._saved + RETRY_SHARE, RETRIES_SAVED)

    def takes_one(self) -> bool:
        """Whether a retry may be made; it is spent then."""
        if self._saved < 1.0:
            return False
        self._saved -= 1.0
        return True
