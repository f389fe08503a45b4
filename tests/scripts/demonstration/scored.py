"""Applications as the learning report sees them, made up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from scripts.demonstration.learning import Scored

START = datetime(2026, 8, 1, tzinfo=UTC)


def scored(
    number: int,
    served: float = 0.1,
    scorecard: float = 0.1,
    *,
    typology: str = "none",
    fraud: bool = False,
    model: str = "scorecard-1",
) -> Scored:
    """The `number`-th application, an hour after the one before it."""
    at = START + timedelta(hours=number)
    return Scored(
        decided_at=at,
        occurred_at=at,
        fraud=fraud,
        typology=typology,
        model=model,
        served=served,
        scorecard=scorecard,
    )


def honest(count: int, start: int = 0, model: str = "scorecard-1") -> list[Scored]:
    """With fraud scores from 0 up to, but not including, 0.5; no two alike."""
    return [scored(start + each, each / count / 2, each / count / 2, model=model) for each in range(count)]
