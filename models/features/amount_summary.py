"""How an amount compares with what one entity's earlier applications were about."""

from __future__ import annotations

from bisect import bisect_left
from functools import lru_cache
from itertools import accumulate

from msgspec import Struct

from models.entities import BINS_PER_OCTAVE, DAY_FIELDS, DAY_MS, EntityProfile, amount_bin, amount_cents

WEEK_DAYS, MONTH_DAYS, FORTNIGHT_DAYS = 7, 30, 14
FEW = 5
"""With fewer known amounts than this, what is usual is not known."""
UNUSUAL_Z = 3.0
"""Robust standard deviations above the median from which an amount is unusual."""

_IQR_PER_SIGMA = 1.349
"""Interquartile range of the normal distribution, in standard deviations."""
_LEAST_SPREAD = 0.1
"""Standard deviation of amounts that are nearly all the same, as a share of the median."""


class AmountSummary(Struct, gc=False):
    """What a profile says of an amount. Known frauds are left out of every mean, median and spread; None is unknown."""

    applications: int | None = None
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
    """The mean of the newest `RECENT_KEPT` amounts, known frauds or not, over the long-run mean; and the largest."""
    recent_max_ratio: float | None = None
    unusual_14d: int | None = None
    """How many of the newest `RECENT_KEPT` amounts were unusual and within 14 days."""
    unusual_age_d: float | None = None
    """Days since the newest unusual one."""


ABSENT_AMOUNTS = AmountSummary()
"""Of an entity that the application does not name."""
NO_AMOUNTS = AmountSummary(applications=0)
"""Of an entity of which nothing is known."""


def summarise_amounts(
    profile: EntityProfile | None, occurred_ms: int, amount_cny: float | None, brief: bool = False
) -> AmountSummary:
    """Compares an amount with a profile at a moment of event time. `brief`: all from `ratio_7d` on is left out."""
    if profile is None:
        return NO_AMOUNTS
    bins = profile.bins
    if not bins:
        return AmountSummary(profile.applications)
    numbers, counts = bins[::2], bins[1::2]
    up_to = list(accumulate(counts))
    known = up_to[-1]
    mean, spread = max(profile.cents / known, 1.0), None
    if known >= FEW:
        low, median, high = _quantiles(numbers, counts, up_to, (0.25, 0.5, 0.75))
        spread = max((high - low) / _IQR_PER_SIGMA, _LEAST_SPREAD * median)
    else:
        [median] = _quantiles(numbers, counts, up_to, (0.5,))
    cents = ratio = median_ratio = robust_z = share_above = None
    if amount_cny is not None:
        cents, number = _binned(amount_cny)
        below = bisect_left(numbers, number)
        ratio, median_ratio = cents / mean, cents / median
        robust_z = (cents - median) / spread if spread else None
        share_above = 1.0 - (up_to[below - 1] / known if below else 0.0)
    if brief:
        return AmountSummary(profile.applications, ratio, median_ratio, robust_z, share_above)
    unusual = median + UNUSUAL_Z * spread if spread else None
    return AmountSummary(
        profile.applications,
        ratio,
        median_ratio,
        robust_z,
        share_above,
        *_windows(profile.days, occurred_ms // DAY_MS, cents),
        *_recent(profile.recent, occurred_ms // 1000, mean, unusual),
    )


@lru_cache(maxsize=1)  # an application asks for each of its entities
def _binned(amount_cny: float) -> tuple[int, int]:
    cents = amount_cents(amount_cny)
    return cents, amount_bin(cents)


def _windows(
    days: list[int], today: int, cents: int | None
) -> tuple[float | None, float | None, float | None, float | None]:
    """From `ratio_7d` to `sum_30d`, by the days that begin within the windows."""
    in_week, in_month = days_of_windows(days, today)
    count = sum(days[1:in_week:DAY_FIELDS]) - sum(days[3:in_week:DAY_FIELDS])
    total = sum(days[2:in_week:DAY_FIELDS])
    ratio_7d, sum_7d = None if cents is None or not count else cents / max(total / count, 1.0), total / 100
    if in_month > in_week:
        count += sum(days[in_week + 1 : in_month : DAY_FIELDS]) - sum(days[in_week + 3 : in_month : DAY_FIELDS])
        total += sum(days[in_week + 2 : in_month : DAY_FIELDS])
    ratio_30d, sum_30d = None if cents is None or not count else cents / max(total / count, 1.0), total / 100
    return ratio_7d, ratio_30d, sum_7d, sum_30d


def _recent(
    recent: list[int], now_s: int, mean: float, unusual: float | None
) -> tuple[float | None, float | None, int | None, float | None]:
    """From `recent_ratio` on."""
    amounts = recent[1::2]
    if not amounts:
        return None, None, None, None
    largest = max(amounts)
    ratio, max_ratio = sum(amounts) / len(amounts) / mean, largest / mean
    if unusual is None:
        return ratio, max_ratio, None, None
    if largest < unusual:
        return ratio, max_ratio, 0, None
    since = now_s - FORTNIGHT_DAYS * DAY_MS // 1000
    moments = [moment for moment, cents in zip(recent[::2], amounts, strict=True) if cents >= unusual]
    return ratio, max_ratio, sum(map(since.__lt__, moments)), age_days(now_s, moments[0])


def days_of_windows(days: list[int], last: int) -> tuple[int, int]:
    """Where in `EntityProfile.days` those of the 7 and of the 30 days up to `last` end, later ones included."""
    rising = days[-DAY_FIELDS::-DAY_FIELDS]
    in_week = len(rising) - bisect_left(rising, last - WEEK_DAYS + 1)
    in_month = len(rising) - bisect_left(rising, last - MONTH_DAYS + 1)
    return DAY_FIELDS * in_week, DAY_FIELDS * in_month


def age_days(now_s: int, then_s: int) -> float:
    """Days between two seconds; 0 when `then_s` is later, as when an application comes late."""
    return max(now_s - then_s, 0) * 1000 / DAY_MS


def _quantiles(numbers: list[int], counts: list[int], up_to: list[int], shares: tuple[float, ...]) -> list[float]:
    """Cents below which these shares of the amounts lie, as if they were spread evenly over their bins."""
    found, known = [], up_to[-1]
    for share in shares:
        wanted = share * known
        at = bisect_left(up_to, wanted)
        octave, step = divmod(numbers[at], BINS_PER_OCTAVE)
        here = counts[at]
        found.append((1 << octave) / BINS_PER_OCTAVE * (BINS_PER_OCTAVE + step + (wanted - (up_to[at] - here)) / here))
    return found
