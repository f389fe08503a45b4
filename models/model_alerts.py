"""Alerts about models: another one decides, one that should was refused, what they see has shifted."""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b

from msgspec.structs import asdict

from models.alerts import Alert, AlertSubject
from models.learning.drift import Drift
from models.published import ModelVersionRecord


def promoted_alert(record: ModelVersionRecord) -> Alert:
    """Another version has become champion, by itself or by command. One alert for each announcement."""
    return Alert(
        alert_id=_alert_id("MODEL_PROMOTED", record.name, str(record.sequence), record.version),
        kind="MODEL_PROMOTED",
        severity="medium",
        raised_at=record.activated_at,
        subject=AlertSubject(type="model", id=record.version),
        summary=f"Model {record.version} decides now, in place of {record.previous_version}: {record.reason}",
        applications=[],
        evidence={
            "version": record.version,
            "previous_version": record.previous_version,
            "change": record.change,
            "by": record.by,
            "trained_examples": record.trained_examples,
            **record.metrics,
        },
    )


def refused_alert(version: str, why: str, serving: str, raised_at: datetime) -> Alert:
    """A model that was announced must not be loaded; `serving` is what goes on deciding. One alert for each version."""
    return Alert(
        alert_id=_alert_id("DATA_ANOMALY", "model", version),
        kind="DATA_ANOMALY",
        severity="critical",
        raised_at=raised_at,
        subject=AlertSubject(type="model", id=version),
        summary=f"Model {version} was announced and is refused; {serving} goes on deciding.",
        applications=[],
        evidence={"version": version, "why": why, "serving": serving},
    )


def unreadable_alert(why: str, serving: str, raised_at: datetime) -> Alert:
    """What stands on `model-versions` is no announcement; `serving` goes on deciding. One alert for each such cause."""
    return Alert(
        alert_id=_alert_id("DATA_ANOMALY", "announcement", why),
        kind="DATA_ANOMALY",
        severity="critical",
        raised_at=raised_at,
        subject=AlertSubject(type="topic", id="model-versions"),
        summary=f"A record on model-versions cannot be read; {serving} goes on deciding.",
        applications=[],
        evidence={"why": why, "serving": serving},
    )


def drift_alert(drift: Drift, raised_at: datetime) -> Alert:
    """A feature looks different than it did, or the champion errs more. One alert for each shift that was found."""
    if drift.kind == "feature":
        what = f"{drift.subject} looks different than it did (population stability index {drift.statistic:.2f})"
        subject = AlertSubject(type="feature", id=drift.subject)
    else:
        what = f"Model {drift.model} makes more mistakes than it did ({drift.subject.replace('_', ' ')})"
        subject = AlertSubject(type="model", id=drift.model or "")
    details = {name: value for name, value in asdict(drift).items() if name not in ("at", "others")}
    return Alert(
        alert_id=_alert_id("MODEL_DRIFT", drift.kind, drift.subject, drift.model or "", drift.at.isoformat()),
        kind="MODEL_DRIFT",
        severity="medium",
        raised_at=raised_at,
        subject=subject,
        summary=f"{what}; seen in what was labelled until {drift.at:%Y-%m-%d}.",
        applications=[],
        evidence={**details, "others": [f"{name} {value:.2f}" for name, value in drift.others.items()]},
    )


def _alert_id(*situation: str) -> str:
    return blake2b("\n".join(situation).encode(), digest_size=16).hexdigest()
