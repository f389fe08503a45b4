"""What a list service is asked, and what it may answer. Tokens only leave the house: never a raw value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from models.enrichment import ListHit
from models.facts import Identifier


class ListServiceError(Exception):
    """The service gave no answer that can be used. `answer` is a word for the metrics; `again`: asking once more, on
    another connection, may help."""

    def __init__(self, answer: str, message: str, *, again: bool = False) -> None:
        super().__init__(message)
        self.answer = answer
        self.again = again


class ListService(Protocol):
    """Somebody else's list. Asking changes nothing there, so the same may be asked again."""

    async def look_up(self, identifiers: Sequence[Identifier]) -> list[ListHit]:
        """The entries for these identifiers, of kinds that lists hold (a contact's phone is asked as `phone`); none
        for one that is not listed. Raises ListServiceError. Whoever calls it sets the deadline, and cancels."""

    async def close(self) -> None:
        """Release connections."""
