"""What the simulator yields: records of the contract with topic, key and time, and the truth about applications."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from models.events import Application, BlacklistEntry, DeviceEvent, Label

Published = Application | DeviceEvent | Label | BlacklistEntry


class GroundTruth(Struct, frozen=True, kw_only=True):
    """One line of the truth file. Honest look-alikes have a typology too, but neither ring nor position."""

    application_id: str
    fraud: bool
    typology: str
    ring: str | None = None
    position: int | None = None
    """Place in the ring in event-time order, from 1."""


class TimedRecord(Struct, frozen=True, kw_only=True):
    """One record to publish. `topic` is the contract's name, without the deployment's prefix."""

    topic: str
    key: str
    occurred_at: datetime
    value: Published
    truth: GroundTruth | None = None
    """For applications alone."""


def timed(value: Published, truth: GroundTruth | None = None) -> TimedRecord:
    """The record with the topic and key that the contract gives its type."""
    match value:
        case Application():
            topic, key = "applications", value.application_id
        case DeviceEvent():
            topic, key = "device-events", value.device_id
        case Label():
            topic, key = "labels", value.application_id
        case BlacklistEntry():
            topic, key = "blacklist-entries", f"{value.kind}:{value.value}"
    return TimedRecord(topic=topic, key=key, occurred_at=value.occurred_at, value=value, truth=truth)
