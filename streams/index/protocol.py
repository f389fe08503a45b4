"""The contract of the link index. Two implementations keep it: `valkey.py` (production) and `memory.py` (backtests and
tests); one suite of tests runs over both.

All calls take a batch and go to the server in one round trip, long ones in a few. All are idempotent, so a batch may be
sent again.
Any call of the Valkey implementation raises `IndexUnavailableError` when the server cannot be asked in time, and
`IndexFaultError` when a call fails on the server.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from msgspec import Struct, msgpack

from models.enrichment import DecisionFlag, LabelFlag, LoanFlag, Observation
from models.events import ListedKind, Severity
from models.facts import ApplicationFacts, DeviceEventFacts, Identifier, ListEntryFacts
from models.recall.seen import SeenApplication
from models.rings.member import RingMember
from models.rings.state import RingJoin, RingState


class IndexUnavailableError(Exception):
    """The index did not answer within the deadline, or not at all. The cause is chained."""


class IndexFaultError(Exception):
    """The index answers, but fails on this very call: a fault of ours, which waiting does not mend."""


class StoredResult(Struct, frozen=True, array_like=True):
    """What one application event led to, as published: bytes of the records, so that a repeat publishes the same.

    The index keeps `decision` as long as the application; `alerts` and `audit` only until `settle` says that all of it
    has been published: then they are empty and None.
    """

    decision: bytes
    alerts: list[bytes]
    audit: bytes | None


_stored_decoder = msgpack.Decoder(StoredResult)


def encode_stored(result: StoredResult) -> bytes:
    """The bytes of `Observation.earlier`."""
    return msgpack.encode(result)


def decode_stored(earlier: bytes) -> StoredResult:
    """A result as `Observation.earlier` holds it. Raises msgspec.DecodeError on anything else."""
    return _stored_decoder.decode(earlier)


class ResultToRemember(Struct, frozen=True, kw_only=True):
    """A decision to be kept before it is published."""

    event_id: str
    application_id: str
    occurred_ms: int
    """Of the event; an older event of the same application does not overwrite the flag of a newer one."""
    decision_flag: DecisionFlag
    result: StoredResult
    alert_ids: list[str]
    """One for each of `result.alerts`."""
    usual: bool | None = None
    """The amount was usual for its applicant, by the features that were decided on; None: unknown."""
    ring: RingJoin | None = None
    """What the decision found to be one ring: from now on it is, with every ring that a member was in before."""


class RememberedResult(Struct, frozen=True, kw_only=True):
    """What to publish: the result that stands for the event, which is the given one unless another came first."""

    result: StoredResult
    first: bool
    """The given result was stored now; False: an earlier one of the same event stands."""
    new_alerts: list[bool]
    """For each of the given alert ids: nobody had claimed it, or this event had. Only those are to be published.
    Empty when `first` is False: `result.alerts` of the earlier result then holds only what that event had claimed."""


class PastDecision(Struct, frozen=True, kw_only=True):
    """A decision that was made with the index, as its neighbours see it."""

    event_id: str
    application_id: str
    occurred_ms: int
    decision_flag: DecisionFlag
    usual: bool | None = None
    """See `ResultToRemember`."""
    ring: RingJoin | None = None
    """See `ResultToRemember`."""


class LabelFlagChange(Struct, frozen=True, kw_only=True):
    """Sets the flag that neighbours see and that the profiles of the application's entities count. The newest by
    `occurred_ms` wins, whatever the order of arrival; the same again changes nothing."""

    application_id: str
    flag: LabelFlag
    occurred_ms: int
    usual: bool | None = None
    """The amount was usual for its applicant when it was decided, for profiles. What the decision said of it (see
    `ResultToRemember`) stands before this; None: unknown."""


class ListedEntry(Struct, frozen=True):
    """An entry of a list as it stands, expired or not, and what became of it."""

    kind: ListedKind
    token: str
    list: str
    severity: Severity
    reason: str | None
    source: str | None
    evidence: str | None
    added_ms: int
    expires_ms: int | None
    hits: int
    """Application events that it was a `ListHit` for."""
    last_hit_ms: int | None
    """Event time of the newest of those."""


class LoanChange(Struct, frozen=True, kw_only=True):
    """What became of an application's money. Of all that is ever said the last in the order of `LoanFlag` stands."""

    application_id: str
    loan: LoanFlag
    occurred_ms: int


class LinkIndex(Protocol):
    """Links between applications, velocities, lists and device states, each per identifier token."""

    async def observe(self, applications: Sequence[ApplicationFacts], patient: bool = False) -> Iterable[Observation]:
        """Write each application into the index and read all that its decision needs, atomically, in order. `patient`:
        no applicant waits, so the answer may take as long as any other write. The observations are to be gone through
        once: each may be made only then, and is not kept."""

    async def remember(self, results: Sequence[ResultToRemember]) -> list[RememberedResult]:
        """Keep results before they are published, and claim their alerts."""

    async def settle(self, event_ids: Sequence[str]) -> None:
        """All of these events' results have been published: only the decisions are kept, from the next call on."""

    async def observe_devices(self, events: Sequence[DeviceEventFacts]) -> None:
        """Update device states and sightings."""

    async def put_list_entries(self, entries: Sequence[ListEntryFacts]) -> None:
        """Add or remove list entries. The newest by `occurred_at` wins per list and identifier, so order is no matter;
        applications that have the identifier are marked `listed`. An application sees entries that were added after its
        event time, too: a late one would slip through otherwise."""

    async def listed(self, kind: ListedKind, token: str) -> list[ListedEntry]:
        """The entries of an identifier, those that have expired too, in no particular order."""

    async def set_labels(self, changes: Sequence[LabelFlagChange]) -> None:
        """Set label flags; of applications not yet observed too."""

    async def set_loans(self, changes: Sequence[LoanChange]) -> None:
        """Say what became of the money; of applications not yet observed too."""

    async def set_decisions(self, decisions: Sequence[PastDecision]) -> None:
        """Set the flags that neighbours see: of the newest event by `occurred_ms`, of several decisions on one event
        the strictest."""

    async def look(self, names: Sequence[str]) -> list[SeenApplication | None]:
        """Applications by the names that the index has for them (`streams.index.layout.short_hash` of their ids), as
        they stand now, and what they share with whom. Nothing is written. None for one that was never observed."""

    async def holders(self, identifiers: Sequence[Identifier]) -> list[list[str]]:
        """The names of the newest 64 applications of each identifier, newest first. Nothing is written."""

    async def keep_recalls(self, found: Sequence[tuple[str, bytes]]) -> list[bytes]:
        """Keep what recalls found, by what caused them, before it is published. Returns what stands of each: of
        several under one cause the first, for 30 days."""

    async def ring(self, ring_id: str, at_ms: int) -> RingState | None:
        """The living ring that is, or ever was, known by this id, as an application at `at_ms` would see it; None when
        there is none, or no member of it is within the retention of that."""

    async def ring_members(self, ring_id: str) -> list[RingMember]:
        """The newest 512 members of that ring, newest first; those not observed are left out."""

    async def ping(self) -> None:
        """Return when the index answers. Raises IndexUnavailableError when it does not."""

    async def close(self) -> None:
        """Release connections."""
