"""The four variable scores: how good the applicant's credit looks by one group of variables each, 0 to 100."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Struct

from models.decision import VariableScores
from models.scoring.bins import BinnedFeature, compile_points

Points100 = Annotated[float, Meta(ge=0, le=100)]


class VariableTable(Struct, frozen=True, forbid_unknown_fields=True):
    """The policy's table of one group: where the score starts, and what each variable adds or takes."""

    base: Points100
    features: Annotated[tuple[BinnedFeature, ...], Meta(min_length=1)]


class VariableTables(Struct, frozen=True, forbid_unknown_fields=True):
    """The policy's `[scores]`."""

    bureau: VariableTable
    transaction: VariableTable
    behaviour: VariableTable
    other: VariableTable


class _Group:
    def __init__(self, table: VariableTable) -> None:
        self._base = table.base
        self._names = tuple(feature.name for feature in table.features)
        self._nothing = [None] * len(self._names)
        self._points = compile_points(table.features)

    def score(self, features: Mapping[str, float | None]) -> int | None:
        if list(map(features.get, self._names)) == self._nothing:
            return None
        total = self._base + math.fsum(self._points(features))
        return round(total) if 0.0 < total < 100.0 else 100 if total > 0.0 else 0


class VariableScorer:
    """Scores the groups. A group of which nothing is known has no score; single missing variables of a group that is
    there count by their `missing` points, which are neutral unless the policy says otherwise."""

    def __init__(self, tables: VariableTables) -> None:
        self._bureau = _Group(tables.bureau)
        self._transaction = _Group(tables.transaction)
        self._behaviour = _Group(tables.behaviour)
        self._other = _Group(tables.other)

    def score(self, features: Mapping[str, float | None]) -> VariableScores:
        """The four scores, rounded to whole points."""
        return VariableScores(
            bureau=self._bureau.score(features),
            transaction=self._transaction.score(features),
            behaviour=self._behaviour.score(features),
            other=self._other.score(features),
        )
