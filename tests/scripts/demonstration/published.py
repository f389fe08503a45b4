"""What a worker publishes, made from the documented examples."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec

from models.alerts import Alert, AlertSeverity
from models.dead_letter import DeadLetter, DeadLetterError, ErrorCode
from models.decision import Decision, Verdict
from scripts.simulator.records import GroundTruth

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples"


def decision(application_id: str, verdict: Verdict = "approve", **changes: object) -> Decision:
    """The example decision on another application; its decision_id is made from the application's."""
    example = msgspec.json.decode((EXAMPLES / "decisions.json").read_bytes(), type=Decision)
    given = {
        "decision_id": f"d-{application_id}",
        "application_id": application_id,
        "decision": verdict,
        "degraded": [],
    }
    return msgspec.structs.replace(example, **(given | changes))


def alert(number: int = 1, severity: AlertSeverity = "high", summary: str = "Something is up.") -> Alert:
    example = msgspec.json.decode((EXAMPLES / "alerts.json").read_bytes(), type=Alert)
    return msgspec.structs.replace(example, alert_id=f"alert-{number}", severity=severity, summary=summary)


def dead_letter(code: ErrorCode = "not_json") -> DeadLetter:
    error = DeadLetterError(code=code, path="$", message="It is broken")
    failed_at = datetime(2026, 11, 24, tzinfo=UTC)
    return DeadLetter.of(
        topic="t.labels", partition=0, offset=1, key=b"k", failed_at=failed_at, error=error, payload=b"?"
    )


def truth(application_id: str, typology: str = "none", position: int | None = None) -> GroundTruth:
    """Of a fraud when there is a position in a ring."""
    fraud = position is not None
    return GroundTruth(
        application_id=application_id,
        fraud=fraud,
        typology=typology,
        ring="ring-1" if fraud else None,
        position=position,
    )
