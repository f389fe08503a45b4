"""A worker's own RocksDB takes the same memory however much it holds."""

from pathlib import Path

from rocksdict import Rdict, WriteBatch

from streams.rocks import CACHE_BYTES, WITHOUT_LOG, WRITE_BUFFER_BYTES, first_free

KEYS, AT_ONCE = 100_000, 1_000


def taken(database: Rdict, what: str) -> int:
    """Bytes, by RocksDB's account."""
    return int(str(database.property_value(f"rocksdb.{what}")))


def test_indexes_and_filters_are_within_the_cache_and_what_is_unwritten_within_its_buffers(tmp_path: Path) -> None:
    database = first_free(tmp_path)
    for first in range(0, KEYS, AT_ONCE):
        batch = WriteBatch(raw_mode=True)
        for number in range(first, first + AT_ONCE):
            batch.put(b"%09d" % number, b"%0200d" % number)
        database.write(batch, WITHOUT_LOG)
        assert taken(database, "size-all-mem-tables") <= 2.5 * WRITE_BUFFER_BYTES
    database.flush()
    for number in range(0, KEYS, 97):
        assert database.get(b"%09d" % number) == b"%0200d" % number
        assert database.get(b"%09d-" % number) is None
    assert taken(database, "estimate-table-readers-mem") < 0.2 * KEYS  # filters alone have ten bits a key
    assert taken(database, "block-cache-usage") <= 1.1 * CACHE_BYTES
    database.close()
