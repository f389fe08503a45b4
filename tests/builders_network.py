"""Makers of what the link index answers, so that a test says only what it is about.

observation([neighbour("A-2"), neighbour("A-3")], [link("device_id", -1, 0, 1)])
"""

from __future__ import annotations

from typing import Any

from models.enrichment import (
    DEGRADED_INDEX,
    DeviceState,
    Enrichment,
    Link,
    ListHit,
    Neighbour,
    Observation,
    PersonCounts,
    Sighting,
    Velocity,
)
from models.facts import ApplicationFacts
from models.features.extract import extract
from models.network import summarise
from tests.builders import CELL, NOON_MS

SELF = -1
"""The application itself among the members of a link; the others are positions of the neighbours."""


def neighbour(application_id: str, applicant: str | None = None, **fields: Any) -> Neighbour:
    """Another application, of an applicant of its own unless told otherwise, an hour ago."""
    defaults: dict[str, Any] = {
        "occurred_ms": NOON_MS - 3_600_000,
        "merchant_id": "M-1",
        "channel": "h5",
        "amount_cny": 5000.0,
        "decision": "approve",
        "label": "",
        "listed": False,
        "hop": 1,
    }
    return Neighbour(application_id=application_id, applicant=applicant or application_id[-8:], **(defaults | fields))


def link(
    kind: str,
    *members: int,
    token: str | None = None,
    degree: int | None = None,
    channels: dict[str, int] | None = None,
) -> Link:
    """An identifier and its members, all of whom the index returned and who came by H5 unless told otherwise."""
    return Link(
        kind=kind,
        token=token or "t",
        degree=len(members) if degree is None else degree,
        channels={"h5": len(members)} if channels is None else channels,
        members=list(members),
    )


def velocity(
    kind: str, counts: list[int], applicants: list[int] | None = None, as_phone: list[int] | None = None
) -> Velocity:
    """Counts of one identifier per window; as many applicants as applications unless told otherwise."""
    return Velocity(
        kind,
        "t",
        counts,
        counts if applicants is None else applicants,
        counts[-1],
        as_phone or ([0] * 5 if "phone" in kind else []),
    )


def device_state(**fields: Any) -> DeviceState:
    """A device first seen ten hours before noon that said nothing about itself."""
    defaults: dict[str, Any] = {
        "first_seen_ms": NOON_MS - 36_000_000,
        "last_seen_ms": NOON_MS,
        "events_24h": 3,
        "events_30d": 3,
        "emulator": None,
        "rooted": None,
        "vpn": None,
        "hooked": None,
        "fill_ms": None,
        "paste_count": None,
        "liveness_failures_24h": 0,
        "sim_changes_30d": 0,
        "otps_1h": 1,
        "phones_30d": 1,
    }
    return DeviceState(**(defaults | fields))


def sighting(kind: str = "device_id", **fields: Any) -> Sighting:
    """A place that a device event told of, an hour before noon, exactly located."""
    defaults: dict[str, Any] = {
        "occurred_ms": NOON_MS - 3_600_000,
        "cell": CELL,
        "accuracy_m": 0.0,
        "vpn": False,
        "application_id": "",
    }
    return Sighting(kind=kind, **(defaults | fields))


def hit(kind: str = "phone", list_name: str = "own", severity: str = "medium") -> ListHit:
    """An entry of a list that matches."""
    return ListHit(kind, "t", list_name, severity, None, None, None, NOON_MS, None)


def observation(
    neighbours: list[Neighbour] | None = None, links: list[Link] | None = None, **fields: Any
) -> Observation:
    """An answer of the index with nothing in it but what is given."""
    defaults: dict[str, Any] = {
        "duplicate": False,
        "earlier": None,
        "resubmissions": 0,
        "hits": [],
        "velocity": [],
        "person": PersonCounts([1] * 5, [1] * 5, [1] * 5, [1] * 5, [1] * 5, refused=[0] * 5),
        "device": None,
        "sightings": [],
        "truncated": [],
    }
    return Observation(neighbours=neighbours or [], links=links or [], **(defaults | fields))


def features_of(facts: ApplicationFacts, answer: Observation | None = None) -> dict[str, float | None]:
    """The features of an application: with the index's answer, or without the index."""
    if answer is None:
        return extract(facts, DEGRADED_INDEX, None)
    return extract(facts, Enrichment(observation=answer), summarise(facts, answer))
