"""What was known when an application was decided, until its labels come: a local store, by partition and application.

Audit records are kept as they were published. Nobody decodes one before a label or a recall asks for it, which few
applications ever see; RocksDB compresses them in threads of its own. They are a family of their own, ordered by time,
whatever application they are of, so that neither writing nor forgetting them moves others about; beside each
application stands where its are.

It is a cache of what stands in Kafka (`decision-audit`, `labels`, `strayed-labels`, `training`), together with how far
each of those has been read into it. So it may be lost, or found as it was some time ago: whoever opens it reads on from
there. That is why RocksDB writes no log of its own here: after a kill it comes back as it was at the last flush, all
partitions of it alike, and at most `streams.rocks.WRITE_BUFFER_BYTES` are read again.

Not for use from several threads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from struct import Struct as Packed
from time import time

import structlog
from msgspec import Struct, msgpack
from rocksdict import WriteBatch

from models.labelling import Case, Known, Told
from streams.rocks import IN_ORDER, WITHOUT_LOG, Opened, first_free
from streams.waiting import NotReadyError

logger = structlog.get_logger(__name__)

ABANDONED_S = 7 * 86_400.0
"""A partition that has been another worker's for so long is dropped rather than brought up to date."""

_PARTITION = Packed(">H")
_TIME = Packed(">Q")
_OFFSET = Packed(">Q")
_CASE, _DUE, _DECIDED = b"c", b"d", b"a"
"""After the number of the partition."""
_STATE = b"\xff\xfft"
"""Before the number of the partition: none has that number."""
_END_OF_ID = b"\0"
_PARTITION_AT = _TIME.size
_OFFSET_AT = _PARTITION_AT + _PARTITION.size
_ID_AT = _OFFSET_AT + _OFFSET.size
"""Where each begins in the key of an audit record, behind its time."""


class FrozenUnavailableError(NotReadyError):
    """The store cannot be read or written now. The cause is chained."""


class AuditAt(Struct, frozen=True, gc=False):
    """An audit record as it stands in `decision-audit`."""

    application_id: bytes
    """The record's key."""
    offset: int
    published_ms: int
    """Kafka's timestamp of it."""
    value: bytes


class _Case(Struct, array_like=True, gc=False):
    """A `Case` but for its decision, which is in the audit records."""

    since_ms: int
    known: tuple[Known, ...]
    told: Told | None


class _State(Struct, array_like=True):
    """How far the topics have been read into a partition."""

    positions: dict[str, int]
    written_s: float
    """When, by this machine's clock."""


