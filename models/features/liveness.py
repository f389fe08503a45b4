"""The face check."""

from __future__ import annotations

from models.features.case import D90, applicants
from models.features.feature import Feature

FEATURES = (
    Feature("liveness_score", "share", "liveness", "That a live face was there", lambda case: case.liveness.score),
    Feature("face_match", "share", "liveness", "That it is the ID's face", lambda case: case.liveness.face_match),
    Feature("liveness_attempts", "count", "liveness", "Tries of the face check", lambda case: case.liveness.attempts),
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
        lambda case: case.device_state.liveness_failures_24h if case.device_state else None,
    ),
    Feature(
        "liveness_missing",
        "flag",
        "liveness",
        "The application carries no face check's score",
        lambda case: case.liveness.score is None,
    ),
)
