"""What is asked again and again of an identifier's newest applications, kept beside them: each application has its own
place in memory, and to look at sixty of them takes longer than all that is done with what is found there."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right, insort
from typing import cast

from models.enrichment import WINDOWS_MS, Neighbour
from streams.index.layout import KIND_CODES
from streams.index.node import PERSON_POSITIONS, Node

FEW = 8
"""Of fewer applications it is as fast to look at each."""

_PERSON = KIND_CODES["id_number"]


class _Distinct:
    """Different values of applications, and when each was there last."""

    __slots__ = ("_newest", "moments")

    def __init__(self) -> None:
        self._newest: dict[str, Node] = {}
        self.moments = array("q")
        """Rising; one of each value."""

    def add(self, value: str, node: Node) -> None:
        """An application that is newer than all before has the value."""
        before = self._newest.get(value)
        if before is not None:
            del self.moments[bisect_left(self.moments, before.time)]
        self._newest[value] = node
        self.moments.append(node.time)

    def drop(self, value: str, node: Node) -> None:
        """An application with the value goes."""
        if self._newest.get(value) is node:
            del self._newest[value]
            del self.moments[bisect_left(self.moments, node.time)]


class Columns:
    """Of one identifier. Applications come as the newest and go as the oldest; for anything else there are new ones."""

    __slots__ = (
        "_applicants",
        "_near",
        "_refused",
        "_refused_moments",
        "_stale",
        "_times",
        "_uses",
        "channels",
        "nodes",
        "places",
    )

    def __init__(self, identifier: str, nodes: list[Node]) -> None:
        """`nodes` are the applications, oldest first. The list is not copied: whoever changes it says so here."""
        self.nodes = nodes
        self.channels: dict[str, int] = {}
        """How many came by each channel."""
        self.places = 0
        """How many told where they came from."""
        self._times = array("q")
        self._applicants = _Distinct()
        self._uses = [_Distinct() for _ in PERSON_POSITIONS] if identifier[0] == _PERSON else []
        self._refused: set[Node] = set()
        self._refused_moments = array("q")
        self._near: list[Neighbour | None] | None = None
        """As others see the applications, when somebody has asked; `_stale`: of which it may not be so any more."""
        self._stale: set[Node] = set()
        for node in nodes:
            self.add(node)

    def add(self, node: Node) -> None:
        """The newest of `nodes` has come."""
        self._times.append(node.time)
        self._applicants.add(node.applicant, node)
        self.channels[node.channel] = self.channels.get(node.channel, 0) + 1
        self.places += node.place is not None
        if self._uses:
            for identifier in node.person_uses:
                self._uses[PERSON_POSITIONS[identifier[0]]].add(identifier, node)
        if node.decision == "reject":
            self._refused.add(node)
            insort(self._refused_moments, node.time)
        if self._near is not None:
            self._near.append(None)
            self._stale.add(node)

    def drop_oldest(self, node: Node) -> None:
        """The oldest has gone from `nodes`."""
        del self._times[0]
        self._applicants.drop(node.applicant, node)
        self.channels[node.channel] -= 1
        if not self.channels[node.channel]:
            del self.channels[node.channel]
        self.places -= node.place is not None
        if self._uses:
            for identifier in node.person_uses:
                self._uses[PERSON_POSITIONS[identifier[0]]].drop(identifier, node)
        if node in self._refused:
            self._refused.remove(node)
            del self._refused_moments[0]
        if self._near is not None:
            del self._near[0]
            self._stale.discard(node)

    def changed(self, node: Node) -> None:
        """What others see of an application, which need not be one of these, may have changed."""
        if (node.decision == "reject") != (node in self._refused) and self._place(node) is not None:
            if node in self._refused:
                self._refused.remove(node)
                del self._refused_moments[bisect_left(self._refused_moments, node.time)]
            else:
                self._refused.add(node)
                insort(self._refused_moments, node.time)
        if self._near is not None:
            self._stale.add(node)

    def near(self) -> list[Neighbour]:
        """As others see them, one step away, all but the newest, newest first."""
        newest = self.nodes[-1]
        if self._near is None:
            self._near = [None] * len(self.nodes)
            self._stale = set(self.nodes)
        for node in self._stale:
            place = self._place(node)
            if place is not None and node is not newest:
                self._near[place] = node.near or node.neighbour(1)
        self._stale = {newest}
        return cast("list[Neighbour]", self._near[-2::-1])  # None stands for the newest alone

    def counts(self, time: int) -> list[int]:
        """How many there are per window up to `time`, that of the newest; and so on."""
        return _since(self._times, time)

    def applicants(self, time: int) -> list[int]:
        """Different applicants per window."""
        return _since(self._applicants.moments, time)

    def person(self, time: int) -> list[list[int]]:
        """Of a person: what was used, in the order of `PersonCounts`, and how many were refused, per window."""
        return [*(_since(each.moments, time) for each in self._uses), _since(self._refused_moments, time)]

    def _place(self, node: Node) -> int | None:
        """Where an application is in `nodes`."""
        times, nodes = self._times, self.nodes
        at = bisect_left(times, node.time)
        while at < len(times) and times[at] == node.time:
            if nodes[at] is node:
                return at
            at += 1
        return None


def _since(moments: array[int], time: int) -> list[int]:
    """How many of the rising moments are in each window up to `time`, which none is after."""
    count = end = len(moments)
    if not count:
        return [0] * len(WINDOWS_MS)
    found = []
    for width in WINDOWS_MS:  # the wider, the earlier it begins
        end = bisect_right(moments, time - width, 0, end)
        found.append(count - end)
    return found
