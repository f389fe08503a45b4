"""The features of `amounts` and `label_history`, all of an entity at a time: they are half of all features, and of most
entities that an application names nothing is known.

Each of them still says by itself what it is (`Feature.value`); a test holds the two to the same values.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from models.entities import EntityProfile
from models.facts import IdentifierKind
from models.features import amounts, label_history
from models.features.amount_summary import NO_AMOUNTS, summarise_amounts
from models.features.case import Case
from models.features.label_summary import NO_LABELS, summarise_labels
from models.features.slots import SLOTS, Slot

Features = dict[str, float | None]


class _OfSlot:
    """The features of one slot."""

    def __init__(self, slot: Slot) -> None:
        self._brief = not slot.main
        self._amount_names, self._amount_values = _read(amounts.fields(slot))
        self._label_names, self._label_values = _read(label_history.fields(slot))
        self.unknown: Features = {}
        """When nothing is known of the entity, what is not missing."""
        self._tell(self._amount_names, self._amount_values(NO_AMOUNTS), self.unknown)
        self._tell(self._label_names, self._label_values(NO_LABELS), self.unknown)

    def read(self, profile: EntityProfile, case: Case, features: Features) -> None:
        """Take what a profile says into the features."""
        moment, brief = case.occurred_ms, self._brief
        told = self._amount_values(summarise_amounts(profile, moment, case.facts.amount_cny, brief))
        self._tell(self._amount_names, told, features)
        self._tell(self._label_names, self._label_values(summarise_labels(profile, moment, brief)), features)

    @staticmethod
    def _tell(names: tuple[str, ...], values: tuple[float | None, ...], features: Features) -> None:
        for name, value in zip(names, values, strict=True):
            if value is not None:
                features[name] = float(value)


def _read(fields: list[tuple[str, str]]) -> tuple[tuple[str, ...], Callable[[Any], tuple[float | None, ...]]]:
    return tuple(name for name, _ in fields), attrgetter(*(field for _, field in fields))


_SLOT_OF: dict[IdentifierKind, _OfSlot] = {slot.kind: _OfSlot(slot) for slot in SLOTS}


def entity_features(case: Case, features: Features) -> None:
    """Take what is known of the case's entities into the features."""
    for kind, profile in case.profiles.items():
        slot = _SLOT_OF[kind]
        if profile is None:
            features.update(slot.unknown)
        else:
            slot.read(profile, case, features)
