"""Makers of what is remembered of an entity, so that a test says only what it is about.

profile(past(9, "fraud", 500.0), past(8, "honest"), past(1))    # days before noon, label, amount
"""

from __future__ import annotations

from functools import reduce
from typing import NamedTuple

from models.enrichment import LabelFlag
from models.entities import EntityProfile, EntityProfileOf, with_application, with_label
from models.facts import ApplicationFacts, IdentifierKind
from tests.builders import DAY_MS, NOON_MS
from tests.builders_network import features_of, observation


class Past(NamedTuple):
    """An earlier application of an entity."""

    occurred_ms: int
    amount_cny: float | None
    usual: bool | None
    label: LabelFlag


def past(days_ago: float, label: LabelFlag = "", amount_cny: float | None = 100.0, usual: bool | None = None) -> Past:
    """An application so many days before noon."""
    return Past(NOON_MS - round(days_ago * DAY_MS), amount_cny, usual, label)


def told(profile: EntityProfile | None, one: Past) -> EntityProfile:
    """The profile with one more application and its label."""
    profile = with_application(profile, one.occurred_ms, one.amount_cny)
    return with_label(profile, one.occurred_ms, one.amount_cny, one.usual, "", one.label)


def profile(*applications: Past) -> EntityProfile:
    """What is remembered of an entity with these applications, of which there is at least one."""
    made: EntityProfile | None = reduce(told, applications, None)
    assert made is not None
    return made


def features_with(
    facts: ApplicationFacts, profiles: dict[IdentifierKind, EntityProfile], of: ApplicationFacts | None = None
) -> dict[str, float | None]:
    """The features of an application when this is remembered of its entities, or of another application's."""
    known = [EntityProfileOf(kind, (of or facts).token(kind) or "", one) for kind, one in profiles.items()]
    return features_of(facts, observation(profiles=known))
