"""From an application and what was fetched for it to its features."""

from __future__ import annotations

from collections import defaultdict

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
from models.features.told import Counted, Features, Tell, Told, told_together
from models.network import Network

_MISSING: Features = dict.fromkeys(FEATURE_NAMES)

_OF_ENTITIES = {"amounts", "label_history"}
"""Groups that `entity_features` sees to."""
_OTHERS = [(feature.name, feature.value) for feature in REGISTRY if feature.group not in _OF_ENTITIES]
_ASKED = tuple((name, value) for name, value in _OTHERS if not isinstance(value, Told))
"""Features that are worked out one by one."""


def _tellers(of: type[Told]) -> dict[str, Tell]:
    """By part, what tells all its features."""
    by_part: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for name, value in _OTHERS:
        if type(value) is of:
            by_part[value.part].append((name, value.expression))
    return {part: told_together(expressions) for part, expressions in by_part.items()}


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
"""What stands for a part that is not there, if not None. It has nothing to tell."""
_PARTS = tuple((part, _ABSENT.get(part), tell) for part, tell in _tellers(Told).items())
_KINDS = _tellers(Counted)


def extract(facts: ApplicationFacts, enrichment: Enrichment, network: Network | None) -> Features:
    """All features of `models.features.registry.REGISTRY`, in its order, then a history's extra columns, their names
    after `EXTRA`. None is missing, and never 0.

    `network` is None when the link index could not be asked; whatever comes from the index is missing then.
    """
    case = Case(facts, enrichment.observation, network, summarise_lists(facts, enrichment, network))
    features = _MISSING.copy()
    for part, absent, tell in _PARTS:
        found = getattr(case, part)
        if found is not absent and found is not None:
            tell(found, features)
    for kind, velocity in case.velocity.items():
        if kind in _KINDS:
            _KINDS[kind](velocity, features)
    for name, value in _ASKED:
        worked_out = value(case)
        if worked_out is not None:
            features[name] = float(worked_out)
    entity_features(case, features)
    if facts.extra is not None:
        for name, number in facts.extra.numeric.items():
            features[EXTRA + name] = number
    return features
