"""What one application sees around itself in a `Graph`: the counterpart of observe.lua, step by step."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate, count
from typing import Literal

from models.enrichment import (
    CROWD,
    HOP_TWO_KINDS,
    NEIGHBOURS_MAX,
    UNLINKED_KINDS,
    WEAK_KINDS,
    WINDOWS_MS,
    Link,
    Neighbour,
    PersonCounts,
    Velocity,
)
from models.events import Channel
from streams.index.columns import Columns
from streams.index.graph import NOBODY_ELSE, Graph, Shared
from streams.index.layout import KIND_CODES, KIND_OF_CODE
from streams.index.node import PERSON_POSITIONS, Node
from streams.index.records import PLACED_KINDS, Place

PHONE, CONTACT = KIND_CODES["phone"], KIND_CODES["contact_phone"]
OTHER_ROLE = {PHONE: CONTACT, CONTACT: PHONE}
"""The same number as somebody's own phone and as somebody's contact."""

_UNLINKED = {KIND_CODES[kind] for kind in UNLINKED_KINDS}
_WEAK = {KIND_CODES[kind] for kind in WEAK_KINDS}
_HOP_TWO = {KIND_CODES[kind] for kind in HOP_TWO_KINDS}
_PLACED = {KIND_CODES[kind] for kind in PLACED_KINDS}
_REFUSED = len(PERSON_POSITIONS)


class _Source:
    """An identifier as a possible link."""

    __slots__ = ("_nodes", "code", "count", "degree", "is_all", "leads_on", "own", "shared", "token", "walked")

    def __init__(self, identifier: str, shared: Shared, own: bool, holders: Shared | None = None) -> None:
        """`holders` have the number that those of `shared` name as a contact's."""
        self.code, self.token, self.own = identifier[0], identifier[1:], own
        self.shared, self.count = shared, shared.count
        self.degree = shared.beyond + own
        self._nodes: list[Node] | None = None
        if holders is not None:
            if holders.count:
                self._nodes = list(dict.fromkeys([*shared.nodes, *holders.nodes]))
                self.count = len(self._nodes)
            self.degree += holders.beyond
        self.degree += self.count
        crowded, weak = self.degree > CROWD, self.code in _WEAK
        self.walked = not crowded or (own and not weak)
        self.leads_on = not crowded and not weak
        self.is_all = self.walked and not self.leads_on and holders is None
        """When no other source has anybody, its applications are the neighbourhood."""

    @property
    def nodes(self) -> list[Node]:
        """Who has it."""
        return self.shared.nodes if self._nodes is None else self._nodes

    @property
    def columns(self) -> Columns | None:
        """What is known of `nodes` and the application itself together."""
        return self.shared.columns if self._nodes is None else None


