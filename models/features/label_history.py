"""What labels say by now about earlier applications of the same applicant, card, device or merchant."""

from __future__ import annotations

from models.features.slot_features import Rows, SlotFeatures

_OF_EVERY_SLOT: Rows = (
    ("labelled", "applications", "labelled", "Applications {of} with a known label"),
    ("frauds", "applications", "frauds", "Applications {of} known to be fraud"),
    (
        "fraud_rate",
        "share",
        "fraud_rate",
        "Share of frauds among those with a known label, smoothed by 5 more of which one in a hundred is fraud",
    ),
    ("fraud_rate_newest", "share", "fraud_rate_newest", "Likewise, of the newest 8 with a known label"),
    (
        "honest_since_fraud",
        "applications",
        "honest_since_fraud",
        "Known honest applications {of} since the newest known fraud, up to 32",
    ),
    ("last_fraud_age_d", "days", "last_fraud_age_d", "Time since the newest known fraud {of}"),
    (
        "fraud_streak_age_d",
        "days",
        "streak_age_d",
        "Time since the first of the known frauds {of} without a known honest one after it",
    ),
    (
        "usual_fraud_streak",
        "applications",
        "usual_fraud_streak",
        "Known frauds {of} since the newest known honest application whose amount was not unusual for the applicant, "
        "or not known to be; at most 32",
    ),
    (
        "usual_frauds_30d",
        "applications",
        "usual_frauds_30d",
        "Known frauds {of} in 30 days whose amount was not unusual for the applicant, or not known to be",
    ),
)
_OF_MAIN_SLOTS: Rows = (
    ("fraud_rate_7d", "share", "fraud_rate_7d", "Likewise, of the 7 days up to the newest known label {of}"),
    ("fraud_rate_30d", "share", "fraud_rate_30d", "Likewise, of the 30 days up to the newest known label {of}"),
    ("last_label_fraud", "flag", "last_label", "The newest application {of} with a known label is a fraud"),
    ("last_label_age_d", "days", "last_label_age_d", "Time since the newest application {of} with a known label"),
    (
        "fraud_streak",
        "applications",
        "fraud_streak",
        "Known frauds {of} without a known honest one between them, up to the newest label, at most 32",
    ),
    (
        "honest_before_streak_age_d",
        "days",
        "honest_before_streak_age_d",
        "Time since the known honest application {of} just before them",
    ),
    ("first_fraud_age_d", "days", "first_fraud_age_d", "Time since the oldest of the newest 16 known frauds {of}"),
    (
        "since_usual_fraud",
        "applications",
        "since_usual_fraud",
        "Applications {of} with a known label since the newest known fraud whose amount was not unusual",
    ),
    (
        "first_usual_fraud_age_d",
        "days",
        "first_usual_fraud_age_d",
        "Time since the oldest such fraud among the newest 16 known ones",
    ),
    (
        "unusual_frauds_14d",
        "applications",
        "unusual_frauds_14d",
        "Known frauds {of} in 14 days whose amount was unusual for the applicant",
    ),
    (
        "since_unusual_fraud",
        "applications",
        "since_unusual_fraud",
        "Applications {of} with a known label since the newest known fraud whose amount was unusual",
    ),
)
"""Fields of `LabelSummary`."""


SLOT_FEATURES = SlotFeatures("label_history", "labels", _OF_EVERY_SLOT, _OF_MAIN_SLOTS)
FEATURES = SLOT_FEATURES.features
