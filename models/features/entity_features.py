"""The features of `amounts` and `label_history`, all of an entity at a time: they are half of all features, and of most
entities that an application names nothing is known.

Each of them still says by itself what it is (`Feature.value`); a test holds the two to the same values.
"""

from __future__ import annotations

from models.entities import EntityProfile
from models.features import amounts, label_history
from models.features.amount_summary import NO_AMOUNTS, summarise_amounts
from models.features.case import Case
from models.features.label_summary import NO_LABELS, summarise_labels
from models.features.slots import SLOTS, Slot
from models.features.told import Features, fields_told


class _OfSlot:
    """The features of one slot."""

    def __init__(self, slot: Slot) -> None:
        self._brief = not slot.main
        self._tell_amounts = fields_told(amounts.SLOT_FEATURES.fields(slot))
        self._tell_labels = fields_told(label_history.SLOT_FEATURES.fields(slot))
        self.unknown: Features = {}
        """When nothing is known of the entity, what is not missing."""
        self._tell_amounts(NO_AMOUNTS, self.unknown)
        self._tell_labels(NO_LABELS, self.unknown)

    def read(self, profile: EntityProfile, case: Case, features: Features) -> None:
        """Take what a profile says into the features."""
        moment, brief = case.occurred_ms, self._brief
        self._tell_amounts(summarise_amounts(profile, moment, case.facts.amount_cny, brief), features)
        self._tell_labels(summarise_labels(profile, moment, brief), features)


_SLOT_OF: dict[str, _OfSlot] = {slot.kind: _OfSlot(slot) for slot in SLOTS}


def entity_features(case: Case, features: Features) -> None:
    """Take what is known of the case's entities into the features."""
    for kind, profile in case.profiles.items():
        slot = _SLOT_OF[kind]
        if profile is None:
            features.update(slot.unknown)
        else:
            slot.read(profile, case, features)
