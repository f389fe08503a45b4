"""Features that stand there once for each slot."""

from __future__ import annotations

from operator import attrgetter

from models.features.feature import Feature, Group, Unit
from models.features.slots import SLOTS, Slot

Rows = tuple[tuple[str, Unit, str, str], ...]
"""Each: the name behind the slot's, the unit, the field of the slot's summary, the meaning with `{of}`."""


class SlotFeatures:
    """Those of one group."""

    def __init__(self, group: Group, part: str, of_every_slot: Rows, of_main_slots: Rows) -> None:
        """`part` is an attribute of the case; it has a summary under the name of every slot."""
        self._of_every_slot = of_every_slot
        self._of_main_slots = of_main_slots
        self.features = tuple(
            Feature(
                f"{slot.name}_{name}",
                unit,
                group,
                meaning.format(of=slot.of),
                attrgetter(f"{part}.{slot.name}.{field}"),
            )
            for slot in SLOTS
            for name, unit, field, meaning in self._rows(slot)
        )

    def fields(self, slot: Slot) -> list[tuple[str, str]]:
        """A slot's features, and the field of its summary that each of them is."""
        return [(f"{slot.name}_{name}", field) for name, _, field, _ in self._rows(slot)]

    def _rows(self, slot: Slot) -> Rows:
        return self._of_every_slot + (self._of_main_slots if slot.main else ())
