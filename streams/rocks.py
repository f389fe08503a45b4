"""How a RocksDB of a worker's own is opened: without a log, small in memory, in a place that no other process has."""

from __future__ import annotations

from pathlib import Path

import structlog
from rocksdict import (
    BlockBasedIndexType,
    BlockBasedOptions,
    Cache,
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
"""What is compressed together: several audit records, which are much alike."""
PLACES = 64
"""As many processes of one machine share a directory."""


def first_free(directory: Path) -> Rdict:
    """The database in the first place below `directory` that no other process has open. One that cannot be read is made
    anew. Raises OSError, and what rocksdict raises."""
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
    table.set_block_size(BLOCK_BYTES)
    table.set_cache_index_and_filter_blocks(True)
    # In pieces, or that of a large file would push everything else out of the cache.
    table.set_index_type(BlockBasedIndexType.two_level_index_search())
    table.set_partition_filters(True)
    table.set_pin_top_level_index_and_filter(True)
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


WITHOUT_LOG = _write_options()
