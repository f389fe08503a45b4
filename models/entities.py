"""What is remembered of an entity: of one person, card, phone, device, merchant, store or sales rep over all its
applications, and what became known of them since.

A profile is a handful of integers, so that the order in which applications and labels are told does not matter, and
telling the same history again gives the same profile. The link index keeps profiles and updates them by these rules.
Amounts are whole cents of CNY. Lists are flat and sorted, newest (or smallest bin) first.
"""

from __future__ import annotations

from bisect import bisect_left
from math import floor
from typing import TYPE_CHECKING

from msgspec import Struct

from models.facts import IdentifierKind

if TYPE_CHECKING:
    from models.enrichment import LabelFlag  # observations hold profiles

ENTITY_KINDS: tuple[IdentifierKind, ...] = (
    "id_number",
    "bank_card",
    "phone",
    "device_id",
    "merchant_id",
    "store_id",
    "sales_rep_id",
)
"""Identifiers with a profile."""

DAY_MS = 86_400_000
DAY_FIELDS = 5
"""Numbers a day in `EntityProfile.days`."""
DAYS_KEPT = 32
"""Days of applications remembered one by one, the newest included."""
RECENT_KEPT = 16
"""The newest applications remembered one by one."""
LABELLED_KEPT = 32
"""The newest labelled applications remembered one by one."""
FRAUDS_KEPT = 16
"""The newest known frauds remembered one by one."""
MOST_CENTS = 10**12
"""A larger amount counts as this one, so that sums stay exact."""
BINS_PER_OCTAVE = 8
"""Of the amounts' histogram: bins are 6 to 12.5 % wide."""
FRAUD_CODE = 3
"""Codes of labelled applications from this one on mean fraud."""

_UNUSUAL, _UNKNOWN, _USUAL = 0, 1, 2


class EntityProfile(Struct, frozen=True, array_like=True, gc=False):
    """What is known of one entity. Integers and flat lists of integers only."""

    newest_day: int
    """Day (since the epoch, UTC) of the newest application ever told."""
    applications: int
    cents: int
    """Sum of the amounts, those of known frauds left out."""
    frauds: int
    """Applications known to be fraud."""
    honest: int
    """Applications known to be honest."""
    days: list[int]
    """Five a day, newest day first: day, applications, cents (known frauds left out), known frauds, known honest; of
    days with applications among the `DAYS_KEPT` up to `newest_day`. Labels count on the day of their application."""
    bins: list[int]
    """Two a bin, smallest bin first: bin (see `amount_bin`), applications with an amount in it (known frauds left
    out)."""
    recent: list[int]
    """Two an application with an amount, newest first: second since the epoch, cents."""
    labelled: list[int]
    """Two a labelled application, by its own time, newest first: second since the epoch, code: 3 for fraud, plus 2 when
    the amount was usual for its applicant, 0 when not, 1 when that is not known."""
    known_frauds: list[int]
    """The same of the known frauds alone."""


class EntityProfileOf(Struct, frozen=True, array_like=True, gc=False):
    """The profile of one of an application's entities, the application itself left out."""

    kind: str
    token: str
    profile: EntityProfile


NO_PROFILE = EntityProfile(0, 0, 0, 0, 0, [], [], [], [], [])


def amount_cents(amount_cny: float) -> int:
    """An amount in cents, half cents up; at least 0 and at most `MOST_CENTS`."""
    cents = floor(amount_cny * 100 + 0.5)
    return cents if 0 <= cents <= MOST_CENTS else min(max(cents, 0), MOST_CENTS)


def amount_bin(cents: int) -> int:
    """Bin of the amounts' histogram: eight of equal width from each power of two of cents to the next, numbered from
    that of 1 cent, which is 0; bin 8 * e + m begins at 2**e * (1 + m / 8) cents. 0 cents count as 1."""
    octave = max(cents, 1).bit_length() - 1
    return BINS_PER_OCTAVE * octave + (BINS_PER_OCTAVE * max(cents, 1) >> octave) - BINS_PER_OCTAVE


def with_application(profile: EntityProfile | None, occurred_ms: int, amount_cny: float | None) -> EntityProfile:
    """The profile with one more application, which has no label."""
    return _told(profile or NO_PROFILE, occurred_ms, amount_cny, 1)


def without_application(profile: EntityProfile, occurred_ms: int, amount_cny: float | None) -> EntityProfile:
    """The profile without an application that is in it and has no label: what `with_application` did, undone, but for
    `newest_day`, and for what the newest ones pushed out of the lists."""
    return _told(profile, occurred_ms, amount_cny, -1)


