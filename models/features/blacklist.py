"""What the lists know. Without the lists' answer everything is missing; 0 means asked and not found."""

from __future__ import annotations

from models.enrichment import ListHit
from models.features.case import Case
from models.features.feature import Feature

CONTACT = "contact_phone"
OWN_LIST = "own"
SEVERITY_LEVELS = {"low": 1, "medium": 2, "high": 3}


def _hits(case: Case) -> list[ListHit] | None:
    """Hits of the application's own identifiers; a listed contact does not make the applicant listed."""
    return None if case.observation is None else [hit for hit in case.observation.hits if hit.kind != CONTACT]


def _own(case: Case) -> int | None:
    hits = _hits(case)
    return None if hits is None else sum(hit.list == OWN_LIST for hit in hits)


def _external(case: Case) -> int | None:
    hits = _hits(case)
    return None if hits is None else sum(hit.list != OWN_LIST for hit in hits)


def _severity(case: Case) -> int | None:
    hits = _hits(case)
    return None if hits is None else max((SEVERITY_LEVELS[hit.severity] for hit in hits), default=0)


def _contacts(case: Case) -> int | None:
    return None if case.observation is None else sum(hit.kind == CONTACT for hit in case.observation.hits)


FEATURES = (
    Feature(
        "blacklist_hits_own",
        "count",
        "blacklist",
        "Entries of the lender's own lists that match an identifier of the application, contacts left out",
        _own,
    ),
    Feature("blacklist_hits_external", "count", "blacklist", "Likewise: entries of external lists", _external),
    Feature(
        "blacklist_severity",
        "level",
        "blacklist",
        "Highest severity of those entries: 0 no entry, 1 low, 2 medium, 3 high",
        _severity,
    ),
    Feature(
        "blacklist_contact_hits",
        "count",
        "blacklist",
        "Entries of any list that match a contact's phone",
        _contacts,
    ),
    Feature(
        "blacklist_linked",
        "applications",
        "blacklist",
        "Strongly linked applications that have an identifier on a list",
        lambda case: case.network.strong_links_listed if case.network else None,
    ),
)
