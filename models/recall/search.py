"""The walk outward from a fraud or a listed identifier, over strong links, the nearest applications first.

It asks for applications by name and is given them, so whoever walks it decides where they come from:

    search = Search({name: []})
    while names := search.wanted():
        search.take(names, await index.look(names))
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from msgspec import Struct

from models.enrichment import Link
from models.link_weights import NEGLIGIBLE, NO_CROWDS, STRONG, Crowds, link_weight
from models.network import ROUNDING
from models.recall.seen import SeenApplication

HOPS_MAX = 64
"""A ring may be a chain of pairs; who is held together by strong links is one ring, however long."""
REACHED_MAX = 512
"""Applications that one recall reports; the nearest ones, when there are more."""
LOOK_ALIKE = "device_like"
"""That devices are alike has a meaning only beside how crowded their place is, which is not known here."""


class Reached(Struct, frozen=True, kw_only=True):
    """An application and how it was reached."""

    application: SeenApplication
    distance: int
    path: list[str]
    """See `models.recall.cause.Recall`."""


class Search:
    """One walk. Known frauds lead on like any other; who is known to be honest leads on to nobody."""

    def __init__(
        self, starts: Mapping[str, tuple[int, list[str]]], hops: int = HOPS_MAX, crowds: Crowds = NO_CROWDS
    ) -> None:
        """`starts`: name -> distance and the path that leads there. `hops`: links that are followed from them. `crowds`
        are those that the policy knows, by the beginning of their tokens as the index keeps it."""
        self.reached: list[Reached] = []
        self.cut = False
        """There was more than `REACHED_MAX`."""
        self._ways = dict(starts)
        self._next = list(starts)
        self._hops = hops
        self._crowds = crowds

    def wanted(self) -> list[str]:
        """The names to look at next; none when the walk is over."""
        room = REACHED_MAX - len(self.reached)
        self.cut = self.cut or len(self._next) > room
        return self._next[:room]

    def take(self, names: Sequence[str], seen: Sequence[SeenApplication | None]) -> None:
        """What there is of the names that were wanted."""
        self._next = []
        for name, application in zip(names, seen, strict=True):
            if application is None:
                continue
            distance, path = self._ways[name]
            reached = Reached(application=application, distance=distance, path=[*path, application.application_id])
            self.reached.append(reached)
            if application.label != "honest":
                self._follow(reached)
        self._hops -= 1
        if self._hops < 0:
            self._next = []

    def add_ring(self, ring_id: str, names: Sequence[str]) -> None:
        """Go on with the members of the living ring of the first application that have not been reached: some links
        are too old to be seen now, or were behind 64 newer ones."""
        if self.reached:
            first, last = self.reached[0].application, self.reached[-1]
            for name in names:
                if name not in self._ways:
                    self._ways[name] = last.distance + 1, [first.application_id, ring_id]
                    self._next.append(name)

    def _follow(self, reached: Reached) -> None:
        for name, kind in strong_partners(reached.application, self._crowds).items():
            if name not in self._ways:
                self._ways[name] = reached.distance + 1, [*reached.path, kind]
                self._next.append(name)


def strong_partners(application: SeenApplication, crowds: Crowds = NO_CROWDS) -> dict[str, str]:
    """Names of the applications that are strongly linked with it -> the kind that weighs most among what they share."""
    weights: defaultdict[str, float] = defaultdict(float)
    heaviest: dict[str, tuple[float, str]] = {}
    for shared in application.shared:
        if shared.kind == LOOK_ALIKE:
            continue
        applicants = [*(other.applicant for other in shared.others), application.applicant]
        members = list(range(len(applicants)))
        weight = link_weight(Link(shared.kind, shared.token, len(members), shared.channels, members), applicants)
        weight *= crowds.get((shared.kind, shared.token), 1.0)
        if weight < NEGLIGIBLE:
            continue
        for other in shared.others:
            weights[other.name] += weight
            heaviest[other.name] = max(heaviest.get(other.name, (0.0, "")), (weight, shared.kind))
    return {name: heaviest[name][1] for name, weight in weights.items() if weight >= STRONG - ROUNDING}
