"""Answers of a list service that still hold."""

from __future__ import annotations

from collections import OrderedDict

from models.enrichment import ListHit
from models.facts import Identifier

ANSWERS_MAX = 50_000
"""About 15 MB when none is listed."""


class AnswerCache:
    """Identifier -> its hits, or that there are none, for `ttl_s` monotonic seconds; the least used goes first."""

    def __init__(self, ttl_s: float, answers_max: int = ANSWERS_MAX) -> None:
        self._ttl_s = ttl_s
        self._max = answers_max
        self._answers: OrderedDict[Identifier, tuple[float, list[ListHit]]] = OrderedDict()

    def get(self, identifier: Identifier, now_s: float) -> list[ListHit] | None:
        """The hits; None when they are not known, or not any more."""
        found = self._answers.get(identifier)
        if found is None:
            return None
        until_s, hits = found
        if now_s >= until_s:
            del self._answers[identifier]
            return None
        self._answers.move_to_end(identifier)
        return hits

    def put(self, identifier: Identifier, hits: list[ListHit], now_s: float) -> None:
        """Keep an answer that came now."""
        if self._ttl_s <= 0:
            return
        self._answers[identifier] = (now_s + self._ttl_s, hits)
        self._answers.move_to_end(identifier)
        if len(self._answers) > self._max:
            self._answers.popitem(last=False)
