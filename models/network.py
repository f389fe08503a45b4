"""From the neighbourhood of one application to its network in numbers: the ring it belongs to, how near the next
confirmed fraud is, and what is known of the applications around it.

The neighbourhood is a bipartite graph of applications and of what they share; `models.link_weights` says how much each
identifier weighs. A pair of applications is strongly linked when the identifiers it shares weigh `STRONG` or more
together. The ring is this application's connected component over strong links, with the living rings (`models.rings`)
that those applications belong to. Without one the figures of a ring are missing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from itertools import combinations
from math import exp, log
from typing import cast

import networkx as nx
from msgspec import Struct

from models.decision import LinkSummary
from models.enrichment import Link, Observation
from models.facts import ApplicationFacts, Identifier, IdentifierKind
from models.link_weights import NO_CROWDS, STRONG, Crowds, telling_links
from models.rings.figures import Group, ring_figures
from models.rings.living import APPLICANT_CHARACTERS, SELF, LivingRing, living_ring
from models.rings.state import RingJoin
from models.rings.suspicion import RingFigures

ROUNDING = 1e-9
"""Sums of the same weights in another order differ by less."""


NOT_KNOWN: frozenset[tuple[str, str]] = frozenset()


class Network(Struct, frozen=True, kw_only=True, gc=False):
    """What the neighbourhood says about one application.

    The flags `near_…` are counted over the applications that can be reached by links that are not negligible: a kiosk's
    other customers are not this one's company.
    """

    link_summary: LinkSummary
    ring: LivingRing | None
    """None when the application is in no ring; likewise its figures and its suspicion."""
    figures: RingFigures | None
    suspicion: float | None = None
    """Probability that the ring is fraud, 0 to 1; None before somebody has said so (`models.pipeline`)."""
    known_crowds: frozenset[tuple[str, str]]
    """This application's identifiers, by kind and token, that the policy knows as a crowd's."""
    strong_links: int
    """Other applications strongly linked with this one, directly."""
    strong_links_listed: int
    """How many of those are listed."""
    fraud_closeness: float | None
    """What links this application with a confirmed fraud, along the path on which that is most: the product of the
    links' weights, each 1 at most. None when no fraud can be reached."""
    near_frauds: int
    near_honest: int
    near_refused: int
    near_listed: int
    listed_distance: int | None
    """Hops to the nearest listed application; None without any."""

    @property
    def ring_join(self) -> RingJoin | None:
        """What to tell the index of the ring."""
        return self.ring.join if self.ring is not None else None


def summarise(facts: ApplicationFacts, observation: Observation, crowds: Crowds = NO_CROWDS) -> Network:
    """The network of an application in its neighbourhood; `crowds` are those that the policy knows."""
    neighbours = observation.neighbours
    telling = telling_links(facts, observation, crowds)
    weights = _weights(telling)
    strong, weak = _groups(weights)
    found, distances = _explore(strong, weak)
    component = sorted(found)
    near = neighbours if len(distances) == len(neighbours) else [neighbours[position] for position in distances]
    labels = [neighbour.label for neighbour in near]
    listed = [neighbour.listed for neighbour in near].count(True)
    frauds = [at for at in distances if neighbours[at].label == "fraud"] if "fraud" in labels else []
    direct = set[int]().union(*[group for group in strong if SELF in group])
    direct.discard(SELF)

    ring, figures, density = None, None, None
    if component or observation.rings:
        ring = living_ring(facts, neighbours, component, observation.rings, _shared_in(component, telling))
    if ring is not None:
        density = _density(component, _partners(strong)) if component else None
        figures = ring_figures(
            ring,
            frozenset(component),
            density or 0.0,
            weights,
            observation.links,
            neighbours,
            facts.applicant_token[:APPLICANT_CHARACTERS],
            facts.amount_cny,
        )
    return Network(
        link_summary=LinkSummary(
            linked_applications=list(distances.values()).count(1),
            ring_size=ring.size if ring is not None else 1,
            shared=_shared(observation),
            fraud_distance=min([distances[at] for at in frauds]) if frauds else None,
            ring_id=ring.ring_id if ring is not None else None,
            density=density,
            merchants=ring.merchants if ring is not None else int(facts.merchant_id is not None),
            truncated=observation.truncated,
            ring_size_24h=ring.size_24h if ring is not None else None,
        ),
        ring=ring,
        figures=figures,
        known_crowds=_known(facts, crowds) if crowds else NOT_KNOWN,
        strong_links=len(direct),
        strong_links_listed=[neighbours[at].listed for at in direct].count(True) if listed else 0,
        fraud_closeness=_closeness(weights, strong, set(frauds)) if frauds else None,
        near_frauds=len(frauds),
        near_honest=labels.count("honest"),
        near_refused=[neighbour.decision for neighbour in near].count("reject"),
        near_listed=listed,
        listed_distance=min([distances[at] for at in distances if neighbours[at].listed]) if listed else None,
    )


