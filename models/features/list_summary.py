"""What all lists together say about one application: the link index's, and those of external services."""

from __future__ import annotations

from msgspec import Struct

from models.enrichment import Enrichment

CONTACT = "contact_phone"
OWN_LIST = "own"
SEVERITY_LEVELS = {"low": 1, "medium": 2, "high": 3}


class ListSummary(Struct, frozen=True, kw_only=True):
    """Entries for the identifiers of one application; a listed contact does not make the applicant listed.

    None is not known: where a list could not be asked, 0 hits are no news, but a hit elsewhere is one.
    """

    own: int | None = None
    """Hits of the applicant on the lender's own lists."""
    external: int | None = None
    """Hits of the applicant on external lists."""
    severity: int | None = None
    """The highest of the applicant's hits: 0 none, 1 low, 2 medium, 3 high."""
    contacts: int | None = None
    """Hits of contacts on any list."""
    silent: int | None = None
    """External list services that did not answer; None: there are none to ask."""


ABSENT_LISTS = ListSummary()
"""No list could be asked."""
_CLEAN = ListSummary(own=0, external=0, severity=0, contacts=0)


def summarise_lists(enrichment: Enrichment) -> ListSummary:
    """The summary of what was fetched."""
    silent = len(enrichment.silent_lists) if enrichment.external_lists else None
    own_known = enrichment.observation is not None
    all_known = own_known and not silent
    hits = enrichment.hits
    if not hits and all_known and silent is None:
        return _CLEAN
    applicant = [hit for hit in hits if hit.kind != CONTACT]
    own = sum(hit.list == OWN_LIST for hit in applicant)
    return ListSummary(
        own=own if own_known else None,
        external=_at_least(len(applicant) - own, all_known),
        severity=_at_least(max((SEVERITY_LEVELS[hit.severity] for hit in applicant), default=0), all_known),
        contacts=_at_least(len(hits) - len(applicant), all_known),
        silent=silent,
    )


def _at_least(found: int, all_known: bool) -> int | None:
    """What was found; nothing found is only nothing when everything has been asked."""
    return found if found or all_known else None
