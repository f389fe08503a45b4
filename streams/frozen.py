"""What was known when an application was decided, until its labels come: a local store, by partition and application.

It is a cache of what stands in Kafka (`decision-audit`, `labels`, `strayed-labels`, `training`), together with how far
each of those has been read into it. So it may be lost, or found as it was some time ago: whoever opens it reads on from
there. That is why RocksDB writes no log of its own here: after a kill it comes back as it was at the last flush, all
partitions of it alike, and at most WRITE_BUFFER_BYTES are read again.

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
from rocksdict import BlockBasedOptions, Cache, DBCompressionType, Options, Rdict, WriteBatch, WriteOptions

from models.labelling import Case
from streams.frozen_cases import CaseCodec
from streams.waiting import NotReadyError

logger = structlog.get_logger(__name__)

WRITE_BUFFER_BYTES = 8 * 2**20
CACHE_BYTES = 8 * 2**20
PLACES = 64
"""As many workers of one machine share a data directory."""
ABANDONED_S = 7 * 86_400.0
"""A partition that has been another worker's for so long is dropped rather than brought up to date."""

_PARTITION = Packed(">H")
_TIME = Packed(">Q")
_CASE, _DUE = b"c", b"d"
"""After the number of the partition."""
_STATE, _NAMES = b"\xff\xffs", b"\xff\xffl"
"""Before the number of the partition, or the key of the names: no partition has that number."""


class FrozenUnavailableError(NotReadyError):
    """The store cannot be read or written now. The cause is chained."""


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
        self._database: Rdict | None = None
        self._codec = CaseCodec(self._names)
        self._states = msgpack.Decoder(_State)

    def positions(self, partition: int) -> dict[str, int]:
        """Name of a topic -> offset from which it has not been read; absent: from its beginning."""
        return self._state(partition).positions

    def cases(self, partition: int, application_ids: Iterable[str]) -> dict[str, Case]:
        """Those of the applications that there is a case of."""
        database = self._open()
        prefix = _PARTITION.pack(partition) + _CASE
        found: dict[str, Case] = {}
        with self._closed_on_failure():
            for application_id in application_ids:
                stored = database.get(prefix + application_id.encode())
                if stored is not None:
                    found[application_id] = self._codec.decode(stored)
        return found

    def due(self, partition: int, now_ms: int, most: int) -> list[tuple[int, str]]:
        """Up to `most` (time, application id) whose time to be looked at again has come, earliest first."""
        database = self._open()
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
        database = self._open()
        prefix = _PARTITION.pack(partition)
        batch = WriteBatch(raw_mode=True)
        for moment, application_id in seen:
            batch.delete(prefix + _DUE + _TIME.pack(moment) + application_id.encode())
        for application_id, (case, look_again_ms) in cases.items():
            key = application_id.encode()
            if case is None:
                batch.delete(prefix + _CASE + key)
            else:
                batch.put(prefix + _CASE + key, self._codec.encode(case))
                batch.put(prefix + _DUE + _TIME.pack(max(0, look_again_ms)) + key, b"")
        for names_key, names in self._codec.take_new_names():
            batch.put(_NAMES + names_key, names)
        if positions:
            state = self._state(partition)
            state.positions.update(positions)
            state.written_s = time()
            batch.put(_STATE + prefix, msgpack.encode(state))
        with self._closed_on_failure():
            database.write(batch, _WITHOUT_LOG)

    def forget(self, partition: int) -> None:
        """Drop a partition and how far it was read."""
        database = self._open()
        batch = WriteBatch(raw_mode=True)
        batch.delete_range(_PARTITION.pack(partition), _PARTITION.pack(partition + 1))
        batch.delete(_STATE + _PARTITION.pack(partition))
        with self._closed_on_failure():
            database.write(batch, _WITHOUT_LOG)

    def close(self) -> None:
        """Put what is in memory on the disk, and let another worker have the directory."""
        database, self._database = self._database, None
        if database is not None:
            with suppress(Exception):
                database.flush()
            with suppress(Exception):
                database.close()

    def _state(self, partition: int) -> _State:
        database = self._open()
        with self._closed_on_failure():
            stored = database.get(_STATE + _PARTITION.pack(partition))
        return _State({}, 0.0) if stored is None else self._states.decode(stored)

    def _names(self, key: bytes) -> bytes:
        return bytes(self._open()[_NAMES + key] or b"")

    def _open(self) -> Rdict:
        if self._database is None:
            try:
                self._database = _first_free(self._directory)
            except Exception as error:
                raise FrozenUnavailableError(str(self._directory)) from error
            self._codec = CaseCodec(self._names)
            self._drop_abandoned()
        return self._database

    def _drop_abandoned(self) -> None:
        database = self._open()
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


def _first_free(directory: Path) -> Rdict:
    """The store in the first place that no other process has open. One that cannot be read is made anew."""
    for number in range(PLACES):
        place = directory / str(number)
        place.mkdir(parents=True, exist_ok=True)
        try:
            return Rdict(str(place), _options())
        except Exception as error:  # noqa: BLE001 - rocksdict has no type of its own for any of it
            if "lock" in str(error).lower():
                continue
            logger.warning("frozen_store_made_anew", place=number, error=type(error).__name__)
            Rdict.destroy(str(place), _options())
            return Rdict(str(place), _options())
    raise OSError(f"no place of {PLACES} is free")


def _options() -> Options:
    table = BlockBasedOptions()
    table.set_block_cache(Cache(CACHE_BYTES))
    table.set_bloom_filter(10, False)
    options = Options(raw_mode=True)
    options.create_if_missing(True)
    options.set_block_based_table_factory(table)
    options.set_compression_type(DBCompressionType.lz4())
    options.set_write_buffer_size(WRITE_BUFFER_BYTES)
    options.set_max_write_buffer_number(2)
    options.set_keep_log_file_num(2)
    options.set_max_open_files(128)
    return options


def _write_options() -> WriteOptions:
    options = WriteOptions()
    options.disable_wal = True  # type: ignore[method-assign, assignment]  # rocksdict's stubs take it for a method
    return options


_WITHOUT_LOG = _write_options()
