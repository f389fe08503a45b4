"""Blacklist entries: put them on their lists, or take them off."""

from __future__ import annotations

from collections.abc import Sequence

from models.events import BlacklistEntry
from models.tokenise import tokenise_list_entry
from streams.dependencies import Dependencies
from streams.runner import Accepted, Handled


async def update_lists(accepted: Sequence[Accepted[BlacklistEntry]], deps: Dependencies) -> Handled:
    """Write a batch of list changes into the link index."""
    await deps.index.put_list_entries([tokenise_list_entry(each.record, deps.tokeniser) for each in accepted])
    return Handled()
