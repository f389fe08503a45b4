"""What is known by now about one entity's earlier applications: fraud or honest, how many, and when.

Only labels that are known count, so that a label that comes late counts late, in a backtest as well as live. Most
schemes last a while: what the newest labels say, and since when, tells more than a rate over all time.
"""

from __future__ import annotations

from msgspec import Struct

from models.entities import DAY_FIELDS, DAY_MS, EntityProfile
from models.features.amount_summary import age_days, days_of_windows

PRIOR_RATE = 0.01
PRIOR_WEIGHT = 5.0
"""A rate is smoothed by as many applications as this of which one in a hundred is fraud."""
NEWEST = 8
MONTH_DAYS, FORTNIGHT_DAYS = 30, 14

_HONEST, _FRAUD = b"\0\1\2", b"\3\4\5"
_UNUSUAL_FRAUD, _OTHER_FRAUD = b"\3", b"\4\5"
"""Codes in `EntityProfile.labelled`: of frauds, those whose amount was unusual for their applicant, and the others."""
_EVERYTHING_BUT_UNUSUAL, _EVERYTHING_BUT_OTHER = b"\0\1\2\4\5", b"\0\1\2\3"


class LabelSummary(Struct, gc=False):
    """What a profile says of labels. None is unknown: no label, or no fraud."""

    labelled: int | None = None
    """Applications with a known label."""
    frauds: int | None = None
    fraud_rate: float | None = None
    """Smoothed share of frauds among the labelled; likewise of the newest eight, and of those in the 7 and 30 days up
    to the newest that has a label."""
    fraud_rate_newest: float | None = None
    fraud_rate_7d: float | None = None
    fraud_rate_30d: float | None = None
    last_label: bool | None = None
    """The newest application with a label is a fraud."""
    last_label_age_d: float | None = None
    honest_since_fraud: int | None = None
    """Labelled applications since the newest known fraud, up to `LABELLED_KEPT`."""
    fraud_streak: int | None = None
    """Known frauds without an honest one between them, up to the newest label."""
    streak_age_d: float | None = None
    """Days since the first of these."""
    honest_before_streak_age_d: float | None = None
    """Days since the honest one just before them."""
    last_fraud_age_d: float | None = None
    first_fraud_age_d: float | None = None
    """Of the newest `FRAUDS_KEPT`."""
    usual_frauds_30d: int | None = None
    """Known frauds whose amount was not unusual for their applicant: something else must have been wrong."""
    since_usual_fraud: int | None = None
    """Labelled applications since the newest of these."""
    usual_fraud_streak: int | None = None
    """Of the frauds in `fraud_streak`, those whose amount was not unusual."""
    first_usual_fraud_age_d: float | None = None
    unusual_frauds_14d: int | None = None
    """Known frauds whose amount was unusual for their applicant."""
    since_unusual_fraud: int | None = None


ABSENT_LABELS = LabelSummary()
"""Of an entity that the application does not name."""
NO_LABELS = LabelSummary(labelled=0, frauds=0)
"""Of an entity without a known label."""


def summarise_labels(profile: EntityProfile | None, occurred_ms: int, brief: bool = False) -> LabelSummary:
    """What the labels of a profile say at a moment of event time. `brief`: the rates of 7 and 30 days are left out."""
    if profile is None or not profile.labelled:
        return NO_LABELS
    now_s, labelled = occurred_ms // 1000, profile.labelled
    codes = bytes(labelled[1::2])
    count = len(codes)
    summary = LabelSummary(
        labelled=profile.frauds + profile.honest,
        frauds=profile.frauds,
        fraud_rate=_smoothed(profile.frauds, profile.honest),
        last_label_age_d=age_days(now_s, labelled[0]),
    )
    if codes.translate(None, _HONEST):
        newest, streak = codes[:NEWEST], count - len(codes.lstrip(_FRAUD))
        summary.fraud_rate_newest = _smoothed(frauds := len(newest.translate(None, _HONEST)), len(newest) - frauds)
        summary.last_label, summary.fraud_streak = streak > 0, streak
        summary.honest_since_fraud = count - len(codes.lstrip(_HONEST))
        summary.usual_fraud_streak = len(codes[:streak].translate(None, _UNUSUAL_FRAUD))
        if streak:
            summary.streak_age_d = age_days(now_s, labelled[2 * streak - 2])
            if streak < count:
                summary.honest_before_streak_age_d = age_days(now_s, labelled[2 * streak])
    else:
        summary.fraud_rate_newest = _smoothed(0, min(count, NEWEST))
        summary.last_label, summary.honest_since_fraud = False, count
        summary.fraud_streak = summary.usual_fraud_streak = 0
    if not brief:
        summary.fraud_rate_7d, summary.fraud_rate_30d = _windows(profile.days, labelled[0] * 1000 // DAY_MS)
    if profile.known_frauds:
        _frauds(summary, profile, now_s, codes)
    return summary


def _windows(days: list[int], newest_day: int) -> tuple[float, float]:
    in_week, in_month = days_of_windows(days, newest_day)
    frauds, honest = sum(days[3:in_week:DAY_FIELDS]), sum(days[4:in_week:DAY_FIELDS])
    of_week = _smoothed(frauds, honest)
    frauds += sum(days[in_week + 3 : in_month : DAY_FIELDS])
    honest += sum(days[in_week + 4 : in_month : DAY_FIELDS])
    return of_week, _smoothed(frauds, honest)


def _frauds(summary: LabelSummary, profile: EntityProfile, now_s: int, codes: bytes) -> None:
    moments, fraud_codes = profile.known_frauds[::2], profile.known_frauds[1::2]
    count = len(codes)
    summary.last_fraud_age_d = age_days(now_s, moments[0])
    summary.first_fraud_age_d = age_days(now_s, moments[-1])
    if _UNUSUAL_FRAUD[0] in fraud_codes:
        usual = [moment for moment, code in zip(moments, fraud_codes, strict=True) if code != _UNUSUAL_FRAUD[0]]
        unusual = [moment for moment, code in zip(moments, fraud_codes, strict=True) if code == _UNUSUAL_FRAUD[0]]
    else:
        usual, unusual = moments, []
    summary.usual_frauds_30d = sum(map((now_s - MONTH_DAYS * DAY_MS // 1000).__lt__, usual))
    summary.unusual_frauds_14d = sum(map((now_s - FORTNIGHT_DAYS * DAY_MS // 1000).__lt__, unusual))
    if usual:
        summary.since_usual_fraud = count - len(codes.lstrip(_EVERYTHING_BUT_OTHER))
        summary.first_usual_fraud_age_d = age_days(now_s, usual[-1])
    if unusual:
        summary.since_unusual_fraud = count - len(codes.lstrip(_EVERYTHING_BUT_UNUSUAL))


def _smoothed(frauds: int, honest: int) -> float:
    return (frauds + PRIOR_WEIGHT * PRIOR_RATE) / (frauds + honest + PRIOR_WEIGHT)
