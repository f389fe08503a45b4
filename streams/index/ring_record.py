"""What the link index keeps of one ring, and what it says about it. Both implementations keep this, in memory as it is
and in Valkey packed by rings.lua, and derive a `RingState` from it here.

A record follows from the joins that were told and from its members as they are, not from any order.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from bisect import bisect_right, insort
from collections import Counter
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from itertools import compress
from operator import itemgetter
from struct import Struct
from typing import NamedTuple

from models.enrichment import RETENTION_MS, WINDOWS_MS, DecisionFlag, LabelFlag
from models.facts import Identifier
from models.rings.member import RingMember
from models.rings.state import RING_MEMBERS_NAMED, RING_PREFIX, RingJoin, RingState
from streams.index.layout import (
    DECISION_CODES,
    KIND_OF_CODE,
    LABEL_CODES,
    NO_CENTS,
    RING_FOUNDERS,
    RING_ROWS,
    RING_SHARED,
    ring_name,
    short_identifier,
)

MERCHANT_CHARACTERS = 6
"""As much of the token of a merchant or a sales rep as a row has."""
NONE_SUCH = b"-" * MERCHANT_CHARACTERS

_, _DAY_MS, _WEEK_MS, _, _ = WINDOWS_MS
_DECISION_OF_CODE: dict[bytes, DecisionFlag] = {code.encode(): flag for flag, code in DECISION_CODES.items()}
_LABEL_OF_CODE: dict[bytes, LabelFlag] = {code.encode(): flag for flag, code in LABEL_CODES.items()}

SHARED_SIZE = 6
"""Bytes of a shared identifier: 40 bits of a hash and the kind's code."""

Founder = tuple[int, str]
"""When an application occurred, and its short hash."""


class Row(NamedTuple):
    """A member as it counts, in the fields of a packed row."""

    name: bytes
    """The application id's short hash."""
    time: int
    """0 while the application has not been observed."""
    applicant: bytes
    """First six bytes of the applicant's token."""
    merchant: bytes
    sales_rep: bytes
    cents: int
    """`NO_CENTS` when it told none."""
    decision: bytes
    """Codes of `DECISION_CODES` and `LABEL_CODES`."""
    label: bytes
    listed: int


_by_time = itemgetter(1, 0)
"""Rows are sorted by time, then by name."""


class RingRecord:
    """A ring: who it is known by, what its members share, and its members, oldest first."""

    __slots__ = ("beyond", "founders", "into", "rows", "shared")

    def __init__(self, founders: list[Founder], shared: list[int]) -> None:
        """A ring without members; both lists sorted."""
        self.founders = founders
        self.shared = shared
        self.rows: list[Row] = []
        self.beyond = [0] * 8
        """Of members that have no row: number, cents, approved, their cents, refused, frauds, honest, listed."""
        self.into: RingRecord | None = None
        """The ring that this one has become part of, in memory."""

    @property
    def name(self) -> str:
        """The name that it is stored under."""
        return self.founders[0][1]

    @property
    def touched_ms(self) -> int:
        """When its newest member occurred, or its newest founder while that has not been observed."""
        return max(self.rows[-1].time, *(time for time, _ in self.founders))

    def put(self, row: Row) -> None:
        """Count a member."""
        insort(self.rows, row, key=_by_time)
        self._count_rest()

    def take(self, row: Row) -> None:
        """Count a member no longer, as it was counted."""
        if row in self.rows:
            self.rows.remove(row)
        elif self.beyond[0]:
            self._count(row, -1)

    def unite(self, other: RingRecord) -> None:
        """Take in another ring, which has no member in common with this one."""
        self.founders = sorted({*self.founders, *other.founders})[:RING_FOUNDERS]
        self.shared = sorted({*self.shared, *other.shared})[:RING_SHARED]
        self.beyond = [mine + theirs for mine, theirs in zip(self.beyond, other.beyond, strict=True)]
        self.rows = sorted([*self.rows, *other.rows], key=_by_time)
        self._count_rest()

    def _count_rest(self) -> None:
        for row in self.rows[:-RING_ROWS]:
            self._count(row, 1)
        del self.rows[:-RING_ROWS]

    def _count(self, row: Row, sign: int) -> None:
        told = 0 if row.cents == NO_CENTS else row.cents
        approved = row.decision == b"a"
        change = (
            1,
            told,
            approved,
            approved * told,
            row.decision == b"r",
            row.label == b"f",
            row.label == b"h",
            row.listed,
        )
        self.beyond = [max(0, before + sign * more) for before, more in zip(self.beyond, change, strict=True)]


def shared_numbers(shared: Iterable[Identifier]) -> list[int]:
    """What a join's members share, as a record has it: numbers of `SHARED_SIZE` bytes, the smallest ones."""
    return sorted({_number(short_identifier(each.kind, each.token)) for each in shared})[:RING_SHARED]


