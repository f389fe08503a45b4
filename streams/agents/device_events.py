"""Device events: remember what was seen of a device, and where."""

from __future__ import annotations

from collections.abc import Sequence

from models.facts import DeviceEventFacts
from streams.dependencies import Dependencies
from streams.runner import Accepted, Handled


async def remember_devices(accepted: Sequence[Accepted[DeviceEventFacts]], deps: Dependencies) -> Handled:
    """Write a batch of device events into the link index."""
    await deps.index.observe_devices([each.facts for each in accepted])
    return Handled()
