"""When things happen: windows of event time, and the hours people keep."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from random import Random
from typing import NamedTuple

HOUR_S = 3_600.0
DAY_S = 24 * HOUR_S

LOCAL = timezone(timedelta(hours=8))
"""China has one time zone and no summer time."""

LEAD_S = 2.5 * DAY_S
"""Nothing about an application happens earlier than this before the first of its group."""

HONEST_HOURS = (
    *(0.08, 0.04, 0.02, 0.02, 0.02, 0.05, 0.15, 0.35, 0.6, 0.85, 1.0, 1.0),
    *(0.9, 0.85, 0.9, 0.95, 0.95, 0.85, 0.8, 0.95, 1.0, 0.95, 0.6, 0.25),
)
"""Relative frequency of applications by local hour, from midnight: a lunch dip, an evening peak, 2% after midnight."""

CROOKED_HOURS = (
    *(0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.2, 0.3, 0.5, 0.7, 0.9, 1.0),
    *(0.9, 0.9, 1.0, 1.0, 1.0, 0.9, 0.8, 0.9, 1.0, 1.0, 0.9, 0.8),
)
"""Rings work by day as well, but the night does not stop them."""

NIGHT_HOURS = (*(1.0,) * 5, 0.3, *(0.1,) * 16, 0.5, 0.8)
"""Somebody who has reasons to wait until the shop is shut."""

Hours = tuple[float, ...]


class Window(NamedTuple):
    """A stretch of event time, in seconds since the epoch, both ends included."""

    start: float
    end: float

    @property
    def length_s(self) -> float:
        return self.end - self.start


def local_time(at: float) -> datetime:
    """Seconds since the epoch -> local time, to the millisecond."""
    return datetime.fromtimestamp(round(at, 3), LOCAL)


def pick_time(rng: Random, window: Window, hours: Hours) -> float:
    """A moment of the window, by the hours' frequency as far as the window offers a choice."""
    at = window.end
    for _ in range(20):
        at = rng.uniform(window.start, window.end)
        if rng.random() < hours[local_time(at).hour]:
            break
    return at


def part_of(rng: Random, window: Window, length_s: float) -> Window:
    """A stretch of `length_s` seconds somewhere in the window; the whole window when it is shorter."""
    length_s = min(length_s, window.length_s)
    start = rng.uniform(window.start, window.end - length_s)
    return Window(start, min(start + length_s, window.end))
