"""Alerts: situations that the risk team should look at (topic `alerts`, key alert_id)."""

from __future__ import annotations

from hashlib import blake2b
from typing import Literal

from msgspec import Struct

from models.events import Time

AlertKind = Literal[
    "FRAUD_RING",
    "RING_RECALL",
    "BLACKLIST_HIT",
    "BLACKLIST_RETRO_HIT",
    "VELOCITY_BURST",
    "IMPOSSIBLE_TRAVEL",
    "MERCHANT_WARNING",
    "MERCHANT_TIER_CHANGED",
    "DATA_ANOMALY",
    "MODEL_DRIFT",
    "MODEL_PROMOTED",
    "POLICY_ACTIVATED",
    "DEGRADED",
]
AlertSeverity = Literal["low", "medium", "high", "critical"]
EvidenceValue = str | int | float | bool | None | list[str] | dict[str, int | float]


class AlertSubject(Struct, frozen=True, kw_only=True):
    """What the alert is about: `type` is application, applicant, ring, an identifier kind, dependency, model or
    feature."""

    type: str
    id: str


class Alert(Struct, frozen=True, kw_only=True):
    """One situation. The same situation always gives the same `alert_id`, so it is raised once."""

    alert_id: str
    kind: AlertKind
    severity: AlertSeverity
    raised_at: Time
    subject: AlertSubject
    summary: str
    """One sentence that a person understands."""
    applications: list[str]
    evidence: dict[str, EvidenceValue] = {}


def alert_id(kind: AlertKind, *situation: str) -> str:
    """The id of the alert of a situation."""
    return blake2b("\n".join((kind, *situation)).encode(), digest_size=16).hexdigest()


def words(kind: str) -> str:
    """An identifier kind as a sentence says it."""
    return kind.replace("_", " ")
