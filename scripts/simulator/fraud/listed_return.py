"""Somebody on a blacklist comes back with a new phone, and with whatever else they could change."""

from __future__ import annotations

from models.events import BlacklistEntry, ListedKind
from scripts.simulator.draw import Draw, Story
from scripts.simulator.people import Person
from scripts.simulator.timeline import DAY_S, HOUR_S, local_time
from scripts.simulator.typology import Typology


def story(draw: Draw, size: int) -> Story:
    """Listed before: the old number and one more thing, which the person keeps: ID number, device or face."""
    rng = draw.rng
    old, new = draw.person(), draw.crook()
    kept: ListedKind = rng.choice(("id_number", "device_id", "face_id"))
    if kept == "id_number":
        new.id_number, new.name, new.face_id = old.id_number, old.name, old.face_id
    elif kept == "device_id":
        new.handset = old.handset
    else:
        new.face_id = old.face_id
    attempts = [draw.crooked_attempt(at, new) for at in draw.crooked_times(size)]
    listed: dict[ListedKind, str] = {"phone": old.phone, kept: _value(old, kept)}
    listed_at = draw.window.start - rng.uniform(HOUR_S, 2 * DAY_S)
    source = rng.choice(("own", "external:peer-lenders"))
    entries = [
        BlacklistEntry(
            event_id=draw.new_id("e"),
            occurred_at=local_time(listed_at),
            action="add",
            list=source,
            kind=kind,
            value=value,
            reason="确认欺诈",
            severity="high",
        )
        for kind, value in listed.items()
    ]
    return Story(attempts, extra=list(entries))


def _value(person: Person, kind: ListedKind) -> str:
    return {"id_number": person.id_number, "device_id": person.handset.device_id, "face_id": person.face_id}[kind]


TYPOLOGY = Typology("listed_return", story, sizes=(1, 3), spread_h=(6, 72))
