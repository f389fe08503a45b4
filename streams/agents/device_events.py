"""Device events: remember what was seen of a device, and where."""

from __future__ import annotations

from collections.abc import Sequence

from models.events import DeviceEvent
from models.tokenise import tokenise_device_event
from streams.dependencies import Dependencies
from streams.runner import Accepted, Handled


async def remember_devices(accepted: Sequence[Accepted[DeviceEvent]], deps: Dependencies) -> Handled:
    """Write a batch of device events into the link index."""
    await deps.index.observe_devices([tokenise_device_event(each.record, deps.tokeniser) for each in accepted])
    return Handled()
