"""From an application and what was fetched for it to its features."""

from __future__ import annotations

from functools import lru_cache

from models.enrichment import Enrichment
from models.facts import ApplicationFacts
from models.features.case import Case, Value
from models.features.categories import EXTRA
from models.features.entity_features import entity_features
from models.features.list_summary import summarise_lists
from models.features.needs import needs, present
from models.features.registry import FEATURE_NAMES, REGISTRY
from models.network import Network

_MISSING: dict[str, float | None] = dict.fromkeys(FEATURE_NAMES)


_OF_ENTITIES = {"amounts", "label_history"}
"""Groups that `entity_features` sees to."""
_WITH_NEEDS = tuple(
    (feature.name, feature.value, needs(feature.value)) for feature in REGISTRY if feature.group not in _OF_ENTITIES
)
"""The others, and what each needs."""


@lru_cache(maxsize=4_096)
def _possible(there: int) -> tuple[tuple[str, Value], ...]:
    """The features that may be there when these things are."""
    return tuple((name, value) for name, value, needed in _WITH_NEEDS if needed & there == needed)


def extract(facts: ApplicationFacts, enrichment: Enrichment, network: Network | None) -> dict[str, float | None]:
    """All features of `models.features.registry.REGISTRY`, in its order, then a history's extra columns, their names
    after `EXTRA`. None is missing, and never 0.

    `network` is None when the link index could not be asked; whatever comes from the index is missing then.
    """
    case = Case(facts, enrichment.observation, network, summarise_lists(facts, enrichment, network))
    features = _MISSING.copy()
    for name, value in _possible(present(case)):
        found = value(case)
        if found is not None:
            features[name] = float(found)
    entity_features(case, features)
    if facts.extra is not None:
        for name, number in facts.extra.numeric.items():
            features[EXTRA + name] = number
    return features