class FrozenStore:
    """One worker's, in the first directory below `directory` that no other worker has.

    Every call raises FrozenUnavailableError when the disk does not do its part; the next call opens the store anew.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._opened: Opened | None = None
        self._cases = msgpack.Decoder(_Case)
        self._states = msgpack.Decoder(_State)

    def positions(self, partition: int) -> dict[str, int]:
        """Name of a topic -> offset from which it has not been read; absent: from its beginning."""
        return self._state(partition).positions

    def cases(self, partition: int, application_ids: Iterable[str]) -> dict[str, Case]:
        """Those of the applications that a label or the learner has spoken of, without their decisions."""
        database = self._open().database
        prefix = _PARTITION.pack(partition) + _CASE
        ids = list(application_ids)
        with self._closed_on_failure():
            stored = database.get([prefix + each.encode() for each in ids]) if ids else []
            return {
                application_id: _case(self._cases.decode(case))
                for application_id, case in zip(ids, stored or (), strict=True)
                if case is not None
            }

    def keep(self, partition: int, audits: Sequence[AuditAt], positions: Mapping[str, int]) -> None:
        """Keep audit records, and positions that have moved: all of it or nothing. One that is there already is put
        into its place again."""
        in_order = self._open().database.get_column_family_handle(IN_ORDER)
        number = _PARTITION.pack(partition)
        batch = WriteBatch(raw_mode=True)
        for audit in audits:
            moment, offset = _TIME.pack(max(0, audit.published_ms)), _OFFSET.pack(audit.offset)
            batch.put(moment + number + offset + audit.application_id, audit.value, in_order)
            batch.put(number + _DECIDED + audit.application_id + _END_OF_ID + offset, moment)
        self._move(batch, partition, positions)

    def audits(self, partition: int, application_id: str) -> list[bytes]:
        """The audit records of an application, in the order in which they stand in `decision-audit`."""
        database, in_order = self._open()
        number, name = _PARTITION.pack(partition), application_id.encode()
        prefix = number + _DECIDED + name + _END_OF_ID
        found: list[bytes] = []
        with self._closed_on_failure():
            cursor = database.iter()
            cursor.seek(prefix)
            while cursor.valid() and (key := cursor.key()).startswith(prefix):
                value = in_order.get((cursor.value() or b"") + number + key[len(prefix) :] + name)
                found += [] if value is None else [value]
                cursor.next()
        return found

    def drop_audits(self, before_ms: int, most: int) -> int:
        """Forget up to `most` audit records that were published before then, the oldest first; how many there were."""
        database, in_order = self._open()
        family = database.get_column_family_handle(IN_ORDER)
        batch, dropped = WriteBatch(raw_mode=True), 0
        with self._closed_on_failure():
            cursor = in_order.iter()
            cursor.seek_to_first()
            while cursor.valid() and dropped < most:
                key = cursor.key()
                (moment,) = _TIME.unpack_from(key)
                if moment >= before_ms:
                    break
                number, offset, name = key[_PARTITION_AT:_OFFSET_AT], key[_OFFSET_AT:_ID_AT], key[_ID_AT:]
                batch.delete(key, family)
                batch.delete(number + _DECIDED + name + _END_OF_ID + offset)
                dropped += 1
                cursor.next()
            if dropped:
                database.write(batch, WITHOUT_LOG)
        return dropped

    def due(self, partition: int, now_ms: int, most: int) -> list[tuple[int, str]]:
        """Up to `most` (time, application id) whose time to be looked at again has come, earliest first."""
        database = self._open().database
        prefix = _PARTITION.pack(partition) + _DUE
        found: list[tuple[int, str]] = []
        with self._closed_on_failure():
            cursor = database.iter()
            cursor.seek(prefix)
            while cursor.valid() and len(found) < most:
                key = cursor.key()
                if not key.startswith(prefix):
                    break
                (moment,) = _TIME.unpack_from(key, len(prefix))
                if moment > now_ms:
                    break
                found.append((moment, key[len(prefix) + _TIME.size :].decode()))
                cursor.next()
        return found

    def write(
        self,
        partition: int,
        cases: Mapping[str, tuple[Case | None, int]],
        positions: Mapping[str, int],
        seen: Sequence[tuple[int, str]] = (),
    ) -> None:
        """All of it or nothing: application id -> (case, when to look at it again), None for a case that is over;
        positions that have moved; and what was `due` and has been looked at."""
        self._open()
        prefix = _PARTITION.pack(partition)
        batch = WriteBatch(raw_mode=True)
        for moment, application_id in seen:
            batch.delete(prefix + _DUE + _TIME.pack(moment) + application_id.encode())
        for application_id, (case, look_again_ms) in cases.items():
            key = application_id.encode()
            if case is None:
                batch.delete(prefix + _CASE + key)
            else:
                batch.put(prefix + _CASE + key, msgpack.encode(_Case(case.since_ms, case.known, case.told)))
                batch.put(prefix + _DUE + _TIME.pack(max(0, look_again_ms)) + key, b"")
        self._move(batch, partition, positions)

    def forget(self, partition: int) -> None:
        """Drop a partition and how far it was read. Its audit records are found no more, and go in their time."""
        database = self._open().database
        batch = WriteBatch(raw_mode=True)
        batch.delete_range(_PARTITION.pack(partition), _PARTITION.pack(partition + 1))
        batch.delete(_STATE + _PARTITION.pack(partition))
        with self._closed_on_failure():
            database.write(batch, WITHOUT_LOG)

    def close(self) -> None:
        """Put what is in memory on the disk, and let another worker have the directory."""
        opened, self._opened = self._opened, None
        if opened is not None:
            with suppress(Exception):
                opened.close()

    def _move(self, batch: WriteBatch, partition: int, positions: Mapping[str, int]) -> None:
        """Write the batch with positions that have moved."""
        if positions:
            state = self._state(partition)
            state.positions.update(positions)
            state.written_s = time()
            batch.put(_STATE + _PARTITION.pack(partition), msgpack.encode(state))
        with self._closed_on_failure():
            self._open().database.write(batch, WITHOUT_LOG)

    def _state(self, partition: int) -> _State:
        database = self._open().database
        with self._closed_on_failure():
            stored = database.get(_STATE + _PARTITION.pack(partition))
        return _State({}, 0.0) if stored is None else self._states.decode(stored)

    def _open(self) -> Opened:
        if self._opened is None:
            try:
                self._opened = first_free(self._directory)
            except Exception as error:
                raise FrozenUnavailableError(str(self._directory)) from error
            self._drop_abandoned()
        return self._opened

    def _drop_abandoned(self) -> None:
        database = self._open().database
        abandoned: list[int] = []
        with self._closed_on_failure():
            cursor = database.iter()
            cursor.seek(_STATE)
            while cursor.valid() and (key := cursor.key()).startswith(_STATE):
                if time() - self._states.decode(cursor.value() or b"").written_s > ABANDONED_S:
                    abandoned += _PARTITION.unpack_from(key, len(_STATE))
                cursor.next()
        for partition in abandoned:
            self.forget(partition)

    @contextmanager
    def _closed_on_failure(self) -> Iterator[None]:
        """RocksDB takes nothing more after a failed write until it is opened again."""
        try:
            yield
        except Exception as error:
            logger.warning("frozen_store_failed", error=type(error).__name__)
            self.close()
            raise FrozenUnavailableError(str(self._directory)) from error


def _case(stored: _Case) -> Case:
    return Case(since_ms=stored.since_ms, known=stored.known, told=stored.told)