class Neighbourhood:
    """Everything around one application at one moment."""

    def __init__(
        self,
        graph: Graph,
        own: Node,
        time: int,
        applicant: str,
        channel: Channel | Literal[""],
        identifiers: Sequence[str],
        tokens: Mapping[str, str],
    ) -> None:
        """`own` is the application, observed at `time`; `applicant` and `channel` are as this event says, and `tokens`
        are the whole ones of the event's identifiers."""
        self._graph = graph
        self._own = own
        self._time = time
        self._applicant = applicant
        self._channel = channel
        self._identifiers = identifiers
        self._tokens = tokens
        self._shared = {identifier: graph.others(identifier, time, own) for identifier in identifiers}
        self._positions: dict[Node, int] = {}
        self._only: _Source | None = None
        self._cut = False
        self._leads_on: set[Node] = set()
        self._placed: set[Node] = set()
        self.truncated = [
            f"identifier:{KIND_OF_CODE[code]}"
            for code in dict.fromkeys(identifier[0] for identifier in identifiers if self._shared[identifier].beyond)
        ]

    def velocity(self) -> list[Velocity]:
        """Counts of each identifier."""
        return [self._velocity(identifier, self._shared[identifier]) for identifier in self._identifiers]

    def _velocity(self, identifier: str, shared: Shared) -> Velocity:
        counts, applicants = self._windowed(shared, 1)
        as_phone = self._windowed(self._other_role(identifier), 0)[1] if identifier[0] in OTHER_ROLE else []
        degree = 1 + shared.count + shared.beyond
        token = self._tokens.get(identifier[1:], identifier[1:])
        return Velocity(KIND_OF_CODE[identifier[0]], token, counts, applicants, degree, as_phone)

    def _other_role(self, identifier: str) -> Shared:
        other = OTHER_ROLE[identifier[0]] + identifier[1:]
        return self._shared[other] if other in self._shared else self._graph.others(other, self._time, None)

    def _windowed(self, shared: Shared, included: int) -> tuple[list[int], list[int]]:
        """Applications and distinct applicants per window; `included` is 1 to count this application too."""
        if shared is NOBODY_ELSE:
            return [included] * len(WINDOWS_MS), [included] * len(WINDOWS_MS)
        columns = shared.columns
        if columns is not None and included and self._own.applicant == self._applicant:
            counts = columns.counts(self._time)
            if shared.beyond:
                counts = [count + older for count, older in zip(counts, shared.older, strict=True)]
            return counts, columns.applicants(self._time)
        seen, ages = {self._applicant}, shared.ages_ms
        start = bisect_left(ages, 0)
        ends = [bisect_left(ages, width) for width in WINDOWS_MS]
        counts = [included + end - start + older for end, older in zip(ends, shared.older, strict=True)]
        if {node.applicant for node in shared.nodes} <= seen:
            return counts, [included] * len(WINDOWS_MS)
        firsts = []  # where each applicant's newest application stands
        for at, node in enumerate(shared.nodes[start:], start):
            applicant = node.applicant
            if applicant not in seen:
                seen.add(applicant)
                firsts.append(at)
        return counts, [included + bisect_left(firsts, end) for end in ends]

    def walk(self) -> tuple[list[Neighbour], list[Link]]:
        """The neighbours two hops out, and what links them."""
        sources, seen = self._own_sources()
        holding = [source for source in sources if source.count]
        if len(holding) == 1 and holding[0].is_all:
            only = self._only = holding[0]  # as somebody's long history: no need to look for each application twice
            self._placed.update(self._placed_by(only))
            columns = only.columns
            neighbours = columns.near() if columns else [node.near or node.neighbour(1) for node in only.nodes]
            further = []
        else:
            self._fetch(sources)
            at_hop_one = len(self._positions)
            further = self._sources_of_neighbours(seen) if self._leads_on else []
            self._fetch(further)
            around = list(self._positions)
            self._positions[self._own] = -1
            neighbours = [node.near or node.neighbour(1) for node in around[:at_hop_one]]
            neighbours += [node.far or node.neighbour(2) for node in around[at_hop_one:]]
        links = [link for source in [*sources, *further] if (link := self._link(source)) is not None]
        return neighbours, links

    def _own_sources(self) -> tuple[list[_Source], set[str]]:
        sources, seen = [], set()
        for identifier in self._identifiers:
            code, shared = identifier[0], self._shared[identifier]
            if code not in _UNLINKED and code != CONTACT:
                seen.add(identifier)
                sources.append(_Source(identifier, shared, own=True))
            if code in OTHER_ROLE and (contact := CONTACT + identifier[1:]) not in seen:
                seen.add(contact)
                other = self._other_role(identifier)
                namers, holders = (shared, other) if code == CONTACT else (other, shared)
                if code == CONTACT or namers.count:
                    sources.append(_Source(contact, namers, own=True, holders=holders))
        return sources, seen

    def _sources_of_neighbours(self, seen: set[str]) -> list[_Source]:
        """What the hop-1 neighbours share with others still."""
        wanted: dict[str, None] = {}
        for node in self._positions:
            if node in self._leads_on:
                for identifier in node.identifiers:
                    if identifier[0] in _HOP_TWO and identifier not in seen:
                        wanted[identifier] = None
                    if identifier[0] == PHONE and CONTACT + identifier[1:] not in seen:
                        wanted[CONTACT + identifier[1:]] = None
        sources = []
        for identifier in wanted:
            shared = self._graph.others(identifier, self._time, None)
            if shared.count:
                is_contact = identifier[0] == CONTACT
                holders = self._graph.others(PHONE + identifier[1:], self._time, None) if is_contact else None
                sources.append(_Source(identifier, shared, own=False, holders=holders))
        return sources

    def _fetch(self, sources: Iterable[_Source]) -> None:
        """Add the applications behind the sources that are not there yet, the newest ones when there is no room."""
        found: dict[Node, None] = {}
        for source in sources:
            if source.walked and source.count:
                found.update(dict.fromkeys(source.nodes))
                if source.leads_on:
                    self._leads_on.update(source.nodes)
                self._placed.update(self._placed_by(source))
        found.pop(self._own, None)
        nodes = [node for node in found if node not in self._positions] if self._positions else list(found)
        room = NEIGHBOURS_MAX - len(self._positions)
        if len(nodes) > room:
            self._cut = True
            self.truncated.append("nodes")
            nodes = sorted(nodes, key=lambda node: (node.time, node.name), reverse=True)[:room]
        self._positions.update(zip(nodes, count(len(self._positions))))

    def _placed_by(self, source: _Source) -> list[Node]:
        if not source.own or source.code not in _PLACED or (source.columns and not source.columns.places):
            return []
        return [node for node in source.nodes if node.place is not None]

    def _link(self, source: _Source) -> Link | None:
        members = [-1] if source.own else []
        if source is self._only:
            members += range(source.count)
        else:
            members += [position for position in map(self._positions.get, source.nodes) if position is not None]
        if len(members) < 2 and (source.walked or not source.own):
            return None
        channels: dict[str, int]
        if source.own and source.columns is not None and self._own.channel == self._channel:
            channels = dict(source.columns.channels)
        else:
            came_by = [node.channel for node in source.nodes]
            came_by += [self._channel] if source.own else []
            channels = {channel: came_by.count(channel) for channel in set(came_by)}
        token = self._tokens.get(source.token, source.token)
        return Link(KIND_OF_CODE[source.code], token, source.degree, channels, members)

    @property
    def nodes(self) -> list[Node]:
        """The neighbours in the order of their positions; after `walk`."""
        if self._only is not None:
            return self._only.nodes
        return [node for node in self._positions if node is not self._own]

    def places(self) -> dict[int, Place]:
        """Where the neighbours that share one of `PLACED_KINDS` came from, by their position; after `walk`."""
        if not self._placed:
            return {}
        return {
            position: node.place
            for position, node in enumerate(self.nodes)
            if node in self._placed and node.place is not None
        }

    def person(self) -> PersonCounts | None:
        """What the applicant used; after `walk`, of whose neighbours it is made. None without an ID number."""
        code = KIND_CODES["id_number"]
        id_number = next((identifier for identifier in self._identifiers if identifier[0] == code), None)
        if id_number is None:
            return None
        shared = self._shared[id_number]
        columns = shared.columns
        if columns is not None and not self._cut and self._own.decision != "reject":
            return PersonCounts(*columns.person(self._time))
        counts = [[0] * len(WINDOWS_MS) for _ in range(_REFUSED + 1)]
        seen: set[str] = set()
        for identifier in self._identifiers:
            if identifier[0] in PERSON_POSITIONS:
                seen.add(identifier)
                counts[PERSON_POSITIONS[identifier[0]]][0] += 1
        start = bisect_left(shared.ages_ms, 0)
        for node, age in zip(shared.nodes[start:], shared.ages_ms[start:], strict=True):
            if self._cut and node not in self._positions:
                continue
            for identifier in node.person_uses:
                if identifier not in seen:
                    seen.add(identifier)
                    counts[PERSON_POSITIONS[identifier[0]]][bisect_right(WINDOWS_MS, age)] += 1
            if node.decision == "reject":
                counts[_REFUSED][bisect_right(WINDOWS_MS, age)] += 1
        return PersonCounts(*(list(accumulate(each)) for each in counts))
