"""What is remembered of rings: the living ones, that grow over weeks and through many workers.

The network of one application (`models.network`) reaches two hops. What it finds to be one ring, it joins
(`RingJoin`); the link index unites joins that have a member in common, and answers with the ring as it has become
(`RingState`). A ring is therefore the same whatever the order in which its joins are told, and however often.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from hashlib import blake2b

from msgspec import Struct

from models.facts import Identifier

RING_PREFIX = "ring-"
RING_MEMBERS_NAMED = 64
"""So many of its newest members a `RingState` names."""


class RingState(Struct, frozen=True, array_like=True):
    """A ring as it stood when it was asked for. Members are counted while they are in the index's retention (90 days
    either side of the application that asks); those beyond the newest that are remembered one by one, for ever.
    Applicants, merchants, sales reps and what is the same among members are counted over those remembered one by one.
    """

    ring_id: str
    """Stays when the ring grows; of rings that merge, that of the one founded first stands."""
    founded_ms: int
    """When the application occurred that the ring has its id from."""
    first_ms: int
    last_ms: int
    """Event time of the earliest and the newest member."""
    size: int
    """Applications that are members."""
    size_24h: int
    """Members in the 24 h up to the application that asks; `size_7d`: in the 7 days."""
    size_7d: int
    applicants: int
    amount_cny: float
    approved: int
    """Members whose newest decision is approve; `refused`: reject."""
    approved_cny: float
    """Sum of their amounts, those of confirmed frauds included: the money at risk."""
    refused: int
    frauds: int
    """Members confirmed to be fraud, or honest, or with an identifier of their own on a list."""
    honest: int
    listed: int
    merchants: int
    sales_reps: int
    same_sales_rep: int
    """Members that came through the busiest of its sales reps; 0 when none names one."""
    same_amount: int
    """Members that ask for the commonest of its amounts; 0 when none tells one."""
    shared: dict[str, int]
    """Identifier kind -> distinct identifiers of that kind that its members share."""
    merged: list[str]
    """Other ids under which parts of this ring have been known, oldest first; they lead to it still."""
    members: list[str]
    """Application ids, newest first, at most `RING_MEMBERS_NAMED`."""


class RingOf(Struct, frozen=True, array_like=True):
    """A ring in the neighbourhood of an application, as it stood before the application joined any."""

    state: RingState
    positions: list[int]
    """Which of `Observation.neighbours` are members; -1 (first) is the application itself, when an earlier event of it
    has joined."""


class RingJoin(Struct, frozen=True, kw_only=True):
    """What one decision found to be in one ring."""

    ring_id: str
    """Of the ring as it was seen; of a new one, made from its earliest application."""
    founded_ms: int
    members: list[str]
    """Application ids, the decided one first; of those seen to be in one living ring already, one stands for all."""
    shared: list[Identifier]
    """What these and the others of the ring in sight share."""


def ring_id_of(application_id: str) -> str:
    """The id of a ring founded by an application."""
    digest = blake2b(application_id.encode(), digest_size=8).digest()
    return RING_PREFIX + urlsafe_b64encode(digest)[:11].decode()
