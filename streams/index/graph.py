"""Applications and what they share, in memory: what the Lua files keep in keys, as Python objects."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence

from models.enrichment import NEIGHBOURS_PER_IDENTIFIER, RETENTION_MS, WINDOWS_MS
from streams.index.columns import FEW, Columns
from streams.index.layout import BUCKETS_KEPT, BUCKETS_PER_WINDOW
from streams.index.node import Node

_BUCKETS_MS = tuple(window // BUCKETS_PER_WINDOW for window in WINDOWS_MS)
_REACH_MS = BUCKETS_KEPT * _BUCKETS_MS[-1]


class Overflow:
    """Counts of the applications of one identifier beyond its newest, in buckets of a twelfth of each window.

    The moments themselves are kept, sorted, as far back as the widest buckets reach.
    """

    __slots__ = ("_moments", "_newest_ms")

    def __init__(self) -> None:
        self._moments = array("q")
        self._newest_ms = 0

    def add(self, time: int) -> None:
        """Count one more at a moment; what is too old for the buckets that are kept is forgotten."""
        moments = self._moments
        if not moments or time >= moments[-1]:
            moments.append(time)
        else:
            insort(moments, time)
        if time > self._newest_ms:
            self._newest_ms = time
            if moments[0] <= time - 2 * _REACH_MS:
                del moments[: bisect_right(moments, time - _REACH_MS)]

    def remove(self, time: int) -> None:
        """Count one less at a moment."""
        at = bisect_left(self._moments, time)
        if at < len(self._moments) and self._moments[at] == time:
            del self._moments[at]

    def read(self, time: int, without: int | None) -> tuple[list[int], int]:
        """Counts in the windows up to `time`, and in all within the retention of it; one at `without` left out."""
        counts = [
            self._count((time - window) // width + 1, time // width, width, without)
            if self._newest_ms > time - window
            else 0
            for window, width in zip(WINDOWS_MS, _BUCKETS_MS, strict=True)
        ]
        width = _BUCKETS_MS[-1]
        first, last = (time - WINDOWS_MS[-1]) // width + 1, (time + RETENTION_MS) // width
        return counts, self._count(first, last, width, without)

    def _count(self, first: int, last: int, width: int, without: int | None) -> int:
        """Moments in the buckets of that width from `first` to `last`, those left out that are not kept."""
        newest = self._newest_ms // width
        first, last = max(first, newest - BUCKETS_KEPT + 1), min(last, newest)
        if first > last:
            return 0
        number = bisect_left(self._moments, (last + 1) * width) - bisect_left(self._moments, first * width)
        return number - (without is not None and first <= without // width <= last)


class Shared:
    """What an identifier has besides one application: the others within the retention, newest first, and the counts
    of those beyond the newest that are remembered one by one."""

    __slots__ = ("_ages_ms", "_nodes", "_time", "beyond", "columns", "count", "older")

    def __init__(
        self, nodes: list[Node] | None, time: int, older: list[int], beyond: int, columns: Columns | None = None
    ) -> None:
        """`columns`, if there are any and all is as it mostly is, say it of the application and the others together;
        then it is the newest, and `nodes` need not be given."""
        self.columns = columns
        self.count = len(nodes) if nodes is not None else 0 if columns is None else len(columns.nodes) - 1
        self.older = older
        self.beyond = beyond
        self._nodes = nodes
        self._time = time
        self._ages_ms: list[int] | None = None

    @property
    def nodes(self) -> list[Node]:
        """The others. Each has its own place in memory: to ask `columns` is much cheaper."""
        if self._nodes is None:
            self._nodes = [] if self.columns is None else self.columns.nodes[-2::-1]
        return self._nodes

    @property
    def ages_ms(self) -> list[int]:
        """How long before the application each of `nodes` was, rising; negative: after it."""
        if self._ages_ms is None:
            time = self._time
            self._ages_ms = [time - node.time for node in self.nodes]
        return self._ages_ms


_NONE_OLDER = [0] * len(WINDOWS_MS)
NOBODY_ELSE = Shared([], 0, _NONE_OLDER, 0)


class Graph:
    """Identifiers and the applications that have them."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}
        self._entries: dict[str, list[Node]] = {}  # oldest first
        self._overflow: dict[str, Overflow] = {}
        self._columns: dict[str, Columns] = {}
        """Of identifiers with `FEW` applications or more, unless something came out of order since the newest."""

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
            self._columns.pop(identifier, None)
            if node in entries:
                entries.remove(node)
            elif identifier in self._overflow:
                self._overflow[identifier].remove(node.time)

    def place(self, node: Node, identifiers: Sequence[str]) -> None:
        """Put the application among those of these identifiers."""
        for identifier in identifiers:
            entries = self._entries.get(identifier)
            if entries is None:
                self._entries[identifier] = [node]
                continue
            if entries and _rank(entries[-1]) > _rank(node):
                insort(entries, node, key=_rank)
                self._columns.pop(identifier, None)
                columns = None
            else:
                entries.append(node)
                columns = self._columns.get(identifier)
                if columns is not None:
                    columns.add(node)
            if len(entries) > NEIGHBOURS_PER_IDENTIFIER:
                overflow = self._overflow.get(identifier)
                if overflow is None:
                    overflow = self._overflow[identifier] = Overflow()
                oldest = entries.pop(0)
                overflow.add(oldest.time)
                if columns is not None:
                    columns.drop_oldest(oldest)
            if columns is None and len(entries) >= FEW:
                self._columns[identifier] = Columns(identifier, entries)

    def changed(self, node: Node) -> None:
        """What others see of the application may have changed, but for its place among them."""
        for identifier in node.identifiers:
            columns = self._columns.get(identifier)
            if columns is not None:
                columns.changed(node)

    def gathers(self, node: Node) -> None:
        """The application will have more identifiers than before, and stays in its place."""
        for identifier in node.identifiers:
            self._columns.pop(identifier, None)

    def members(self, identifier: str) -> list[Node]:
        """The newest applications of an identifier, oldest first."""
        return self._entries.get(identifier, [])

    def others(self, identifier: str, time: int, own: Node | None) -> Shared:
        """What an identifier has around `time` besides `own`, which has it too."""
        entries = self._entries.get(identifier)
        if entries is None or (len(entries) == 1 and entries[0] is own):
            return NOBODY_ELSE
        newest, columns, nodes = entries[-1], None, None
        if newest is own and newest.time == time and entries[0].time > time - RETENTION_MS:
            columns = self._columns.get(identifier)  # as it mostly is: it is the newest, and none is too old
            nodes = entries[-2::-1] if columns is None else None
        else:
            nodes = [node for node in reversed(entries) if node is not own and abs(node.time - time) < RETENTION_MS]
        if len(entries) < NEIGHBOURS_PER_IDENTIFIER or identifier not in self._overflow:
            return Shared(nodes, time, _NONE_OLDER, 0, columns)
        within = own is None or newest is own or own in entries  # to look through them takes longer than all the rest
        own_time = own.time if own is not None and not within else None
        return Shared(nodes, time, *self._overflow[identifier].read(time, own_time), columns)

    def drop(self, node: Node) -> list[str]:
        """Forget an application. Returns its identifiers that have no other any more."""
        del self.nodes[node.name]
        left = []
        for identifier in node.identifiers:
            entries = self._entries.get(identifier)
            if entries and entries[0] is node:  # as mostly: what is oldest goes first
                del entries[0]
                columns = self._columns.get(identifier)
                if columns is not None:
                    columns.drop_oldest(node)
            elif entries and _rank(entries[0]) <= _rank(node) and node in entries:
                self._columns.pop(identifier, None)
                entries.remove(node)
            if not entries:
                self._entries.pop(identifier, None)
                self._overflow.pop(identifier, None)
                self._columns.pop(identifier, None)
                left.append(identifier)
        return left


def _rank(node: Node) -> tuple[int, str]:
    return node.time, node.name
