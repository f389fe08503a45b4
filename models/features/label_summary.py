"""What is known by now about one entity's earlier applications: fraud or honest, how many, and when.

Only labels that are known count, so that a label that comes late counts late, in a backtest as well as live. Most
schemes last a while: what the newest labels say, and since when, tells more than a rate over all time.
"""

from __future__ import annotations

from dataclasses import dataclass

from models.entities import DAY_MS, EntityProfile
from models.features.amount_summary import age_days

PRIOR_RATE = 0.01
PRIOR_WEIGHT = 5.0
"""A rate is smoothed by as many applications as this of which one in a hundred is fraud."""
NEWEST = 8
WEEK_DAYS, MONTH_DAYS, FORTNIGHT_DAYS = 7, 30, 14

_HONEST, _FRAUD = b"\0\1\2", b"\3\4\5"
_UNUSUAL_FRAUD, _OTHER_FRAUD = b"\3", b"\4\5"
"""Codes in `EntityProfile.labelled`: of frauds, those whose amount was unusual for their applicant, and the others."""
_EVERYTHING_BUT_UNUSUAL, _EVERYTHING_BUT_OTHER = b"\0\1\2\4\5", b"\0\1\2\3"


@dataclass(slots=True)
class LabelSummary:
    """What a profile says of labels. None is unknown: no label, or no fraud."""

    labelled: int = 0
    """Applications with a known label."""
    frauds: int = 0
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
    last_usual_fraud_age_d: float | None = None
    first_usual_fraud_age_d: float | None = None
    unusual_frauds_14d: int | None = None
    """Known frauds whose amount was unusual for their applicant."""
    since_unusual_fraud: int | None = None
    last_unusual_fraud_age_d: float | None = None
    first_unusual_fraud_age_d: float | None = None


def summarise_labels(profile: EntityProfile | None, occurred_ms: int) -> LabelSummary:
    """What the labels of a profile say at a moment of event time."""
    if profile is None or not profile.labelled:
        return LabelSummary()
    now_s = occurred_ms // 1000
    moments, codes = profile.labelled[::2], bytes(profile.labelled[1::2])
    count = len(codes)
    newest = codes[:NEWEST]
    streak = count - len(codes.lstrip(_FRAUD))
    summary = LabelSummary(
        labelled=profile.frauds + profile.honest,
        frauds=profile.frauds,
        fraud_rate=_smoothed(profile.frauds, profile.honest),
        fraud_rate_newest=_smoothed(frauds := len(newest.translate(None, _HONEST)), len(newest) - frauds),
        last_label=streak > 0,
        last_label_age_d=age_days(now_s, moments[0]),
        honest_since_fraud=count - len(codes.lstrip(_HONEST)),
        fraud_streak=streak,
    )
    _windows(summary, profile, moments[0] * 1000 // DAY_MS)
    if streak:
        summary.streak_age_d = age_days(now_s, moments[streak - 1])
        if streak < count:
            summary.honest_before_streak_age_d = age_days(now_s, moments[streak])
    if profile.known_frauds:
        _frauds(summary, profile, now_s, codes)
    return summary


def _windows(summary: LabelSummary, profile: EntityProfile, newest_day: int) -> None:
    days = profile.days
    numbers = days[::5]
    for window in (WEEK_DAYS, MONTH_DAYS):
        end = 5 * sum(map((newest_day - window).__lt__, numbers))
        rate = _smoothed(sum(days[3:end:5]), sum(days[4:end:5]))
        if window == WEEK_DAYS:
            summary.fraud_rate_7d = rate
        else:
            summary.fraud_rate_30d = rate


def _frauds(summary: LabelSummary, profile: EntityProfile, now_s: int, codes: bytes) -> None:
    moments, fraud_codes = profile.known_frauds[::2], profile.known_frauds[1::2]
    count = len(codes)
    summary.last_fraud_age_d = age_days(now_s, moments[0])
    summary.first_fraud_age_d = age_days(now_s, moments[-1])
    unusual = [moment for moment, code in zip(moments, fraud_codes, strict=True) if code == _UNUSUAL_FRAUD[0]]
    usual = [moment for moment, code in zip(moments, fraud_codes, strict=True) if code > _UNUSUAL_FRAUD[0]]
    summary.usual_frauds_30d = sum(map((now_s - MONTH_DAYS * DAY_MS // 1000).__lt__, usual))
    summary.unusual_frauds_14d = sum(map((now_s - FORTNIGHT_DAYS * DAY_MS // 1000).__lt__, unusual))
    if usual:
        summary.since_usual_fraud = count - len(codes.lstrip(_EVERYTHING_BUT_OTHER))
        summary.last_usual_fraud_age_d = age_days(now_s, usual[0])
        summary.first_usual_fraud_age_d = age_days(now_s, usual[-1])
    if unusual:
        summary.since_unusual_fraud = count - len(codes.lstrip(_EVERYTHING_BUT_UNUSUAL))
        summary.last_unusual_fraud_age_d = age_days(now_s, unusual[0])
        summary.first_unusual_fraud_age_d = age_days(now_s, unusual[-1])


def _smoothed(frauds: int, honest: int) -> float:
    return (frauds + PRIOR_WEIGHT * PRIOR_RATE) / (frauds + honest + PRIOR_WEIGHT)
