"""A member of a ring, as whoever follows a ring up sees it."""

from __future__ import annotations

from msgspec import Struct

from models.enrichment import DecisionFlag, LabelFlag


class RingMember(Struct, frozen=True, kw_only=True):
    """A member of a ring as it stands now."""

    application_id: str
    occurred_ms: int
    applicant: str
    """First eight characters of the applicant's token."""
    amount_cny: float | None
    decision: DecisionFlag
    label: LabelFlag
    listed: bool
