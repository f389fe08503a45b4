"""The link index in Valkey or Redis (7 or newer): one server-side function call an event, one round trip for up to 25
applications.

The function library is loaded when the server does not have it, at the first call or after a restart. A server that
is down, slow or out of memory makes every call raise `IndexUnavailableError`; the pool connects again by itself.

Redis Cluster is not supported: the functions find the keys of neighbours by themselves, so all keys live on one shard.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import count
from secrets import token_urlsafe
from typing import Any, Self

from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from config.settings import Settings
from models.enrichment import Observation
from models.events import ListedKind
from models.facts import ApplicationFacts, DeviceEventFacts, Identifier, ListEntryFacts
from models.recall.seen import SeenApplication
from models.rings.member import RingMember
from models.rings.state import RING_MEMBERS_NAMED, RingState
from streams.index import library, list_wire, wire
from streams.index.connections import Command, Connections
from streams.index.layout import AUDIT_KEEP_MS, CLAIM_KEEP_MS, RING_ROWS, key_prefix, short_hash, short_identifier
from streams.index.looking import holders, seen_applications
from streams.index.protocol import (
    IndexFaultError,
    IndexUnavailableError,
    LabelFlagChange,
    ListedEntry,
    LoanChange,
    PastDecision,
    RememberedResult,
    ResultToRemember,
)
from streams.index.results import unsettled
from streams.index.ring_record import members_of, state_of

RESULTS_DEADLINE_MS = 250
"""Longest wait for `remember`: decisions wait for it, but a batch's results are a megabyte to send."""
WRITE_DEADLINE_MS = 1_000
"""Longest wait for what no decision waits for: a failure costs more than the wait."""
APPLICATIONS_PER_ROUND_TRIP = 25
"""A longer batch goes in several round trips, each with the whole deadline: 100 applications in a busy server are near
50 ms of work, and the deadline is there for a server that does not answer."""
PER_APPLICATION_MS = 4
"""As much longer is waited for each further application of a call: the server works on one after the other, and this
process decides others meanwhile. On a slow machine a full batch would be an outage otherwise, and decided twice."""
LOOKED_AT_ONCE = 25
"""Applications that one call looks at: no decision waits long behind it."""
TIMER_RESOLUTION_S = 0.002
"""A timer that fires this late is on time."""
WRITES_PER_ROUND_TRIP = 500
ENTRIES_PER_CALL = 50
"""List entries that one function call takes: the applications of others wait for that long at most."""