def _number(identifier: str) -> int:
    digest = blake2b(identifier.encode(), digest_size=5).digest()
    return int.from_bytes(digest + identifier[:1].encode(), "big")


def founder_of(join: RingJoin) -> Founder:
    """Who names the ring that was seen."""
    return join.founded_ms, ring_name(join.ring_id)


def state_of(record: RingRecord, application_ids: Sequence[str], at_ms: int) -> RingState | None:
    """The ring as an application at `at_ms` sees it; None when no member is within the retention of it.

    `application_ids` are those of the newest members, newest first, empty where they are not known.
    """
    rows, ids = record.rows, application_ids
    if rows[0].time <= at_ms - RETENTION_MS or rows[-1].time >= at_ms + RETENTION_MS:
        near = [abs(row.time - at_ms) < RETENTION_MS for row in rows]
        rows, ids = list(compress(rows, near)), list(compress(ids, reversed(near)))
        if not rows:
            return None
    number, cents, approved, approved_cents, refused, frauds, honest, listed = record.beyond
    _, times, applicants, merchants, sales_reps, amounts, decisions, labels, on_lists = zip(*rows, strict=True)
    of_amount = Counter(amounts)
    del of_amount[NO_CENTS]
    of_sales_rep = Counter(sales_reps)
    del of_sales_rep[NONE_SUCH]
    up_to = bisect_right(times, at_ms)
    founded_ms, name = record.founders[0]
    at_risk = [each for each, decision in zip(amounts, decisions, strict=True) if decision == b"a" and each != NO_CENTS]
    return RingState(
        ring_id=RING_PREFIX + name,
        founded_ms=founded_ms,
        first_ms=times[0],
        last_ms=times[-1],
        size=len(rows) + number,
        size_24h=up_to - bisect_right(times, at_ms - _DAY_MS),
        size_7d=up_to - bisect_right(times, at_ms - _WEEK_MS),
        applicants=len(set(applicants)),
        amount_cny=(sum(each * many for each, many in of_amount.items()) + cents) / 100,
        approved=decisions.count(b"a") + approved,
        approved_cny=(sum(at_risk) + approved_cents) / 100,
        refused=decisions.count(b"r") + refused,
        frauds=labels.count(b"f") + frauds,
        honest=labels.count(b"h") + honest,
        listed=sum(on_lists) + listed,
        merchants=len(set(merchants) - {NONE_SUCH}),
        sales_reps=len(of_sales_rep),
        same_sales_rep=max(of_sales_rep.values(), default=0),
        same_amount=max(of_amount.values(), default=0),
        shared=dict(sorted(Counter(KIND_OF_CODE[chr(each & 0xFF)] for each in record.shared).items())),
        merged=[RING_PREFIX + other for _, other in record.founders[1:]],
        members=[application_id for application_id in ids if application_id][:RING_MEMBERS_NAMED],
    )


def members_of(record: RingRecord, application_ids: Sequence[str]) -> list[RingMember]:
    """The members that are remembered one by one and have been observed, newest first, as are `application_ids`."""
    return [
        RingMember(
            application_id=application_id,
            occurred_ms=row.time,
            applicant=urlsafe_b64encode(row.applicant).decode(),
            amount_cny=None if row.cents == NO_CENTS else row.cents / 100,
            decision=_DECISION_OF_CODE[row.decision],
            label=_LABEL_OF_CODE[row.label],
            listed=bool(row.listed),
        )
        for application_id, row in zip(application_ids, reversed(record.rows), strict=True)
        if application_id
    ]


_FOUNDER = Struct(">HI11s")
_ROW = Struct(">11sQ6s6s6sQccB")
_BEYOND = Struct(">IQIQIIII")


def read_ring(packed: bytes) -> RingRecord:
    """The ring that rings.lua packed. Raises struct.error on bytes that are none."""
    founders, shared, counted = packed[:3]
    to_shared = 3 + _FOUNDER.size * founders
    to_beyond = to_shared + SHARED_SIZE * shared
    record = RingRecord(
        [((high << 32) + low, name.decode()) for high, low, name in _FOUNDER.iter_unpack(packed[3:to_shared])],
        [int.from_bytes(packed[at : at + SHARED_SIZE], "big") for at in range(to_shared, to_beyond, SHARED_SIZE)],
    )
    to_rows = to_beyond
    if counted:
        record.beyond = list(_BEYOND.unpack_from(packed, to_beyond))
        to_rows += _BEYOND.size
    record.rows = list(map(Row._make, _ROW.iter_unpack(packed[to_rows:])))
    record.rows.reverse()
    return record
