"""A worker's own RocksDB takes the same memory however much it holds, and writes what comes in order hardly twice."""

import random
from pathlib import Path

import pytest
from rocksdict import Options, Rdict, WriteBatch

from streams.rocks import APART_BYTES, CACHE_BYTES, IN_ORDER, WITHOUT_LOG, WRITE_BUFFER_BYTES, first_free

KEYS, AT_ONCE = 100_000, 1_000


def taken(database: Rdict, what: str) -> int:
    """Bytes, by RocksDB's account."""
    return int(str(database.property_value(f"rocksdb.{what}")))


@pytest.mark.parametrize("in_order", [False, True])
def test_indexes_and_filters_are_within_the_cache_and_what_is_unwritten_within_its_buffers(
    tmp_path: Path, in_order: bool
) -> None:
    opened = first_free(tmp_path)
    family = opened.in_order if in_order else opened.database
    handle = opened.database.get_column_family_handle(IN_ORDER if in_order else "default")
    for first in range(0, KEYS, AT_ONCE):
        batch = WriteBatch(raw_mode=True)
        for number in range(first, first + AT_ONCE):
            batch.put(b"%09d" % number, b"%0200d" % number, handle)
        opened.database.write(batch, WITHOUT_LOG)
        assert taken(family, "size-all-mem-tables") <= 2.5 * WRITE_BUFFER_BYTES
    family.flush()
    for number in range(0, KEYS, 97):
        assert family.get(b"%09d" % number) == b"%0200d" % number
        assert family.get(b"%09d-" % number) is None
    assert taken(family, "estimate-table-readers-mem") < 0.2 * KEYS  # filters alone have ten bits a key
    assert taken(family, "block-cache-usage") <= 1.1 * CACHE_BYTES
    opened.close()


def test_what_comes_in_order_is_hardly_ever_written_again_whatever_comes_beside_it(tmp_path: Path) -> None:
    opened, rng = first_free(tmp_path), random.Random(7)
    handle = opened.database.get_column_family_handle(IN_ORDER)
    for moment in range(0, 160_000, 1_000):
        batch = WriteBatch(raw_mode=True)
        for number in range(moment, moment + 1_000, 10):
            late = rng.randrange(50_000)  # several partitions, each read as far as it happens to be
            batch.put(b"%09d" % (number + late), rng.randbytes(5_000), handle)
            batch.put(rng.randbytes(12), b"%09d" % (number + late))
        opened.database.write(batch, WITHOUT_LOG)
    opened.in_order.flush()
    opened.database.flush()
    assert written_again(opened.in_order) < 1.2
    assert written_again(opened.database) < 2
    opened.close()


def test_records_stand_beside_their_keys_and_go_with_them(tmp_path: Path) -> None:
    opened = first_free(tmp_path)
    family = opened.in_order
    values = {b"%04d" % number: random.Random(number).randbytes(4 * APART_BYTES) for number in range(500)}
    for key, value in values.items():
        family.put(key, value)
    family.flush()
    assert taken(family, "live-sst-files-size") < 100_000
    assert taken(family, "live-blob-file-size") >= 500 * 4 * APART_BYTES
    family.compact_range(None, None)
    assert {key: family.get(key) for key in values} == values
    for key in values:
        family.delete(key)
    family.flush()
    family.compact_range(None, None)
    assert taken(family, "live-blob-file-size") == 0
    opened.close()


def written_again(family: Rdict) -> float:
    """Bytes written to the disk for each that came, by RocksDB's account."""
    lines = str(family.property_value("rocksdb.cfstats")).splitlines()
    names = next(line.split() for line in lines if "W-Amp" in line)
    total = next(line.split() for line in lines if line.strip().startswith("Sum"))
    # "Size" is a number and a unit, which is one column and two words.
    return float(total[names.index("W-Amp") + 1])


def test_a_database_of_another_make_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "0").mkdir()
    of_before = Rdict(str(tmp_path / "0"), Options(raw_mode=True))
    of_before.put(b"key", b"value")
    of_before.close()
    opened = first_free(tmp_path)
    assert opened.database.get(b"key") is None
    opened.database.put(b"key", b"value")
    opened.close()
    again = first_free(tmp_path)
    assert again.database.get(b"key") == b"value"
    again.close()
