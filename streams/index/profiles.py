"""What the link index in memory remembers of entities: `models.entities`, kept for each identifier of `ENTITY_KINDS`
that two applications or more have had.

An application counts once in each of its entities, as its newest event, its label and its decision say; when one of
these changes, it is taken out as it was and put in as it is. The profile of an entity with one application is made from
that application when it is asked for, as most entities never have a second.
"""

from __future__ import annotations

from collections.abc import Sequence, Set

from models.enrichment import LabelFlag
from models.entities import (
    ENTITY_KINDS,
    EntityProfile,
    EntityProfileOf,
    with_application,
    with_label,
    without_application,
)
from streams.index.graph import Graph
from streams.index.layout import KIND_CODES
from streams.index.node import Membership, Node

_KINDS = {KIND_CODES[kind]: kind for kind in ENTITY_KINDS}


class Profiles:
    """Profiles by identifier."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._profiles: dict[str, EntityProfile] = {}

    def of(self, identifier: str, node: Node, counted: Membership | None) -> EntityProfile | None:
        """The profile of one of the application's identifiers without the application, which is placed in the graph and
        counts in the profile as `counted`. None when nothing else is known."""
        profile = self._profiles.get(identifier)
        if profile is None:
            other = next((each for each in self._graph.members(identifier) if each is not node), None)
            return None if other is None else _with(None, other.membership)
        return profile if counted is None else _without(profile, counted)

    def around(
        self,
        node: Node,
        identifiers: Sequence[tuple[str, str]],
        before: Membership,
        counted: Set[str],
        fresh: bool,
    ) -> list[EntityProfileOf]:
        """The profiles of an application's entities without it, which is counted in them from now on.

        `identifiers` come with their tokens; in those of `counted` the application counted before, as `before`.
        `fresh`: this event is seen for the first time.
        """
        now, found = node.membership, []
        for identifier, token in identifiers:
            kind = _KINDS.get(identifier[0])
            if kind is None:
                continue
            was_in = identifier in counted
            profile = self.of(identifier, node, before if was_in else None)
            if profile is None:
                continue
            if fresh and not (was_in and now == before):
                self._profiles[identifier] = _with(profile, now)
            if profile.applications:
                found.append(EntityProfileOf(kind, token, profile))
        return found

    def changed(self, node: Node, before: Membership) -> None:
        """The application's label or decision has changed; it counted as `before`."""
        now = node.membership
        if now == before or not (now.label or before.label):
            return
        for identifier in node.identifiers:
            profile = self._profiles.get(identifier)
            if profile is None:
                continue
            if now.usual == before.usual:
                profile = _labelled(profile, now, before.label, now.label)
            else:
                profile = _labelled(_labelled(profile, before, before.label, ""), now, "", now.label)
            self._profiles[identifier] = profile

    def forget(self, identifiers: Sequence[str]) -> None:
        """Nobody has these identifiers any more."""
        for identifier in identifiers:
            self._profiles.pop(identifier, None)


def _with(profile: EntityProfile | None, counted: Membership) -> EntityProfile:
    profile = with_application(profile, counted.occurred_ms, counted.amount_cny)
    return _labelled(profile, counted, "", counted.label)


def _without(profile: EntityProfile, counted: Membership) -> EntityProfile:
    profile = _labelled(profile, counted, counted.label, "")
    return without_application(profile, counted.occurred_ms, counted.amount_cny)


def _labelled(profile: EntityProfile, counted: Membership, old: LabelFlag, new: LabelFlag) -> EntityProfile:
    return with_label(profile, counted.occurred_ms, counted.amount_cny, counted.usual, old, new)