def with_label(
    profile: EntityProfile,
    occurred_ms: int,
    amount_cny: float | None,
    usual: bool | None,
    old: LabelFlag,
    new: LabelFlag,
) -> EntityProfile:
    """The profile when the flag of one of its applications changes from `old` to `new`; `occurred_ms`, `amount_cny` and
    `usual` (the amount was usual for its applicant) are the application's and the same whenever it is told."""
    if old == new:
        return profile
    fraud = (new == "fraud") - (old == "fraud")
    honest = (new == "honest") - (old == "honest")
    second, code = occurred_ms // 1000, _UNKNOWN if usual is None else _USUAL if usual else _UNUSUAL
    cents = 0 if amount_cny is None else amount_cents(amount_cny)
    labelled, known_frauds = profile.labelled, profile.known_frauds
    if old:
        labelled = _without_pair(labelled, second, code + FRAUD_CODE * (old == "fraud"))
    if new:
        labelled = _with_pair(labelled, second, code + FRAUD_CODE * (new == "fraud"), LABELLED_KEPT)
    if fraud > 0:
        known_frauds = _with_pair(known_frauds, second, code + FRAUD_CODE, FRAUDS_KEPT)
    elif fraud < 0:
        known_frauds = _without_pair(known_frauds, second, code + FRAUD_CODE)
    return EntityProfile(
        profile.newest_day,
        profile.applications,
        profile.cents - fraud * cents,
        profile.frauds + fraud,
        profile.honest + honest,
        _with_day(profile.days, profile.newest_day, occurred_ms // DAY_MS, (0, -fraud * cents, fraud, honest)),
        profile.bins if amount_cny is None or not fraud else _with_bin(profile.bins, amount_bin(cents), -fraud),
        profile.recent,
        labelled,
        known_frauds,
    )


def _told(profile: EntityProfile, occurred_ms: int, amount_cny: float | None, change: int) -> EntityProfile:
    day = occurred_ms // DAY_MS
    newest_day = max(profile.newest_day, day)
    cents = 0 if amount_cny is None else amount_cents(amount_cny)
    bins, recent = profile.bins, profile.recent
    if amount_cny is not None:
        bins = _with_bin(bins, amount_bin(cents), change)
        second = occurred_ms // 1000
        recent = _with_pair(recent, second, cents, RECENT_KEPT) if change > 0 else _without_pair(recent, second, cents)
    return EntityProfile(
        newest_day,
        profile.applications + change,
        profile.cents + change * cents,
        profile.frauds,
        profile.honest,
        _with_day(profile.days, newest_day, day, (change, change * cents, 0, 0)),
        bins,
        recent,
        profile.labelled,
        profile.known_frauds,
    )


def _with_day(days: list[int], newest_day: int, day: int, changes: tuple[int, int, int, int]) -> list[int]:
    """The days with what changes on one of them, those that `newest_day` has left behind taken off. A day without
    applications goes."""
    oldest = newest_day - DAYS_KEPT
    days = days[:]
    while days and days[-DAY_FIELDS] <= oldest:
        del days[-DAY_FIELDS:]
    if day <= oldest:
        return days
    at = 0
    while at < len(days) and days[at] > day:
        at += DAY_FIELDS
    if at == len(days) or days[at] != day:
        days[at:at] = (day, 0, 0, 0, 0)
    applications, cents, frauds, honest = changes
    days[at + 1] += applications
    days[at + 2] += cents
    days[at + 3] += frauds
    days[at + 4] += honest
    if days[at + 1] == 0:
        del days[at : at + DAY_FIELDS]
    return days


def _with_bin(bins: list[int], number: int, change: int) -> list[int]:
    """The histogram with `change` in a bin; an empty bin goes."""
    at = 2 * bisect_left(bins[::2], number)
    bins = bins[:]
    if at == len(bins) or bins[at] != number:
        bins[at:at] = (number, 0)
    bins[at + 1] += change
    if bins[at + 1] == 0:
        del bins[at : at + 2]
    return bins


def _with_pair(pairs: list[int], second: int, value: int, most: int) -> list[int]:
    """The pairs with another one, newest first, then the larger value first; no more than `most`."""
    at = 0
    while at < len(pairs) and (pairs[at], pairs[at + 1]) > (second, value):
        at += 2
    pairs = pairs[: 2 * most]
    pairs[at:at] = (second, value)
    del pairs[2 * most :]
    return pairs


def _without_pair(pairs: list[int], second: int, value: int) -> list[int]:
    """The pairs without one of these, if there is any."""
    for at in range(0, len(pairs), 2):
        if pairs[at] == second and pairs[at + 1] == value:
            return pairs[:at] + pairs[at + 2 :]
    return pairs
