"""From an application and what was fetched for it to its features."""

from __future__ import annotations

from models.enrichment import Enrichment
from models.facts import ApplicationFacts
from models.features.case import Case
from models.features.categories import EXTRA
from models.features.registry import REGISTRY
from models.network import Network

_VALUES = tuple((feature.name, feature.value) for feature in REGISTRY)


def extract(facts: ApplicationFacts, enrichment: Enrichment, network: Network | None) -> dict[str, float | None]:
    """All features of `models.features.registry.REGISTRY`, in its order, then a history's extra columns, their names
    after `EXTRA`. None is missing, and never 0.

    `network` is None when the link index could not be asked; whatever comes from the index is missing then.
    """
    case = Case(facts, enrichment.observation, network)
    features = {name: None if (found := value(case)) is None else float(found) for name, value in _VALUES}
    if facts.extra is not None:
        features.update((EXTRA + name, value) for name, value in facts.extra.numeric.items())
    return features
