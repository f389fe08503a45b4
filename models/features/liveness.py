"""The face check."""

from __future__ import annotations

from models.features.case import D90
from models.features.feature import Feature
from models.features.told import Told, applicants

FEATURES = (
    Feature("liveness_score", "share", "liveness", "That a live face was there", Told("liveness", "score")),
    Feature("face_match", "share", "liveness", "That it is the ID's face", Told("liveness", "face_match")),
    Feature("liveness_attempts", "count", "liveness", "Tries of the face check", Told("liveness", "attempts")),
    Feature(
        "face_applicants_90d",
        "applicants",
        "liveness",
        "Applicants with the same face in 90 days",
        applicants("face_id", D90),
    ),
    Feature(
        "device_liveness_failures_24h",
        "count",
        "liveness",
        "Face checks that failed on the device in 24 hours",
        Told("device_state", "liveness_failures_24h"),
    ),
    Feature(
        "liveness_missing",
        "flag",
        "liveness",
        "The application carries no face check's score",
        lambda case: case.liveness.score is None,
    ),
)
