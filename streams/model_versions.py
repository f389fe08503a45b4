"""The topic `model-versions`: which version of the fraud model serves, and how that is changed."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from datetime import datetime

import msgspec
from msgspec import Struct

from config.errors import OperatorError
from config.settings import Settings
from models.pipeline import FRAUD_MODEL
from models.published import ModelChange, ModelVersionRecord
from streams.codec import encode
from streams.kafka import read_to_end
from streams.publisher import Outgoing, Publisher
from streams.snapshots import VERSION, path_of

TOPIC = "model-versions"
SCORECARD = "scorecard"
"""Stands for the policy's scorecard where a version is asked for."""


class NothingToRollBackError(OperatorError):
    """There was no champion before."""


class Announcement(Struct, frozen=True, kw_only=True):
    """What shall serve, and why; times, numbers and what was before are added by `announce`."""

    champion: str
    """A version in the model store, or `SCORECARD`."""
    challenger: str | None = None
    """Likewise; None: none scores beside it."""
    change: ModelChange
    reason: str
    """One sentence."""
    by: str
    """`learner`, or the user that gave the command."""
    trained_examples: int = 0
    metrics: Mapping[str, float] = {}
    held: bool | None = None
    """True: from now on the learner must not choose; False: it may again; None: as it is."""


async def current(settings: Settings) -> ModelVersionRecord | None:
    """What was announced last, of what can be read; None when nothing was: the policy's scorecard serves. Raises
    BrokerUnreachableError."""
    found: ModelVersionRecord | None = None
    async for record in _announced(settings):
        found = record
    return found


async def overwritten_by(record: ModelVersionRecord, settings: Settings) -> ModelVersionRecord | None:
    """What stands just before `record` without being what that follows: somebody else announced it at the same moment,
    and nobody would take notice of it. None when there is no such thing. Raises BrokerUnreachableError."""
    as_it_stands = decode(encode(record))
    before: ModelVersionRecord | None = None
    lost: ModelVersionRecord | None = None
    async for each in _announced(settings):
        if each == as_it_stands:
            lost = before
        before = each
    return lost if lost is not None and lost.sequence >= record.sequence else None


async def _announced(settings: Settings) -> AsyncGenerator[ModelVersionRecord | None, None]:
    """All that can be read, in its order; None for tombstones."""
    async with aclosing(read_to_end(settings, settings.topic(TOPIC))) as records:
        async for record in records:
            if record.key == FRAUD_MODEL.encode():
                try:
                    announced = decode(record.value)
                except msgspec.DecodeError:  # workers raise the alert
                    continue
                yield announced


def decode(value: bytes | None) -> ModelVersionRecord | None:
    """A record's value; None for a tombstone. Raises msgspec.DecodeError when it is something else."""
    return msgspec.json.decode(value, type=ModelVersionRecord) if value else None


async def announce(
    announcement: Announcement, settings: Settings, publisher: Publisher, at: datetime
) -> ModelVersionRecord:
    """Tell all workers what serves from now on, and return the record when Kafka has it.

    While a command holds the champion, what the learner announces as champion only becomes the challenger. The
    snapshots have to be in the store before. Raises BrokerUnreachableError.
    """
    record = next_record(announcement, await current(settings), at)
    await publisher.publish([Outgoing(settings.topic(TOPIC), FRAUD_MODEL.encode(), encode(record))])
    return record


def next_record(announcement: Announcement, before: ModelVersionRecord | None, at: datetime) -> ModelVersionRecord:
    """The record that follows `before`."""
    champion, challenger = announcement.champion, announcement.challenger
    held = before.held if before is not None and announcement.held is None else bool(announcement.held)
    serving = before.version if before is not None else SCORECARD
    previous = before.previous_version if before is not None else None
    if held and announcement.change in ("promotion", "refresh"):
        champion, challenger = serving, champion if champion != serving else challenger
    elif announcement.change != "refresh" and champion != serving:
        previous = serving
    return ModelVersionRecord(
        name=FRAUD_MODEL,
        sequence=before.sequence + 1 if before is not None else 1,
        version=champion,
        snapshot=_path(champion),
        challenger=challenger,
        challenger_snapshot=_path(challenger) if challenger is not None else None,
        activated_at=at,
        change=announcement.change,
        reason=announcement.reason,
        by=announcement.by,
        held=held,
        trained_examples=announcement.trained_examples,
        previous_version=previous,
        metrics=dict(announcement.metrics),
    )


def rollback(before: ModelVersionRecord | None, reason: str, by: str) -> Announcement:
    """Back to the champion before, held. Raises NothingToRollBackError."""
    if before is None or before.previous_version is None:
        raise NothingToRollBackError(
            "There is nothing to roll back: no other version has been champion before this one"
        )
    return Announcement(
        champion=before.previous_version, challenger=None, change="rollback", reason=reason, by=by, held=True
    )


def _path(version: str) -> str | None:
    return path_of(version) if VERSION.match(version) else None
