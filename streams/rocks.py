"""How a RocksDB of a worker's own is opened: without a log, small in memory, in a place that no other process has.

It has a family for records whose keys come nearly in their order, apart from all else: what comes in order lies in the
files as it was written first. Among keys from everywhere it would be written again and again, all of it, for as long as
more comes. Both families reach the disk together, so that what a kill leaves is one moment's.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import structlog
from rocksdict import (
    BlockBasedIndexType,
    BlockBasedOptions,
    Cache,
    DBCompactionStyle,
    DBCompressionType,
    Options,
    Rdict,
    WriteOptions,
)

logger = structlog.get_logger(__name__)

WRITE_BUFFER_BYTES = 8 * 2**20
"""What a kill loses at most: it has not been flushed yet."""
CACHE_BYTES = 8 * 2**20
"""For all that is read: what stands on the disk grows for months, with its indexes and filters."""
BLOCK_BYTES = 64 * 2**10
"""What is compressed together of small things."""
APART_BYTES = 2**10
"""In the family for records a value from this size on stands beside the keys. They come in order only nearly, because
each partition is read as far as it happens to be: so compaction moves keys about, but no records."""
PLACES = 64
"""As many processes of one machine share a directory."""


IN_ORDER = "in-order"
"""The family's name."""


class Opened(NamedTuple):
    """A database that is open."""

    database: Rdict
    """Keys from everywhere. A batch is written through it, to both families."""
    in_order: Rdict

    def close(self) -> None:
        """Put what is in memory on the disk, in an order in which a kill in between leaves nothing ahead, and let
        another process have the place."""
        try:
            self.in_order.flush()
            self.database.flush()
        finally:
            self.in_order.close()
            self.database.close()


def first_free(directory: Path) -> Opened:
    """The database in the first place below `directory` that no other process has open. One that cannot be read, or is
    of another make, is made anew. Raises OSError, and what rocksdict raises."""
    for number in range(PLACES):
        place = directory / str(number)
        place.mkdir(parents=True, exist_ok=True)
        try:
            return _opened(place)
        except Exception as error:  # noqa: BLE001 - rocksdict has no type of its own for any of it
            if "lock" in str(error).lower():
                continue
            logger.warning("frozen_store_made_anew", place=number, error=type(error).__name__)
            Rdict.destroy(str(place))
            return _opened(place)
    raise OSError(f"no place of {PLACES} is free")


def _opened(place: Path) -> Opened:
    """Raises ValueError for a database without the family, and what rocksdict raises."""
    is_new = not (place / "CURRENT").exists()
    if not is_new and IN_ORDER not in Rdict.list_cf(str(place)):
        raise ValueError(f"{place} has no family {IN_ORDER!r}")
    cache = Cache(CACHE_BYTES)
    # What is small goes to the disk whenever there is much of the other: many small files, merged by their size.
    everywhere, in_order = _options(cache), _options(cache)
    everywhere.set_compaction_style(DBCompactionStyle.universal())
    in_order.set_enable_blob_files(True)  # one of them goes once nothing of it is left, which is in their order, too
    in_order.set_min_blob_size(APART_BYTES)
    in_order.set_blob_compression_type(DBCompressionType.lz4())
    database = Rdict(str(place), everywhere, column_families={IN_ORDER: in_order})
    return Opened(database, database.get_column_family(IN_ORDER))


def _options(cache: Cache) -> Options:
    table = BlockBasedOptions()
    table.set_block_cache(cache)
    table.set_bloom_filter(10, False)
    table.set_block_size(BLOCK_BYTES)
    table.set_cache_index_and_filter_blocks(True)
    # In pieces, or that of a large file would push everything else out of the cache.
    table.set_index_type(BlockBasedIndexType.two_level_index_search())
    table.set_partition_filters(True)
    table.set_pin_top_level_index_and_filter(True)
    options = Options(raw_mode=True)
    options.create_if_missing(True)
    options.create_missing_column_families(True)
    options.set_atomic_flush(True)
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


WITHOUT_LOG = _write_options()
