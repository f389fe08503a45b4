"""The case: everything known about one application, arranged so that a feature is one look-up."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from operator import attrgetter
from types import SimpleNamespace

from models.enrichment import Observation, Velocity
from models.entities import ENTITY_KINDS, EntityProfile
from models.events import BehaviourCredit, BureauCredit, OtherCredit, TransactionCredit
from models.facts import ApplicationFacts, DeviceFacts, IdentifierKind, LivenessFacts, PlaceFacts
from models.features.amount_summary import ABSENT_AMOUNTS, summarise_amounts
from models.features.label_summary import ABSENT_LABELS, summarise_labels
from models.features.list_summary import ABSENT_LISTS, ListSummary
from models.features.slots import SLOTS
from models.features.travel import Journey, fastest_journey, store_distance_km
from models.link_weights import colleagues, store_share
from models.network import Network
from models.rings.living import SELF

H1, H24, D7, D30, D90 = range(5)
"""Positions of the windows in `models.enrichment.WINDOWS_MS`."""

HOUR_MS = 3_600_000

_kind_and_token = attrgetter("kind", "token")

NO_DEVICE = DeviceFacts()
NO_PLACE = PlaceFacts()
NO_LIVENESS = LivenessFacts()
NO_BUREAU = BureauCredit()
NO_TRANSACTION = TransactionCredit()
NO_BEHAVIOUR = BehaviourCredit()
NO_OTHER = OtherCredit()


class Case:
    """An application with what was fetched for it. An absent group stands here with all its fields missing, so that a
    feature need not tell an absent group from an absent field.

    `observation` and `network` are None when the link index could not be asked; `ring` and `figures` without a ring
    too.
    """

    def __init__(
        self,
        facts: ApplicationFacts,
        observation: Observation | None,
        network: Network | None,
        lists: ListSummary = ABSENT_LISTS,
    ) -> None:
        self.facts = facts
        self.lists = lists
        self.observation = observation
        self.network = network
        self.ring = network.ring if network is not None else None
        self.figures = network.figures if network is not None else None
        self.occurred_ms = facts.occurred_ms
        self.identity = facts.identity
        self.device = facts.device or NO_DEVICE
        self.place = facts.place or NO_PLACE
        self.liveness = facts.liveness or NO_LIVENESS
        credit = facts.credit
        self.bureau = (credit.bureau if credit else None) or NO_BUREAU
        self.transaction = (credit.transaction if credit else None) or NO_TRANSACTION
        self.behaviour = (credit.behaviour if credit else None) or NO_BEHAVIOUR
        self.other = (credit.other if credit else None) or NO_OTHER
        self.person = observation.person if observation else None
        self.device_state = observation.device if observation else None
        self.tokens: dict[str, str] = dict(map(_kind_and_token, reversed(facts.identifiers)))
        """The first of each identifier kind."""
        self.velocity: dict[str, Velocity] = {} if observation is None else _by_kind(observation.velocity)
        """By identifier kind; of the contacts' phones, the largest counts."""
        self.profiles: dict[str, EntityProfile | None] = {}
        """Of the entities that the application names, by kind; None where nothing else is known of one."""
        if observation is not None:
            self.profiles = dict.fromkeys([kind for kind in ENTITY_KINDS if kind in self.tokens])
            for each in observation.profiles:
                if self.tokens.get(each.kind) == each.token:
                    self.profiles[each.kind] = each.profile
        self.journey = self._journey()
        """The fastest journey to this application's place from where its device, phone or applicant was seen."""

    @cached_property
    def amounts(self) -> SimpleNamespace:
        """How the amount compares with those of each entity: an `AmountSummary` under the name of every slot."""
        profiles, moment, amount = self.profiles, self.occurred_ms, self.facts.amount_cny
        return SimpleNamespace(
            **{
                slot.name: summarise_amounts(profiles[slot.kind], moment, amount, brief=not slot.main)
                if slot.kind in profiles
                else ABSENT_AMOUNTS
                for slot in SLOTS
            }
        )

    @cached_property
    def labels(self) -> SimpleNamespace:
        """What labels say of each entity: a `LabelSummary` under the name of every slot."""
        profiles, moment = self.profiles, self.occurred_ms
        return SimpleNamespace(
            **{
                slot.name: summarise_labels(profiles[slot.kind], moment, brief=not slot.main)
                if slot.kind in profiles
                else ABSENT_LABELS
                for slot in SLOTS
            }
        )

    def _journey(self) -> Journey | None:
        cell = self.place.gps_cell
        if cell is None or self.observation is None or self.device.vpn:
            return None
        sightings = (
            sighting
            for sighting in self.observation.sightings
            if sighting.kind != "store_id" and sighting.application_id != self.facts.application_id
        )
        return fastest_journey(cell, self.place.gps_accuracy_m, self.occurred_ms, sightings)

    def store_km(self) -> float | None:
        """How far the applicant was from the store."""
        cell = self.place.gps_cell
        if cell is None or self.observation is None:
            return None
        return store_distance_km(cell, (seen for seen in self.observation.sightings if seen.kind == "store_id"))

    def store_share(self, kind: IdentifierKind) -> float | None:
        """Share of the channel `store` among the applications with this one's identifier of that kind, itself
        included; 1 for what the policy knows as a crowd's."""
        velocity = self.velocity.get(kind)
        if velocity is None or self.observation is None:
            return None
        if self.network is not None and (kind, velocity.token) in self.network.known_crowds:
            return 1.0
        for link in self.observation.links:
            if link.token == velocity.token and link.kind == kind:
                return store_share(link.channels)
        return float(self.facts.channel == "store")

    def colleagues(self, kind: IdentifierKind) -> float | None:
        """Share of the other applications with this one's identifier of that kind that name its employer; missing
        without any."""
        if self.observation is None:
            return None
        for link in self.observation.links:
            if link.kind == kind and SELF in link.members:
                return colleagues(link, self.observation) if link.degree > 1 else None
        return None


Value = Callable[[Case], float | None]
"""How a feature is computed."""


def ratio(numerator: float | None, denominator: float | None, floor: float = 1.0) -> float | None:
    """The quotient; missing when either is. A denominator below `floor` counts as `floor`: an income of nothing makes
    any debt large, and not unknown."""
    if numerator is None or denominator is None:
        return None
    return numerator / max(denominator, floor)


def _by_kind(velocities: list[Velocity]) -> dict[str, Velocity]:
    """Of a kind that stands there more than once, the largest counts."""
    found: dict[str, Velocity] = {}
    for each in velocities:
        kind = each.kind
        found[kind] = _largest(found[kind], each) if kind in found else each
    return found


def _largest(one: Velocity, other: Velocity) -> Velocity:
    """The larger of two contacts' counts, window by window."""
    if one.counts == other.counts and one.applicants == other.applicants and one.as_phone == other.as_phone:
        return one
    counts = _larger(one.counts, other.counts)
    applicants, as_phone = _larger(one.applicants, other.applicants), _larger(one.as_phone, other.as_phone)
    return Velocity(one.kind, one.token, counts, applicants, one.degree, as_phone)


def _larger(one: list[int], other: list[int]) -> list[int]:
    return one if one == other else list(map(max, one, other))
