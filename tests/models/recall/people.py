"""Makers of applications as a recall sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from models.recall.search import Search
from models.recall.seen import Holder, SeenApplication, Shared
from tests.builders import NOON_MS


def seen(application_id: str, shares: Mapping[str, Sequence[str]] | None = None, **changes: Any) -> SeenApplication:
    """An application of somebody of their own; `shares`: identifier kind -> ids of the others that have the same."""
    values: dict[str, Any] = {
        "name": application_id,
        "application_id": application_id,
        "occurred_ms": NOON_MS,
        "applicant": f"by {application_id}",
        "amount_cny": 1000.0,
        "decision": "approve",
        "label": "",
        "loan": "",
        "shared": [
            Shared(kind, "token", {"h5": len(others) + 1}, [Holder(each, f"by {each}") for each in others])
            for kind, others in (shares or {}).items()
        ],
    }
    return SeenApplication(**(values | changes))


def walk(world: Sequence[SeenApplication], search: Search) -> Search:
    """Walk to the end through these applications."""
    there = {each.name: each for each in world}
    while names := search.wanted():
        search.take(names, [there.get(name) for name in names])
    return search


def chain(kinds: Sequence[str], **changes: Any) -> list[SeenApplication]:
    """Applications `A-0`, `A-1`, ..., each linked with the next by an identifier of that kind."""
    shares: list[dict[str, list[str]]] = [{} for _ in range(len(kinds) + 1)]
    for number, kind in enumerate(kinds):
        shares[number].setdefault(kind, []).append(f"A-{number + 1}")
        shares[number + 1].setdefault(kind, []).append(f"A-{number}")
    return [seen(f"A-{number}", each, **changes) for number, each in enumerate(shares)]