def _known(facts: ApplicationFacts, crowds: Crowds) -> frozenset[tuple[str, str]]:
    return frozenset((each.kind, each.token) for each in facts.identifiers if (each.kind, each.token) in crowds)


def _weights(telling: list[tuple[Link, float]]) -> dict[Group, float]:
    """Identifiers with the same members make one group of their weights' sum: who shares several things mostly shares
    them with the same others."""
    weights: defaultdict[Group, float] = defaultdict(float)
    for link, weight in telling:
        weights[frozenset(link.members)] += weight
    return weights


def _groups(weights: dict[Group, float]) -> tuple[list[Group], list[Group]]:
    """The groups of applications that are linked strongly, and those that are linked weakly. Where groups that are weak
    alone amount to a strong link of a pair, the pair is added."""
    enough = STRONG - ROUNDING
    strong = [group for group, weight in weights.items() if weight >= enough]
    weak = [group for group, weight in weights.items() if weight < enough]
    if len(weak) > 1:
        pairs: defaultdict[tuple[int, int], float] = defaultdict(float)
        for group in weak:
            for pair in combinations(sorted(group), 2):
                pairs[pair] += weights[group]
        strong += [frozenset(pair) for pair, weight in pairs.items() if weight >= enough]
    return strong, weak


def _explore(strong: list[Group], weak: list[Group]) -> tuple[Collection[int], dict[int, int]]:
    """The strong component of this application, and how many links away each application that can be reached is;
    both without this application itself."""
    if all(SELF in group for group in strong) and all(SELF in group for group in weak):
        ring = set[int]().union(*strong)  # most applications share things directly or not at all
        ring.discard(SELF)
        near = ring.union(*weak) if weak else ring
        near.discard(SELF)
        return ring, dict.fromkeys(near, 1)
    graph: nx.Graph[int | Group] = nx.Graph()  # a group is a node between its members
    graph.add_node(SELF)
    graph.add_edges_from([(member, group) for group in strong for member in group])
    component = [node for node in nx.node_connected_component(graph, SELF) if isinstance(node, int) and node != SELF]
    graph.add_edges_from([(member, group) for group in weak for member in group])
    steps = nx.single_source_shortest_path_length(graph, SELF)
    return component, {node: count // 2 for node, count in steps.items() if isinstance(node, int) and node != SELF}


def _closeness(weights: dict[Group, float], strong: list[Group], frauds: set[int]) -> float:
    """Of the frauds, of which there are some, the one that most leads to."""
    weighed = [*weights.items(), *((group, STRONG) for group in strong)]
    if all(SELF in group for group, _ in weighed):  # as mostly: no way is better than the shortest
        return exp(log(max(min(weight, 1.0) for group, weight in weighed if not frauds.isdisjoint(group))))
    graph: nx.Graph[int | Group] = nx.Graph()  # a group is a node between its members
    for group, weight in weighed:
        cost = -log(min(weight, 1.0)) / 2.0
        graph.add_edges_from((member, group, {"weight": cost}) for member in group)
    costs = nx.single_source_dijkstra_path_length(graph, SELF)
    return exp(-min(costs[fraud] for fraud in frauds))


def _partners(strong: list[Group]) -> dict[int, Group]:
    """Application -> those it is strongly linked with directly, and itself."""
    partners: dict[int, Group] = {}
    for group in strong:
        for member in group:
            partners[member] = partners[member] | group if member in partners else group
    return partners


def _density(component: list[int], partners: dict[int, Group]) -> float:
    """Share of the ring's possible pairs that are strongly linked, 0 to 1."""
    size = len(component) + 1
    linked = sum(len(partners[position]) - 1 for position in (SELF, *component))
    return linked / (size * (size - 1))


def _shared_in(component: list[int], telling: list[tuple[Link, float]]) -> Iterator[Identifier]:
    """What two or more of the ring's applications share; worked out when somebody asks."""
    ring = {SELF, *component}
    shared = {(link.kind, link.token) for link, _ in telling if len(ring.intersection(link.members)) > 1}
    for kind, token in sorted(shared):
        yield Identifier(cast(IdentifierKind, kind), token)


def _shared(observation: Observation) -> dict[str, int]:
    """Identifier kind -> other applications that share one of that kind with this one, crowded identifiers included.

    Of an identifier that too many share to fetch them, the index gives the number alone.
    """
    others: dict[str, tuple[set[int], int]] = {}
    nobody = set[int]()
    for link in observation.links:
        if SELF in link.members:
            positions, known = others.get(link.kind, (nobody, 0))
            others[link.kind] = positions.union(link.members), max(known, link.degree)
    counts = {kind: max(len(positions), known) - 1 for kind, (positions, known) in others.items()}
    return {kind: count for kind, count in counts.items() if count > 0}
