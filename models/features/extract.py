"""From an application and what was fetched for it to its features."""

from __future__ import annotations

from models.enrichment import Enrichment
from models.facts import ApplicationFacts
from models.features.case import Case, Value
from models.features.categories import EXTRA
from models.features.list_summary import summarise_lists
from models.features.needs import needs, present
from models.features.registry import FEATURE_NAMES, REGISTRY
from models.network import Network

_MISSING: dict[str, float | None] = dict.fromkeys(FEATURE_NAMES)


def _by_needs() -> list[tuple[int, list[tuple[str, Value]]]]:
    found: dict[int, list[tuple[str, Value]]] = {}
    for feature in REGISTRY:
        found.setdefault(needs(feature.value), []).append((feature.name, feature.value))
    return list(found.items())


_BY_NEEDS = _by_needs()
"""What features need -> those features."""


def extract(facts: ApplicationFacts, enrichment: Enrichment, network: Network | None) -> dict[str, float | None]:
    """All features of `models.features.registry.REGISTRY`, in its order, then a history's extra columns, their names
    after `EXTRA`. None is missing, and never 0.

    `network` is None when the link index could not be asked; whatever comes from the index is missing then.
    """
    case = Case(facts, enrichment.observation, network, summarise_lists(enrichment))
    there = present(case, facts)
    features = _MISSING.copy()
    for needed, values in _BY_NEEDS:
        if needed & there == needed:
            for name, value in values:
                found = value(case)
                if found is not None:
                    features[name] = float(found)
    if facts.extra is not None:
        for name, number in facts.extra.numeric.items():
            features[EXTRA + name] = number
    return features
