"""From the neighbourhood of one application to its network in numbers: the ring it belongs to, how near the next
confirmed fraud is, and what is known of the applications around it.

The neighbourhood is a bipartite graph of applications and of what they share; `models.link_weights` says how much each
identifier weighs. A pair of applications is strongly linked when the identifiers it shares weigh `STRONG` or more
together. The ring is this application's connected component over strong links.
"""

from __future__ import annotations

from collections import defaultdict
from hashlib import blake2b
from itertools import combinations
from math import fsum

import networkx as nx
from msgspec import Struct

from models.decision import LinkSummary
from models.enrichment import Observation
from models.facts import ApplicationFacts
from models.link_weights import NEGLIGIBLE, STRONG, applications_from_place, link_weight

SELF = -1
"""This application's position among the members of a link."""
DAY_MS = 86_400_000
APPLICANT_CHARACTERS = 8
"""As much of an applicant's token as a `Neighbour` carries."""

ROUNDING = 1e-9
"""Sums of the same weights in another order differ by less."""

Group = frozenset[int]
"""Positions of applications that are linked each with each: `SELF` or an index of `Observation.neighbours`."""


class Network(Struct, frozen=True, kw_only=True):
    """What the neighbourhood says about one application.

    Without a ring the ring's figures describe this application alone, and what one application cannot have (density,
    span, share of the last day) is None. The flags `near_…` are counted over the applications that can be reached by
    links that are not negligible: a kiosk's other customers are not this one's company.
    """

    link_summary: LinkSummary
    ring_members: list[str]
    """Application ids by event time, this one included."""
    ring_applicants: int
    ring_amount_cny: float
    ring_span_ms: int | None
    """From the first application of the ring to its last."""
    ring_share_24h: float | None
    """Share of the ring's applications in the 24 h up to this application's event time, 0 to 1."""
    strong_links: int
    """Other applications strongly linked with this one, directly."""
    strong_links_listed: int
    """How many of those are listed."""
    near_frauds: int
    near_honest: int
    near_refused: int
    near_listed: int


def summarise(facts: ApplicationFacts, observation: Observation) -> Network:
    """The network of an application in its neighbourhood.

    A ring has at least two applicants: one who applies again is no ring. The ring id is made from the ring's earliest
    application, so members that join later do not change it, and rings that merge go on under the older one's. Each
    member sees two hops far, so the ends of a longer chain may know it under different ids.
    """
    neighbours = observation.neighbours
    strong, weak = _groups(facts, observation)
    component, distances = _explore(strong, weak)
    partners = _partners(strong)

    applicant = facts.applicant_token[:APPLICANT_CHARACTERS]
    is_ring = bool({neighbours[position].applicant for position in component} - {applicant})
    ring = [neighbours[position] for position in component] if is_ring else []
    now_ms = facts.occurred_ms
    by_time = [(now_ms, facts.application_id), *((member.occurred_ms, member.application_id) for member in ring)]
    by_time.sort()
    size = len(by_time)
    near = [neighbours[position] for position in distances]
    labels = [neighbour.label for neighbour in near]
    direct = [neighbours[position] for position in partners.get(SELF, ()) if position != SELF]

    return Network(
        link_summary=LinkSummary(
            linked_applications=list(distances.values()).count(1),
            ring_size=size,
            shared=_shared(observation),
            fraud_distance=min(
                (distance for distance, label in zip(distances.values(), labels, strict=True) if label == "fraud"),
                default=None,
            ),
            ring_id=_ring_id(by_time[0][1]) if is_ring else None,
            density=_density(component, partners) if is_ring else None,
            merchants=len({facts.merchant_id or "", *(member.merchant_id for member in ring)} - {""}),
            truncated=observation.truncated,
        ),
        ring_members=[application_id for _, application_id in by_time],
        ring_applicants=len({applicant, *(member.applicant for member in ring)}),
        ring_amount_cny=fsum([facts.amount_cny or 0.0, *(member.amount_cny for member in ring)]),
        ring_span_ms=by_time[-1][0] - by_time[0][0] if is_ring else None,
        ring_share_24h=_share_of_last_day(by_time, now_ms) if is_ring else None,
        strong_links=len(direct),
        strong_links_listed=[neighbour.listed for neighbour in direct].count(True),
        near_frauds=labels.count("fraud"),
        near_honest=labels.count("honest"),
        near_refused=[neighbour.decision for neighbour in near].count("reject"),
        near_listed=[neighbour.listed for neighbour in near].count(True),
    )


def _groups(facts: ApplicationFacts, observation: Observation) -> tuple[list[Group], list[Group]]:
    """The groups of applications that are linked strongly, and those that are linked weakly.

    Identifiers with the same members make one group of their weights' sum: who shares several things mostly shares
    them with the same others. Where groups that are weak alone amount to a strong link of a pair, the pair is added.
    """
    applicants = [neighbour.applicant for neighbour in observation.neighbours]
    applicants.append(facts.applicant_token[:APPLICANT_CHARACTERS])  # the last one: position SELF
    weights: defaultdict[Group, float] = defaultdict(float)
    for link in observation.links:
        if len(link.members) > 1:
            from_place = applications_from_place(observation) if link.kind == "device_like" else 0
            weight = link_weight(link, applicants, from_place)
            if weight >= NEGLIGIBLE:
                weights[frozenset(link.members)] += weight

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


def _explore(strong: list[Group], weak: list[Group]) -> tuple[list[int], dict[int, int]]:
    """The strong component of this application, and how many links away each application that can be reached is;
    both without this application itself."""
    if all(SELF in group for group in strong) and all(SELF in group for group in weak):
        ring: set[int] = set().union(*strong) - {SELF}  # most applications share things directly or not at all
        return list(ring), dict.fromkeys(ring.union(*weak) - {SELF}, 1)
    graph: nx.Graph[int | Group] = nx.Graph()  # a group is a node between its members
    graph.add_node(SELF)
    graph.add_edges_from([(member, group) for group in strong for member in group])
    component = [node for node in nx.node_connected_component(graph, SELF) if isinstance(node, int) and node != SELF]
    graph.add_edges_from([(member, group) for group in weak for member in group])
    steps = nx.single_source_shortest_path_length(graph, SELF)
    return component, {node: count // 2 for node, count in steps.items() if isinstance(node, int) and node != SELF}


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


def _share_of_last_day(by_time: list[tuple[int, str]], now_ms: int) -> float:
    recent = sum(now_ms - DAY_MS < occurred_ms <= now_ms for occurred_ms, _ in by_time)
    return recent / len(by_time)


def _shared(observation: Observation) -> dict[str, int]:
    """Identifier kind -> other applications that share one of that kind with this one, crowded identifiers included.

    Of an identifier that too many share to fetch them, the index gives the number alone.
    """
    others: dict[str, set[int]] = {}
    known: dict[str, int] = {}
    for link in observation.links:
        if SELF in link.members:
            others.setdefault(link.kind, set()).update(link.members)
            known[link.kind] = max(known.get(link.kind, 0), link.degree)
    counts = {kind: max(len(positions), known[kind]) - 1 for kind, positions in others.items()}
    return {kind: count for kind, count in counts.items() if count > 0}


def _ring_id(earliest_application_id: str) -> str:
    return "ring-" + blake2b(earliest_application_id.encode(), digest_size=8).hexdigest()
