"""When what an index in memory holds may be forgotten."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from heapq import heappop, heappush


class Expiries:
    """Names and the moments from which on each may be looked at, earliest first.

    Moments mostly come in order; then adding and taking one costs nothing that grows with their number.
    """

    def __init__(self) -> None:
        self._in_order: deque[tuple[int, str]] = deque()
        self._late: list[tuple[int, str]] = []

    def add(self, moment_ms: int, name: str) -> None:
        """Note one; the same name may be noted several times."""
        if not self._in_order or moment_ms >= self._in_order[-1][0]:
            self._in_order.append((moment_ms, name))
        else:
            heappush(self._late, (moment_ms, name))

    def due(self, limit_ms: int) -> Sequence[str]:
        """Take out those whose moment is not after the limit."""
        in_order, late = self._in_order, self._late
        if (not in_order or in_order[0][0] > limit_ms) and (not late or late[0][0] > limit_ms):
            return ()  # as mostly
        found = []
        while in_order and in_order[0][0] <= limit_ms:
            found.append(in_order.popleft()[1])
        while late and late[0][0] <= limit_ms:
            found.append(heappop(late)[1])
        return found
