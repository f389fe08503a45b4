"""Blacklist entries: put them on their lists, or take them off."""

from __future__ import annotations

from collections.abc import Sequence

from models.facts import ListEntryFacts
from streams.dependencies import Dependencies
from streams.recalling import recall_listed
from streams.runner import Accepted, Handled


async def update_lists(accepted: Sequence[Accepted[ListEntryFacts]], deps: Dependencies) -> Handled:
    """Write a batch of list changes into the link index, and call back what was approved with what is listed now."""
    entries = [each.facts for each in accepted]
    await deps.index.put_list_entries(entries)
    return Handled(publish=await recall_listed(entries, deps))