class ValkeyIndex:
    """`streams.index.protocol.LinkIndex` on a Valkey server."""

    _least_deadline_ms = 0
    """Whatever deadline a call has, it is no shorter."""

    def __init__(self, url: str, deployment: str, deadline_ms: int, **client_options: Any) -> None:
        """`url` as redis-py takes it; `deployment`, the topic prefix, tells this one's keys from those of others on the
        same server; `deadline_ms` is for `ping` and for `observe` of one application; `client_options` go to redis-py's
        connections. Connects at the first call."""
        self._deployment = deployment
        self._prefix = key_prefix(deployment)
        self._deadline_ms = deadline_ms
        self._settled: list[str] = []
        self._name, self._numbers = token_urlsafe(6), count()
        self._connections = Connections(
            url,
            **{
                "protocol": 2,  # no greeting to wait for on a new connection
                "driver_info": None,
                "retry": Retry(NoBackoff(), 0),
                "socket_timeout": None,  # the deadlines below are the only ones
                "socket_connect_timeout": None,
                **client_options,
            },
        )

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """The index that the settings name; TLS by `rediss://` in the URL."""
        options: dict[str, Any] = {}
        if settings.redis_username is not None:
            options["username"] = settings.redis_username
        if settings.redis_password is not None:
            options["password"] = settings.redis_password.get_secret_value()
        if settings.redis_ssl_ca_file is not None:
            options["ssl_ca_certs"] = str(settings.redis_ssl_ca_file)
        return cls(settings.redis_url.get_secret_value(), settings.topic_prefix, settings.index_deadline_ms, **options)

    async def observe(self, applications: Sequence[ApplicationFacts], patient: bool = False) -> Iterator[Observation]:
        """See the protocol. Either all are observed or IndexUnavailableError is raised, also when some have been."""
        requests = [wire.observe_request(self._prefix, application) for application in applications]
        together = min(len(requests), APPLICATIONS_PER_ROUND_TRIP)
        deadline_ms = self._deadline_ms + PER_APPLICATION_MS * (together - 1)
        if patient:
            deadline_ms = max(WRITE_DEADLINE_MS, deadline_ms)
        replies = await self._call("observe", requests, deadline_ms, APPLICATIONS_PER_ROUND_TRIP)
        return map(wire.observation, applications, replies)

    async def remember(self, results: Sequence[ResultToRemember]) -> list[RememberedResult]:
        """See the protocol."""
        waiting = [f"{self._prefix}V{self._name}{next(self._numbers)}" for _ in results]
        ahead: list[Command] = [
            ("PSETEX", key, AUDIT_KEEP_MS, unsettled(given.result)) for key, given in zip(waiting, results, strict=True)
        ]
        requests = [wire.remember_request(self._prefix, *each) for each in zip(results, waiting, strict=True)]
        replies = await self._call("remember", requests, max(RESULTS_DEADLINE_MS, self._deadline_ms), ahead=ahead)
        return [wire.remembered(given, *reply) for given, reply in zip(results, replies, strict=True)]

    async def settle(self, event_ids: Sequence[str]) -> None:
        """See the protocol. It waits for the next call and goes ahead of it, so that it is no round trip of its own; of
        what is lost with that call, or with this process, the time to live remains."""
        self._settled += [f"{self._prefix}U{short_hash(event_id)}" for event_id in event_ids]

    async def observe_devices(self, events: Sequence[DeviceEventFacts]) -> None:
        """See the protocol."""
        await self._call("observe_device", [wire.device_request(self._prefix, event) for event in events])

    async def put_list_entries(self, entries: Sequence[ListEntryFacts]) -> None:
        """See the protocol."""
        parts = [entries[start : start + ENTRIES_PER_CALL] for start in range(0, len(entries), ENTRIES_PER_CALL)]
        await self._call("put_list_entries", [list_wire.put_request(self._prefix, part) for part in parts])

    async def listed(self, kind: ListedKind, token: str) -> list[ListedEntry]:
        """See the protocol."""
        request = list_wire.listed_request(self._prefix, kind, token)
        return list_wire.listed(kind, token, (await self._call("list_entries", [request]))[0])

    async def set_labels(self, changes: Sequence[LabelFlagChange]) -> None:
        """See the protocol."""
        await self._call("set_label", [wire.label_request(self._prefix, change) for change in changes])

    async def set_loans(self, changes: Sequence[LoanChange]) -> None:
        """See the protocol."""
        await self._call("set_loan", [wire.loan_request(self._prefix, change) for change in changes])

    async def set_decisions(self, decisions: Sequence[PastDecision]) -> None:
        """See the protocol."""
        await self._call("set_decision", [wire.decision_request(self._prefix, each) for each in decisions])

    async def look(self, names: Sequence[str]) -> list[SeenApplication | None]:
        """See the protocol."""
        few = [list(names[start : start + LOOKED_AT_ONCE]) for start in range(0, len(names), LOOKED_AT_ONCE)]
        replies = await self._call("look", [((self._prefix, each),) for each in few], per_round_trip=1)
        return [seen for reply in replies for seen in seen_applications(reply)]

    async def holders(self, identifiers: Sequence[Identifier]) -> list[list[str]]:
        """See the protocol."""
        keys = [self._prefix + short_identifier(each.kind, each.token) for each in identifiers]
        found: list[list[str]] = []
        for start in range(0, len(keys), WRITES_PER_ROUND_TRIP):
            command = ("MGET", *keys[start : start + WRITES_PER_ROUND_TRIP])
            found += map(holders, (await self._round_trip([command], WRITE_DEADLINE_MS))[0])
        return found

    async def keep_recalls(self, found: Sequence[tuple[str, bytes]]) -> list[bytes]:
        """See the protocol."""
        commands: list[Command] = []
        for cause, value in found:
            key = f"{self._prefix}K{short_hash(cause)}"
            commands += [("SET", key, value, "NX", "PX", CLAIM_KEEP_MS), ("GET", key)]
        return (await self._round_trip(commands, WRITE_DEADLINE_MS))[1::2]

    async def ring(self, ring_id: str, at_ms: int) -> RingState | None:
        """See the protocol."""
        (reply,) = await self._call("show_ring", [wire.ring_request(self._prefix, ring_id, RING_MEMBERS_NAMED)])
        found = wire.shown_ring(reply)
        return None if found is None else state_of(*found, at_ms)

    async def ring_members(self, ring_id: str) -> list[RingMember]:
        """See the protocol."""
        (reply,) = await self._call("show_ring", [wire.ring_request(self._prefix, ring_id, RING_ROWS)])
        found = wire.shown_ring(reply)
        return [] if found is None else members_of(*found)

    async def ping(self) -> None:
        """See the protocol. The function library is there, too, when this returns, and the keys are this deployment's;
        IndexFaultError when they are another one's."""
        owner = (await self._call("ping", [((self._prefix, self._deployment),)], self._deadline_ms))[0]
        if owner.decode() != self._deployment:
            raise IndexFaultError(
                f"the keys of topic prefix {self._deployment!r} are those of {owner.decode()!r}: use another prefix"
            )

    async def close(self) -> None:
        """Settle what waits, when the server answers, and release connections."""
        with suppress(IndexUnavailableError):
            await self._round_trip(self._settling(), WRITE_DEADLINE_MS)
        await self._connections.close()

    async def _call(
        self,
        function: str,
        requests: Sequence[wire.Request],
        deadline_ms: int = WRITE_DEADLINE_MS,
        per_round_trip: int = WRITES_PER_ROUND_TRIP,
        ahead: Sequence[Command] = (),
    ) -> list[Any]:
        """The replies of one function to each request, in order; `ahead` goes before the first. Raises
        IndexUnavailableError."""
        name = library.function(function)
        commands = [("FCALL", name, 0, wire.fields(values), *binaries) for values, *binaries in requests]
        replies: list[Any] = []
        for start in range(0, len(commands), per_round_trip):
            before = [*self._settling(), *ahead]
            ahead = ()
            answered = await self._round_trip([*before, *commands[start : start + per_round_trip]], deadline_ms)
            replies += answered[len(before) :]
        return replies

    def _settling(self) -> list[Command]:
        """The command for what has been settled since the last one, if anything has."""
        settled, self._settled = self._settled, []
        return [("UNLINK", *settled)] if settled else []

    async def _round_trip(self, commands: Sequence[Command], deadline_ms: int) -> list[Any]:
        if not commands:
            return []
        try:
            replies = await _within(max(deadline_ms, self._least_deadline_ms) / 1000, self._exchange(commands))
        except (RedisError, OSError, TimeoutError) as error:
            raise IndexUnavailableError(f"{type(error).__name__}: {error}") from error
        _raise_first_error(replies)
        return replies

    async def _exchange(self, commands: Sequence[Command]) -> list[Any]:
        replies = await self._connections.round_trip(commands)
        if any(map(_is_function_missing, replies)):
            await self._load()
            replies = await self._connections.round_trip(commands)
        return replies

    async def _load(self) -> None:
        """Load the function library. Raises what refusing it raises, unless another worker was quicker."""
        reply = (await self._connections.round_trip([("FUNCTION", "LOAD", library.SOURCE)]))[0]
        if isinstance(reply, ResponseError) and "already exists" not in str(reply):
            raise reply


def _is_function_missing(reply: object) -> bool:
    return isinstance(reply, ResponseError) and "Function not found" in str(reply)


def _raise_first_error(replies: Iterable[object]) -> None:
    for reply in replies:
        if isinstance(reply, ResponseError) and "user_function" in str(reply):
            raise IndexFaultError(f"{type(reply).__name__} in the function library") from reply
        if isinstance(reply, Exception):
            raise IndexUnavailableError(f"{type(reply).__name__}: {reply}") from reply


async def _within(seconds: float, exchange: Coroutine[Any, Any, list[Any]]) -> list[Any]:
    """The replies, or TimeoutError when they do not come in time.

    A process that was kept off its processor finds the deadline past and the reply there already: what the timer
    overslept is waited again, once.
    """
    loop = asyncio.get_running_loop()
    due = loop.time() + seconds
    task = loop.create_task(exchange)
    try:
        await asyncio.wait({task}, timeout=seconds)
        overslept = loop.time() - due
        if not task.done() and overslept > TIMER_RESOLUTION_S:
            await asyncio.wait({task}, timeout=min(overslept, seconds))
        if task.done():
            return task.result()
    finally:
        if not task.done():
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task  # the connection, with replies on their way, is dropped before anybody else takes it
    raise TimeoutError
