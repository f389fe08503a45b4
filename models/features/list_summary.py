"""What all lists together say about one application: the link index's, and those of external services."""

from __future__ import annotations

from msgspec import Struct

from models.enrichment import Enrichment, Observation
from models.facts import ApplicationFacts
from models.near.alike import Lookalike, lookalikes
from models.network import Network
from models.rings.living import APPLICANT_CHARACTERS, SELF

CONTACT = "contact_phone"
OWN_LIST = "own"
SEVERITY_LEVELS = {"low": 1, "medium": 2, "high": 3}
DEVICE_KINDS = ("device_id", "ip")
"""What is not the applicant's own, but what they use: a hop away."""


class ListSummary(Struct, frozen=True, kw_only=True, gc=False):
    """Entries for the identifiers of one application; a listed contact does not make the applicant listed.

    None is not known: where a list could not be asked, 0 hits are no news, but a hit elsewhere is one.
    """

    own: int | None = None
    """Hits of the applicant on the lender's own lists."""
    external: int | None = None
    """Hits of the applicant on external lists."""
    severity: int | None = None
    """The highest of the applicant's hits: 0 none, 1 low, 2 medium, 3 high."""
    distance: int | None = None
    """Hops to the nearest of the applicant's hits: 0 what is their own, 1 their device or address on the network; None
    without a hit."""
    contacts: int | None = None
    """Hits of contacts on any list."""
    naming: int | None = None
    """Listed applicants who name this one as their contact."""
    alike: int | None = None
    """Entries of people and addresses that are much like the applicant's (`models.near.alike`)."""
    near_distance: int | None = None
    """Hops to the nearest listed company: 0 somebody much like the applicant, 1 a contact, or who names the applicant,
    n a linked application; None without any."""
    similarity: dict[str, float] = {}
    """By basis of the applicant's forms: the similarity of the most similar entry, 0 without any."""
    silent: int | None = None
    """External list services that did not answer; None: there are none to ask."""


ABSENT_LISTS = ListSummary()
"""No list could be asked."""


def summarise_lists(facts: ApplicationFacts, enrichment: Enrichment, network: Network | None) -> ListSummary:
    """The summary of what was fetched."""
    observation = enrichment.observation
    silent = len(enrichment.silent_lists) if enrichment.external_lists else None
    all_known = observation is not None and not silent
    hits = enrichment.hits
    if observation is None and not hits:
        return ABSENT_LISTS if silent is None else ListSummary(silent=silent)
    applicant = [hit for hit in hits if hit.kind != CONTACT] if hits else hits
    contacts = len(hits) - len(applicant)
    own = [hit.list for hit in applicant].count(OWN_LIST) if applicant else 0
    severity = max([SEVERITY_LEVELS[hit.severity] for hit in applicant]) if applicant else 0
    similar = [] if observation is None else lookalikes(facts, observation)
    alike = [each.alike for each in similar].count(True) if similar else 0
    naming = None if observation is None else _naming(facts, observation)
    return ListSummary(
        own=own if observation is not None else None,
        external=_at_least(len(applicant) - own, all_known),
        severity=_at_least(severity, all_known),
        distance=min([int(hit.kind in DEVICE_KINDS) for hit in applicant]) if applicant else None,
        contacts=_at_least(contacts, all_known),
        naming=naming,
        alike=None if observation is None else alike,
        near_distance=_near_distance(alike, contacts or naming or 0, network),
        similarity={} if observation is None else _similarity(facts, similar),
        silent=silent,
    )


def _at_least(found: int, all_known: bool) -> int | None:
    """What was found; nothing found is only nothing when everything has been asked."""
    return found if found or all_known else None


def _near_distance(alike: int, known: int, network: Network | None) -> int | None:
    if alike:
        return 0
    return 1 if known else network.listed_distance if network is not None else None


def _similarity(facts: ApplicationFacts, similar: list[Lookalike]) -> dict[str, float]:
    found: dict[str, float] = {form.basis: 0.0 for form in facts.near}
    for each in similar:
        found[each.basis] = max(found[each.basis], each.similarity)
    return found


def _naming(facts: ApplicationFacts, observation: Observation) -> int:
    """The applicant's number leads to who names it as a contact's and to who applies with it; the latter are linked by
    the phone itself."""
    phone = facts.token("phone")
    if phone is None or True not in [neighbour.listed for neighbour in observation.neighbours]:
        return 0
    members: dict[str, set[int]] = {"phone": set(), CONTACT: set()}
    for link in observation.links:
        if link.token == phone and link.kind in members:
            members[link.kind].update(link.members)
    neighbours = [observation.neighbours[member] for member in members[CONTACT] - members["phone"] if member != SELF]
    applicant = facts.applicant_token[:APPLICANT_CHARACTERS]
    return len({each.applicant for each in neighbours if each.listed and each.applicant != applicant})
