"""An application as a recall sees it: what is known of it now, and what it shares with whom."""

from __future__ import annotations

from msgspec import Struct

from models.enrichment import DecisionFlag, LabelFlag, LoanFlag


class Holder(Struct, frozen=True, array_like=True, gc=False):
    """Another application that has an identifier."""

    name: str
    """By which the index knows it."""
    applicant: str
    """First eight characters of the applicant's token."""


class Shared(Struct, frozen=True, array_like=True):
    """An identifier of an application that others have, too."""

    kind: str
    """`contact_phone` links who names a number as a contact's with each other and with who applies with it."""
    token: str
    """The beginning of it, as the index keeps it."""
    channels: dict[str, int]
    """How many of those that have it came by each channel, the application included."""
    others: list[Holder]
    """The newest 64 that have it, within 90 days of the application, newest first."""


class SeenApplication(Struct, frozen=True, array_like=True):
    """An application and those around it."""

    name: str
    """By which the index knows it."""
    application_id: str
    occurred_ms: int
    applicant: str
    """First eight characters of the applicant's token."""
    amount_cny: float
    """0 when it told none."""
    decision: DecisionFlag
    """The newest one."""
    label: LabelFlag
    loan: LoanFlag
    shared: list[Shared]
    """Identifiers of kinds that link people."""
    ring_id: str | None = None
    """The living ring that it is a member of; None: of none."""
