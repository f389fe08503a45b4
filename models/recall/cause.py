"""Why connected applications are looked for, and what that means for one of them."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from models.events import ListedKind, Severity

CauseKind = Literal["fraud", "list"]


class FraudConfirmed(Struct, frozen=True, kw_only=True):
    """An application turned out to be fraud."""

    application_id: str
    event_id: str
    """Of the label that says so; `BY_HAND` when a person asked."""


class EntryListed(Struct, frozen=True, kw_only=True):
    """An identifier joined a list."""

    event_id: str
    """Of the entry."""
    list: str
    kind: ListedKind
    token: str
    severity: Severity
    reason: str | None = None


Cause = FraudConfirmed | EntryListed

BY_HAND = "by-hand"
"""Stands for the event id when a person asked for a recall."""


class Recall(Struct, frozen=True, kw_only=True):
    """Why an approved application is decided again (a field of the audit record)."""

    cause: CauseKind
    source: str
    """The application that is fraud, or the list."""
    event_id: str
    """Of the label or the list entry; `by-hand` when a person asked."""
    distance: int
    """Strong links from the fraud, or from what has the listed identifier: 0 has it itself."""
    path: list[str]
    """From there to the application: application ids, and between them the kind of identifier that links them. A path
    from a list begins with the kind that is listed; one that goes over a ring's id is not seen in links any more."""
    alert_id: str
    """The alert that reported it."""


class RecallOrder(Struct, frozen=True, kw_only=True):
    """Decide an application again (internal topic `recalls`, key application_id)."""

    application_id: str
    occurred_ms: int
    """Event time as the recall saw it: the decision on that event, or a newer one, is meant."""
    recall: Recall
