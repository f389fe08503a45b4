"""The link index in Valkey or Redis (7 or newer): one server-side function call an event, one round trip a batch.

The function library is loaded when the server does not have it, at the first call or after a restart. A server that
is down, slow or out of memory makes every call raise `IndexUnavailableError`; the pool connects again by itself.

Redis Cluster is not supported: the functions find the keys of neighbours by themselves, so all keys live on one shard.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct, msgpack
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from config.settings import Settings
from models.enrichment import Link, ListHit, Neighbour, Observation, PersonCounts, Velocity
from models.facts import ApplicationFacts, DeviceEventFacts, ListEntryFacts, epoch_ms
from streams.index import library
from streams.index.layout import (
    AUDIT_KEEP_MS,
    CHANNEL_CODES,
    CLAIM_KEEP_MS,
    DECISION_CODES,
    KEEP_MS,
    KIND_CODES,
    LABEL_CODES,
    short_applicant,
    short_hash,
)
from streams.index.protocol import (
    IndexUnavailableError,
    LabelFlagChange,
    RememberedResult,
    ResultToRemember,
    encode_stored,
)
from streams.index.records import (
    SIGHTED_KINDS,
    DeviceRecord,
    SightingRecord,
    application_sighting,
    device_record,
    device_sighting,
    device_state,
    device_subjects,
    sightings,
)
from streams.index.results import restore, shrink

WRITE_DEADLINE_MS = 1_000
"""Longest wait for everything but `observe`: no score waits for it, and a failure costs more than the wait."""
CALLS_PER_ROUND_TRIP = 500
"""A longer batch goes in several round trips, each with the whole deadline."""

_KEEP = str(KEEP_MS)

_Request = tuple[object, ...]
"""One call's arguments: a tuple that Lua unpacks from MessagePack, then bytes (Lua's MessagePack knows text alone)."""


class _Reply(Struct, frozen=True, array_like=True):
    """What observe.lua answers."""

    duplicate: bool
    result: bytes | None
    audit: bytes | None
    resubmissions: int
    hits: list[ListHit]
    velocity: list[Velocity]
    person: PersonCounts | None
    neighbours: list[Neighbour]
    links: list[Link]
    device: list[DeviceRecord]
    sightings: list[list[SightingRecord]]
    truncated: list[str]


_reply_decoder = msgpack.Decoder(_Reply)


class ValkeyIndex:
    """`streams.index.protocol.LinkIndex` on a Valkey server."""

    def __init__(self, url: str, prefix: str, deadline_ms: int, **client_options: Any) -> None:
        """`url` as redis-py takes it, `prefix` before every key, `deadline_ms` for `observe`; `client_options` go to
        `redis.asyncio.Redis.from_url`. Connects at the first call."""
        self._prefix = prefix
        self._deadline_ms = deadline_ms
        self._client: Redis = Redis.from_url(
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
    def from_settings(cls, settings: Settings) -> ValkeyIndex:
        """The index that the settings name; TLS by `rediss://` in the URL."""
        options: dict[str, Any] = {}
        if settings.redis_username is not None:
            options["username"] = settings.redis_username
        if settings.redis_password is not None:
            options["password"] = settings.redis_password.get_secret_value()
        if settings.redis_ssl_ca_file is not None:
            options["ssl_ca_certs"] = str(settings.redis_ssl_ca_file)
        return cls(settings.redis_url.get_secret_value(), settings.redis_prefix, settings.index_deadline_ms, **options)

    async def observe(self, applications: Sequence[ApplicationFacts]) -> list[Observation]:
        """See the protocol. The deadline is for the whole batch."""
        requests = [self._observe_request(application) for application in applications]
        replies = await self._call("observe", requests, self._deadline_ms)
        return [
            _observation(application, _reply_decoder.decode(reply))
            for application, reply in zip(applications, replies, strict=True)
        ]

    async def remember(self, results: Sequence[ResultToRemember]) -> list[RememberedResult]:
        """See the protocol."""
        replies = await self._call("remember", [self._remember_request(result) for result in results])
        return [_remembered(given, *reply) for given, reply in zip(results, replies, strict=True)]

    async def settle(self, event_ids: Sequence[str]) -> None:
        """See the protocol."""
        if event_ids:
            keys = [f"{self._prefix}u:{short_hash(event_id)}" for event_id in event_ids]
            await self._round_trip([("UNLINK", *keys)], WRITE_DEADLINE_MS)

    async def observe_devices(self, events: Sequence[DeviceEventFacts]) -> None:
        """See the protocol."""
        await self._call(
            "observe_device",
            [
                (
                    (
                        self._prefix,
                        _KEEP,
                        KIND_CODES["device_id"] + event.device_token,
                        device_record(event),
                        device_subjects(event),
                        device_sighting(event) or False,
                    ),
                )
                for event in events
            ],
        )

    async def put_list_entries(self, entries: Sequence[ListEntryFacts]) -> None:
        """See the protocol."""
        await self._call("put_list_entry", [self._list_request(entry) for entry in entries])

    async def set_labels(self, changes: Sequence[LabelFlagChange]) -> None:
        """See the protocol."""
        await self._call(
            "set_label",
            [
                (
                    (
                        self._prefix,
                        _KEEP,
                        short_hash(change.application_id),
                        change.occurred_ms,
                        LABEL_CODES[change.flag],
                    ),
                )
                for change in changes
            ],
        )

    async def ping(self) -> None:
        """See the protocol. The function library is there, too, when this returns."""
        await self._call("ping", [((),)])

    async def close(self) -> None:
        """Release connections."""
        await self._client.aclose()

    def _observe_request(self, application: ApplicationFacts) -> _Request:
        event = short_hash(application.event_id)
        occurred_ms = application.occurred_ms
        applicant = short_applicant(application.applicant_token)
        # The first six fields of a Neighbour, without the array around them.
        head = msgpack.encode(
            (
                application.application_id,
                occurred_ms,
                applicant,
                application.merchant_id or "",
                application.channel,
                application.amount_cny,
            )
        )[1:]
        values = (
            self._prefix,
            _KEEP,
            occurred_ms,
            short_hash(application.application_id),
            event,
            applicant + CHANNEL_CODES[application.channel],
            [KIND_CODES[identifier.kind] + identifier.token for identifier in application.identifiers],
            _device(application),
            [code for code in _subjects(application) if code],
            application_sighting(application, occurred_ms, event) or False,
        )
        return values, head

    def _remember_request(self, given: ResultToRemember) -> _Request:
        values = (
            self._prefix,
            _KEEP,
            str(AUDIT_KEEP_MS),
            str(CLAIM_KEEP_MS),
            short_hash(given.application_id),
            short_hash(given.event_id),
            given.occurred_ms,
            DECISION_CODES[given.decision_flag],
            [short_hash(alert_id) for alert_id in given.alert_ids],
        )
        return values, shrink(given.result), given.result.audit or b""

    def _list_request(self, entry: ListEntryFacts) -> _Request:
        expires_ms = epoch_ms(entry.expires_at) if entry.expires_at is not None else None
        # The last seven fields of a ListHit, without the array around them; a removal has none.
        hit = msgpack.encode(
            (entry.list, entry.severity, entry.reason, entry.source, entry.evidence, entry.occurred_ms, expires_ms)
        )[1:]
        values = (
            self._prefix,
            _KEEP,
            KIND_CODES[entry.kind] + entry.token,
            entry.list,
            entry.occurred_ms,
            short_hash(entry.event_id),
            expires_ms or 0,
        )
        return values, hit if entry.action == "add" else b""

    async def _call(
        self, function: str, requests: Sequence[_Request], deadline_ms: int = WRITE_DEADLINE_MS
    ) -> list[Any]:
        """The replies of one function to each request, in order. Raises IndexUnavailableError."""
        name = library.function(function)
        commands = [("FCALL", name, 0, msgpack.encode(values), *binaries) for values, *binaries in requests]
        replies: list[Any] = []
        for start in range(0, len(commands), CALLS_PER_ROUND_TRIP):
            replies += await self._round_trip(commands[start : start + CALLS_PER_ROUND_TRIP], deadline_ms)
        return replies

    async def _round_trip(self, commands: Sequence[tuple[Any, ...]], deadline_ms: int) -> list[Any]:
        try:
            async with asyncio.timeout(deadline_ms / 1000):
                replies = await self._pipeline(commands)
                homeless = [i for i, reply in enumerate(replies) if _is_function_missing(reply)]
                if homeless:
                    await self._load()
                    again = await self._pipeline([commands[i] for i in homeless])
                    for i, reply in zip(homeless, again, strict=True):
                        replies[i] = reply
        except (RedisError, OSError, TimeoutError) as error:
            raise IndexUnavailableError(f"{type(error).__name__}: {error}") from error
        _raise_first_error(replies)
        return replies

    async def _pipeline(self, commands: Iterable[tuple[Any, ...]]) -> list[Any]:
        async with self._client.pipeline(transaction=False) as pipeline:
            for command in commands:
                pipeline.execute_command(*command)
            replies: list[Any] = await pipeline.execute(raise_on_error=False)
            return replies

    async def _load(self) -> None:
        try:
            await self._client.function_load(library.SOURCE)
        except ResponseError as error:
            if "already exists" not in str(error):  # another worker was quicker
                raise


def _subjects(application: ApplicationFacts) -> list[str]:
    """The sighted identifiers of an application in the order of `SIGHTED_KINDS`, "" for those it does not have."""
    tokens = [application.token(kind) for kind in SIGHTED_KINDS]
    return [KIND_CODES[kind] + token if token else "" for kind, token in zip(SIGHTED_KINDS, tokens, strict=True)]


def _device(application: ApplicationFacts) -> str:
    return _subjects(application)[0]


def _observation(application: ApplicationFacts, reply: _Reply) -> Observation:
    kinds = [kind for kind, subject in zip(SIGHTED_KINDS, _subjects(application), strict=True) if subject]
    occurred_ms = application.occurred_ms
    return Observation(
        duplicate=reply.duplicate,
        earlier=encode_stored(restore(reply.result, reply.audit)) if reply.result is not None else None,
        resubmissions=reply.resubmissions,
        hits=reply.hits,
        velocity=reply.velocity,
        person=reply.person,
        neighbours=reply.neighbours,
        links=reply.links,
        device=device_state(reply.device, occurred_ms),
        sightings=[
            sighting
            for kind, records in zip(kinds, reply.sightings, strict=True)
            for sighting in sightings(kind, records, occurred_ms, application.application_id)
        ],
        truncated=reply.truncated,
    )


def _remembered(given: ResultToRemember, first: int, stored: bytes, audit: bytes | None) -> RememberedResult:
    if not first:
        return RememberedResult(result=restore(stored, audit), first=False, new_alerts=[])
    claimed = stored[1 : 1 + stored[0]]
    return RememberedResult(result=given.result, first=True, new_alerts=[claim == ord("1") for claim in claimed])


def _is_function_missing(reply: object) -> bool:
    return isinstance(reply, ResponseError) and "Function not found" in str(reply)


def _raise_first_error(replies: Iterable[object]) -> None:
    for reply in replies:
        if isinstance(reply, Exception):
            raise IndexUnavailableError(f"{type(reply).__name__}: {reply}") from reply
