"""How an amount compares with what one entity's earlier applications were about."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from itertools import accumulate

from models.entities import BINS_PER_OCTAVE, DAY_MS, EntityProfile, amount_bin, amount_cents

WEEK_DAYS, MONTH_DAYS, FORTNIGHT_DAYS = 7, 30, 14
FEW = 5
"""With fewer known amounts than this, what is usual is not known."""
UNUSUAL_Z = 3.0
"""Robust standard deviations above the median from which an amount is unusual."""

_IQR_PER_SIGMA = 1.349
"""Interquartile range of the normal distribution, in standard deviations."""
_LEAST_SPREAD = 0.1
"""Standard deviation of amounts that are nearly all the same, as a share of the median."""


@dataclass(slots=True)
class AmountSummary:
    """What a profile says of an amount. Known frauds are left out of every mean, median and spread; None is unknown."""

    applications: int = 0
    """That are remembered, besides this one."""
    ratio: float | None = None
    """The amount over the mean."""
    median_ratio: float | None = None
    robust_z: float | None = None
    """Its distance from the median in standard deviations, as the interquartile range has them; None while the amounts
    are few, like the two at the end."""
    share_above: float | None = None
    """Share of the amounts that are as large (within an eighth) or larger."""
    ratio_7d: float | None = None
    """The amount over the mean of the last 7 days; likewise 30 days."""
    ratio_30d: float | None = None
    sum_7d: float | None = None
    """CNY applied for in the last 7 days, this amount left out; likewise 30 days."""
    sum_30d: float | None = None
    recent_ratio: float | None = None
    """The mean of the newest amounts, known frauds or not, over the long-run mean."""
    unusual_14d: int | None = None
    """How many of the newest `RECENT_KEPT` amounts were unusual and within 14 days."""
    unusual_age_d: float | None = None
    """Days since the newest unusual one."""


def summarise_amounts(profile: EntityProfile | None, occurred_ms: int, amount_cny: float | None) -> AmountSummary:
    """Compares an amount with a profile at a moment of event time."""
    if profile is None:
        return AmountSummary()
    summary = AmountSummary(applications=profile.applications)
    bins = profile.bins
    up_to = list(accumulate(bins[1::2]))
    if not up_to:
        return summary
    known = up_to[-1]
    cents = None if amount_cny is None else amount_cents(amount_cny)
    mean = max(profile.cents / known, 1.0)
    median = _quantile(bins, up_to, 0.5)
    if cents is not None:
        below = bisect_left(bins[::2], amount_bin(cents))
        summary.ratio = cents / mean
        summary.median_ratio = cents / median
        summary.share_above = 1.0 - (up_to[below - 1] / known if below else 0.0)
    _windows(summary, profile, occurred_ms // DAY_MS, cents)
    if profile.recent:
        summary.recent_ratio = sum(profile.recent[1::2]) / (len(profile.recent) // 2) / mean
    if known >= FEW:
        quartiles = _quantile(bins, up_to, 0.75) - _quantile(bins, up_to, 0.25)
        spread = max(quartiles / _IQR_PER_SIGMA, _LEAST_SPREAD * median)
        if cents is not None:
            summary.robust_z = (cents - median) / spread
        _unusual(summary, profile, occurred_ms // 1000, median + UNUSUAL_Z * spread)
    return summary


def _windows(summary: AmountSummary, profile: EntityProfile, today: int, cents: int | None) -> None:
    """Sums and means by the days that begin within the windows."""
    days = profile.days
    numbers = days[::5]
    for window in (WEEK_DAYS, MONTH_DAYS):
        end = 5 * sum(map((today - window).__lt__, numbers))
        applications, total = sum(days[1:end:5]) - sum(days[3:end:5]), sum(days[2:end:5])
        ratio = None if cents is None or not applications else cents / max(total / applications, 1.0)
        if window == WEEK_DAYS:
            summary.ratio_7d, summary.sum_7d = ratio, total / 100
        else:
            summary.ratio_30d, summary.sum_30d = ratio, total / 100


def _unusual(summary: AmountSummary, profile: EntityProfile, now_s: int, unusual: float) -> None:
    amounts, since = profile.recent[1::2], now_s - FORTNIGHT_DAYS * DAY_MS // 1000
    summary.unusual_14d = 0
    if amounts and max(amounts) >= unusual:
        moments = [moment for moment, cents in zip(profile.recent[::2], amounts, strict=True) if cents >= unusual]
        summary.unusual_14d = sum(map(since.__lt__, moments))
        summary.unusual_age_d = age_days(now_s, moments[0])


def age_days(now_s: int, then_s: int) -> float:
    """Days between two seconds; 0 when `then_s` is later, as when an application comes late."""
    return max(now_s - then_s, 0) * 1000 / DAY_MS


def _quantile(bins: list[int], up_to: list[int], share: float) -> float:
    """Cents below which that share of the amounts lies, as if they were spread evenly over their bins."""
    wanted = share * up_to[-1]
    at = bisect_left(up_to, wanted)
    octave, step = divmod(bins[2 * at], BINS_PER_OCTAVE)
    width = 2.0**octave / BINS_PER_OCTAVE
    here, below = bins[2 * at + 1], up_to[at] - bins[2 * at + 1]
    return width * (BINS_PER_OCTAVE + step + (wanted - below) / here)
