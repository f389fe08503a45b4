"""The arithmetic of the benchmarks, without a clock or a server."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

WARM_UP_SHARE = 0.1
"""Answers left out at the start: connections, caches, first rebalance."""


def quantile(ordered: Sequence[float], share: float) -> float:
    """The smallest of the values, given in rising order, that at least `share` (0 to 1) of them do not exceed. A value
    that occurred, never one in between. Raises ValueError when there are none."""
    if not ordered:
        raise ValueError("no values")
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def median_ratio(numerators: Sequence[float], denominators: Sequence[float]) -> float:
    """The median of the ratios run by run, so that what slowed the whole machine in one run takes no part."""
    return statistics.median(n / d for n, d in zip(numerators, denominators, strict=True))


def warmed_up(count: int) -> int:
    """How many of so many answers are left out."""
    return int(count * WARM_UP_SHARE)


def rate_per_s(stamps_ms: Sequence[int]) -> float:
    """Answers a second from their times in milliseconds, in any order, without the first ones."""
    ordered = sorted(stamps_ms)
    skipped = warmed_up(len(ordered))
    return (len(ordered) - skipped - 1) / max(0.001, (ordered[-1] - ordered[skipped]) / 1000)


def due_s(number: int, rate_per_s: float) -> float:
    """When the record of that number, from 0, is due, in seconds from the start: an open loop waits for nobody."""
    return number / rate_per_s


def late_ms(due: float, arrived: float) -> float:
    """Milliseconds from when a record was due to when its answer arrived, both in seconds of one clock. A record that
    went out late counts from when it was due, so that a stall is not left out (coordinated omission)."""
    return (arrived - due) * 1000
