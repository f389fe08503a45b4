"""From an application and what was fetched for it to its features."""

from __future__ import annotations

from models.enrichment import Enrichment
from models.facts import ApplicationFacts
from models.features.case import (
    NO_BEHAVIOUR,
    NO_BUREAU,
    NO_DEVICE,
    NO_LIVENESS,
    NO_OTHER,
    NO_PLACE,
    NO_TRANSACTION,
    Case,
)
from models.features.categories import EXTRA
from models.features.entity_features import entity_features
from models.features.list_summary import ABSENT_LISTS, summarise_lists
from models.features.registry import FEATURE_NAMES, REGISTRY
from models.features.told import Features, told_together
from models.network import Network

_MISSING: Features = dict.fromkeys(FEATURE_NAMES)

_OF_ENTITIES = {"amounts", "label_history"}
"""Groups that `entity_features` sees to."""
_ABSENT: dict[str, object] = {
    "bureau": NO_BUREAU,
    "transaction": NO_TRANSACTION,
    "behaviour": NO_BEHAVIOUR,
    "other": NO_OTHER,
    "device": NO_DEVICE,
    "place": NO_PLACE,
    "liveness": NO_LIVENESS,
    "lists": ABSENT_LISTS,
}
"""What stands for a part that is not there, if not None."""
_tell = told_together(
    ((feature.name, feature.value) for feature in REGISTRY if feature.group not in _OF_ENTITIES), _ABSENT
)


def extract(facts: ApplicationFacts, enrichment: Enrichment, network: Network | None) -> Features:
    """All features of `models.features.registry.REGISTRY`, in its order, then a history's extra columns, their names
    after `EXTRA`. None is missing, and never 0.

    `network` is None when the link index could not be asked; whatever comes from the index is missing then.
    """
    case = Case(facts, enrichment.observation, network, summarise_lists(facts, enrichment, network))
    features = _MISSING.copy()
    _tell(case, features)
    entity_features(case, features)
    if facts.extra is not None:
        for name, number in facts.extra.numeric.items():
            features[EXTRA + name] = number
    return features
