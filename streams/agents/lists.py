"""Blacklist entries: put them on their lists, or take them off."""

from __future__ import annotations

from collections.abc import Sequence

from models.facts import ListEntryFacts
from streams.dependencies import Dependencies
from streams.runner import Accepted, Handled


async def update_lists(accepted: Sequence[Accepted[ListEntryFacts]], deps: Dependencies) -> Handled:
    """Write a batch of list changes into the link index."""
    await deps.index.put_list_entries([each.facts for each in accepted])
    return Handled()
