"""Living rings of the link index in memory: the counterpart of rings.lua."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import Sequence

from models.enrichment import RINGS_MAX
from models.entities import amount_cents
from models.rings.state import RING_MEMBERS_NAMED, RingJoin, RingOf
from streams.index.expiry import Expiries
from streams.index.graph import Graph
from streams.index.layout import DECISION_CODES, KIND_CODES, LABEL_CODES, NO_CENTS
from streams.index.node import Node
from streams.index.ring_record import (
    MERCHANT_CHARACTERS,
    NONE_SUCH,
    RingRecord,
    Row,
    founder_of,
    shared_numbers,
    state_of,
)

_MERCHANT, _SALES_REP = KIND_CODES["merchant_id"], KIND_CODES["sales_rep_id"]


class Rings:
    """Rings by the names that they are known by."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._rings: dict[str, RingRecord] = {}
        self._expiries = Expiries()

    def __len__(self) -> int:
        """How many names there are."""
        return len(self._rings)

    def find(self, name: str) -> RingRecord | None:
        """The ring that is known by a name."""
        ring = self._rings.get(name)
        return None if ring is None else _now(ring)

    def name_of(self, node: Node | None) -> str:
        """The name of the ring that an application is in; empty: of none."""
        if node is None or node.ring is None:
            return ""
        name = _now(node.ring).founders[0][1]
        return name if name in self._rings else ""

    def join(self, found: RingJoin, nodes: Sequence[Node]) -> None:
        """Make one ring of these applications and of all the rings that they are in."""
        founder = founder_of(found)
        of_nodes = [None if node.ring is None else _now(node.ring) for node in nodes]
        former = list(dict.fromkeys(ring for ring in (self.find(founder[1]), *of_nodes) if ring is not None))
        ring, *others = former or [RingRecord([], [])]
        ring.unite(RingRecord([founder], shared_numbers(found.shared)))
        for other in others:
            ring.unite(other)
            other.into = ring
        for node, of in zip(nodes, of_nodes, strict=True):
            node.ring = ring
            if of is None:
                node.row = row_of(node)
                ring.put(node.row)
        for _, name in ring.founders:
            self._rings[name] = ring
        self._expiries.add(ring.touched_ms, ring.name)

    def changed(self, node: Node) -> None:
        """Something of the application may have changed."""
        if node.ring is None or node.row is None:
            return
        row = row_of(node)
        if row != node.row:
            ring = _now(node.ring)
            ring.take(node.row)
            ring.put(row)
            node.row = row
            self._expiries.add(ring.touched_ms, ring.name)

    def around(self, node: Node, neighbours: Sequence[Node], at_ms: int) -> tuple[list[RingOf], bool]:
        """The rings of an application and its neighbours, and whether there are more."""
        positions: dict[RingRecord, list[int]] = {}
        for position, member in enumerate([node, *neighbours], -1):
            if member.ring is not None:
                positions.setdefault(_now(member.ring), []).append(position)
        found = []
        for ring, members in list(positions.items())[:RINGS_MAX]:
            state = state_of(ring, self.application_ids(ring, RING_MEMBERS_NAMED), at_ms)
            if state is not None:
                found.append(RingOf(state, members))
        return found, len(positions) > RINGS_MAX

    def application_ids(self, ring: RingRecord, most: int) -> list[str]:
        """Those of the newest members; empty where they are not known."""
        nodes = [self._graph.nodes.get(row.name.decode()) for row in ring.rows[: -most - 1 : -1]]
        return ["" if node is None else node.application_id for node in nodes]

    def forget(self, limit_ms: int) -> None:
        """Drop the rings that have no member after the limit."""
        for name in self._expiries.due(limit_ms):
            ring = self.find(name)
            if ring is not None and ring.touched_ms <= limit_ms:
                for _, known_by in ring.founders:
                    self._rings.pop(known_by, None)


def row_of(node: Node) -> Row:
    """How an application counts as a member."""
    return Row(
        node.name.encode(),
        node.time,
        urlsafe_b64decode(node.applicant),
        _smallest(node, _MERCHANT),
        _smallest(node, _SALES_REP),
        NO_CENTS if node.amount_cny is None else amount_cents(node.amount_cny),
        DECISION_CODES[node.decision].encode(),
        LABEL_CODES[node.label].encode(),
        int(node.listed),
    )


def _smallest(node: Node, code: str) -> bytes:
    tokens = [identifier[1:] for identifier in node.identifiers if identifier[0] == code]
    return min(tokens)[:MERCHANT_CHARACTERS].encode() if tokens else NONE_SUCH


def _now(ring: RingRecord) -> RingRecord:
    """The ring that this one has become."""
    while ring.into is not None:
        ring = ring.into
    return ring
