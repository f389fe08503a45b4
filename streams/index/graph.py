"""Applications and what they share, in memory: what the Lua files keep in keys, as Python objects."""

from __future__ import annotations

from bisect import insort
from collections import defaultdict
from collections.abc import Sequence
from typing import Literal

from models.enrichment import (
    NEIGHBOURS_PER_IDENTIFIER,
    RETENTION_MS,
    WINDOWS_MS,
    DecisionFlag,
    LabelFlag,
)
from models.events import Channel
from streams.index.layout import (
    BUCKETS_KEPT,
    BUCKETS_PER_WINDOW,
    EVENTS_PER_APPLICATION,
    IDENTIFIERS_PER_APPLICATION,
)
from streams.index.records import Place

_BUCKETS_MS = tuple(window // BUCKETS_PER_WINDOW for window in WINDOWS_MS)


class Node:
    """An application. Its identity is the object; `time` and what describes it are those of its newest event."""

    __slots__ = (
        "amount_cny",
        "applicant",
        "application_id",
        "channel",
        "decision",
        "decision_at",
        "event",
        "events",
        "identifiers",
        "label",
        "label_ms",
        "listed",
        "merchant_id",
        "name",
        "place",
        "time",
    )

    def __init__(self, name: str) -> None:
        """A node that no event has described yet; `name` is the application id's short hash."""
        self.name = name
        self.application_id = ""
        self.time = 0
        self.event = ""
        self.applicant = ""
        self.merchant_id = ""
        self.channel: Channel | Literal[""] = ""
        self.amount_cny = 0.0
        self.place: Place | None = None
        self.decision: DecisionFlag = ""
        self.decision_at = (0, "")
        self.label: LabelFlag = ""
        self.label_ms = 0
        self.listed = False
        self.events: list[tuple[int, str]] = []
        self.identifiers: list[str] = []

    def take_up(self, time: int, event: str) -> bool:
        """Note the event; False when it was noted before, or is older than all the newest that are told apart."""
        if any(event == known for _, known in self.events):
            return False
        insort(self.events, (time, event))
        if len(self.events) > EVENTS_PER_APPLICATION:
            return self.events.pop(0) != (time, event)
        return True

    def earlier_events(self, event: str) -> int:
        """How many of the other events are older than this one."""
        return next((i for i, (_, known) in enumerate(self.events) if known == event), 0)

    def gather(self, identifiers: Sequence[str]) -> list[str]:
        """Add identifiers, as far as there is room. Returns those that are new."""
        known = set(self.identifiers)
        room = IDENTIFIERS_PER_APPLICATION - len(known)
        new = [identifier for identifier in identifiers if identifier not in known][:room]
        self.identifiers += new
        return new


def _rank(node: Node) -> tuple[int, str]:
    return node.time, node.name


class Overflow:
    """Counts of the applications of one identifier beyond its newest, in buckets of a twelfth of each window."""

    def __init__(self) -> None:
        self._newest = [0] * len(WINDOWS_MS)
        self._buckets: list[defaultdict[int, int]] = [defaultdict(int) for _ in WINDOWS_MS]

    def count(self, time: int, change: int) -> None:
        """Add `change` at a moment; what is too old for the buckets that are kept is forgotten."""
        for window, width in enumerate(_BUCKETS_MS):
            bucket, buckets = time // width, self._buckets[window]
            if bucket > self._newest[window]:
                self._newest[window] = bucket
                for old in [old for old in buckets if old <= bucket - BUCKETS_KEPT]:
                    del buckets[old]
            if bucket > self._newest[window] - BUCKETS_KEPT:
                buckets[bucket] += change

    def read(self, time: int, without: int | None) -> tuple[list[int], int]:
        """Counts in the windows up to `time`, and in all within the retention of it; one at `without` left out."""
        counts, degree = [], 0
        for window, width in enumerate(_BUCKETS_MS):
            first, last = (time - WINDOWS_MS[window]) // width + 1, time // width
            last_of_all = (time + RETENTION_MS) // width if window == len(WINDOWS_MS) - 1 else last
            count = degree = 0
            for bucket, here in self._buckets[window].items():
                if first <= bucket <= last_of_all:
                    number = here - (without is not None and bucket == without // width)
                    degree += number
                    count += number if bucket <= last else 0
            counts.append(count)
        return counts, degree


class Shared:
    """What an identifier has besides one application: the others within the retention, newest first, and the counts
    of those beyond the newest that are remembered one by one."""

    __slots__ = ("beyond", "nodes", "older")

    def __init__(self, nodes: list[Node], older: list[int], beyond: int) -> None:
        self.nodes = nodes
        self.older = older
        self.beyond = beyond


_NONE_OLDER = [0] * len(WINDOWS_MS)
NOBODY_ELSE = Shared([], _NONE_OLDER, 0)


class Graph:
    """Identifiers and the applications that have them."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}
        self._entries: dict[str, list[Node]] = {}  # oldest first
        self._overflow: dict[str, Overflow] = {}

    def node(self, name: str) -> Node:
        """The application of that name, made when it is not there."""
        node = self.nodes.get(name)
        if node is None:
            node = self.nodes[name] = Node(name)
        return node

    def lift(self, node: Node, identifiers: Sequence[str]) -> None:
        """Take the application out from among those of its identifiers, before its time changes."""
        for identifier in identifiers:
            entries = self._entries.get(identifier, [])
            if node in entries:
                entries.remove(node)
            elif identifier in self._overflow:
                self._overflow[identifier].count(node.time, -1)

    def place(self, node: Node, identifiers: Sequence[str]) -> None:
        """Put the application among those of these identifiers."""
        for identifier in identifiers:
            entries = self._entries.get(identifier)
            if entries is None:
                self._entries[identifier] = [node]
                continue
            if entries and _rank(entries[-1]) > _rank(node):
                insort(entries, node, key=_rank)
            else:
                entries.append(node)
            if len(entries) > NEIGHBOURS_PER_IDENTIFIER:
                self._overflow.setdefault(identifier, Overflow()).count(entries.pop(0).time, 1)

    def members(self, identifier: str) -> list[Node]:
        """The newest applications of an identifier, oldest first."""
        return self._entries.get(identifier, [])

    def others(self, identifier: str, time: int, own: Node | None) -> Shared:
        """What an identifier has around `time` besides `own`, which has it too."""
        entries = self._entries.get(identifier)
        if entries is None or (len(entries) == 1 and entries[0] is own):
            return NOBODY_ELSE
        nodes = [node for node in reversed(entries) if node is not own and abs(node.time - time) < RETENTION_MS]
        if len(entries) < NEIGHBOURS_PER_IDENTIFIER or identifier not in self._overflow:
            return Shared(nodes, _NONE_OLDER, 0)
        own_time = own.time if own is not None and own not in entries else None
        return Shared(nodes, *self._overflow[identifier].read(time, own_time))

    def drop(self, node: Node) -> None:
        """Forget an application."""
        del self.nodes[node.name]
        for identifier in node.identifiers:
            entries = self._entries.get(identifier, [])
            if node in entries:
                entries.remove(node)
            if not entries:
                self._entries.pop(identifier, None)
                self._overflow.pop(identifier, None)
