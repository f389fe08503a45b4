"""Tables of every kind are read in blocks of rows, bad rows among them, from any row on."""

import csv
import gzip
import itertools
from pathlib import Path

import duckdb
import pytest

from scripts.blacklist import tables
from scripts.blacklist.tables import Table, TableError


def rows(path: Path, start: int = 0) -> list[tuple[int, object]]:
    table = Table(path)
    return [
        (number, list(cells) if isinstance(cells, tuple) else cells)
        for block in table.blocks(start)
        for number, cells in table.rows(block)
    ]


def written(path: Path, content: str | bytes) -> Path:
    content = content.encode() if isinstance(content, str) else content
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


@pytest.mark.parametrize(("name", "comma"), [("l.csv", ","), ("l.tsv", "\t"), ("l.csv", ";"), ("l.CSV.gz", ",")])
def test_a_csv_is_read_with_whatever_delimiter_its_header_has(tmp_path: Path, name: str, comma: str) -> None:
    text = 'a,b\n1,"x\ny"\n\n2,\n'.replace(",", comma)
    path = written(tmp_path / name, "\ufeff" + text)
    assert Table(path).columns == ["a", "b"]
    assert rows(path) == [(1, ["1", "x\ny"]), (3, ["2", ""])]
    assert rows(path, 1) == [(3, ["2", ""])]


def test_what_no_csv_reader_can_read_is_one_bad_row(tmp_path: Path) -> None:
    path = written(tmp_path / "l.csv", b'a,b\n1,2\n"x"y,2\n\xff,3\n4,5,6\n7,8\n')
    numbers, cells = zip(*rows(path), strict=True)
    assert numbers == (1, 2, 3, 4, 5)
    assert (cells[0], cells[3], cells[4]) == (["1", "2"], ["4", "5", "6"], ["7", "8"])
    assert isinstance(cells[1], csv.Error)
    assert cells[2] == ["\udcff", "3"]


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_a_block_ends_where_a_row_does_and_rows_are_numbered_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    lines = ['"x\ny"', "1", "", '"a\r\nb"', "2", '"q"x', "3", "4", '"open']
    path = written(tmp_path / f"l.{suffix}", "c\n" + "\n".join(lines) + "\n")

    def told(start: int = 0) -> list[tuple[int, str]]:
        return [(number, repr(cells)) for number, cells in rows(path, start)]

    whole = told()
    for size in range(1, 6):
        monkeypatch.setattr(tables, "ROWS_PER_BLOCK", size)
        assert told() == whole
        for start in range(len(lines) + 1):
            assert told(start) == [each for each in whole if each[0] > start]
        table = Table(path)
        bounds = [(block.first, block.last) for block in table.blocks()]
        assert all(after[0] == before[1] + 1 for before, after in itertools.pairwise(bounds))


def test_json_lines_come_as_they_are(tmp_path: Path) -> None:
    path = written(tmp_path / "l.jsonl", '{"a": 1}\n\nnot json\n')
    assert Table(path).columns is None
    assert rows(path) == [(1, '{"a": 1}\n'), (3, "not json\n")]
    assert rows(path, 1) == [(3, "not json\n")]


def test_parquet_comes_as_text(tmp_path: Path) -> None:
    path = tmp_path / "l.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            "COPY (SELECT n::BIGINT AS number, TIMESTAMPTZ '2026-11-24 10:00:00+08' AS at, NULL AS nothing"
            f" FROM range(5000) t(n)) TO '{path}' (FORMAT parquet)"
        )
    table = Table(path)
    assert (table.columns, table.size) == (["number", "at", "nothing"], 5000)
    found = rows(path, 4_998)
    assert found == [
        (4_999, ["4998", "2026-11-24 02:00:00+00", None]),
        (5_000, ["4999", "2026-11-24 02:00:00+00", None]),
    ]
    assert [number for number, _ in rows(path)] == list(range(1, 5_001))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("l.xlsx", "x", "suffix"),
        ("l.parquet.gz", "x", "suffix"),
        ("l.parquet", "x", "l.parquet"),
        ("l.csv", "", "header"),
        ("l.csv.gz", None, "No such file"),
    ],
)
def test_a_file_that_is_no_table_is_named(tmp_path: Path, name: str, content: str | None, said: str) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_text(content)
    with pytest.raises(TableError, match=said):
        Table(path)


def test_a_broken_gzip_is_named(tmp_path: Path) -> None:
    whole = gzip.compress(b"a,b\n" + b"1,2\n" * 100_000)
    path = tmp_path / "l.csv.gz"
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(TableError, match=r"l\.csv\.gz"):
        rows(path)
