"""What reasons about lists tell beyond numbers: what is listed, where, and how it is near."""

from __future__ import annotations

from collections.abc import Sequence

from models.decision import DetailValue, Reason
from models.enrichment import Enrichment, ListHit
from models.facts import ApplicationFacts
from models.features.list_summary import CONTACT
from models.near.alike import lookalikes


def with_lists(reason: Reason, facts: ApplicationFacts, enrichment: Enrichment) -> Reason:
    """The reason with the kinds and lists of its entries; any other reason as it is."""
    match reason.code:
        case "BLACKLIST_UNKNOWN":
            more: dict[str, DetailValue] = {"lists": enrichment.silent_lists}
        case "BLACKLIST_HIT":
            hits = [hit for hit in enrichment.hits if hit.kind != CONTACT]
            more = {"kinds": sorted({hit.kind for hit in hits}), "lists": _lists(hits)}
        case "BLACKLIST_NEAR":
            contacts = [hit for hit in enrichment.hits if hit.kind == CONTACT]
            seen = enrichment.observation
            alike = [each for each in lookalikes(facts, seen) if each.alike] if seen is not None else []
            more = {
                "alike_by": sorted({each.basis for each in alike}),
                "similarity": max((each.similarity for each in alike), default=None),
                "lists": _lists([*contacts, *(each.hit for each in alike)]),
            }
        case _:
            return reason
    return Reason(code=reason.code, effect=reason.effect, detail={**reason.detail, **more})


def _lists(hits: Sequence[ListHit]) -> list[str]:
    return sorted({hit.list for hit in hits})
