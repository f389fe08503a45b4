"""Tables of list entries as they come: CSV, JSON Lines, Parquet, read in blocks, so they may be larger than memory.

Whoever reads a table only finds out where its rows end (`Table.blocks`); what stands in them is taken apart by whoever
makes something of it (`Table.rows`), which may be another process.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import IO, NamedTuple, cast

import duckdb

from config.errors import OperatorError

TEXT_TABLES = (".csv", ".tsv", ".txt")
JSON_LINES = (".jsonl", ".ndjson")
PARQUET = (".parquet", ".pq")
ROWS_PER_BLOCK = 4_000
_COMPRESSED = ".gz"
_DELIMITERS = ",;\t|"
_PARQUET_MEMORY = "1GB"
_FIELD_CHARACTERS = 1 << 20

Cells = Sequence[str | None] | str | csv.Error
"""The values of a row in the order of the columns, None or empty for none; of JSON Lines the line as it is. An error is
what no reader of CSV can read."""


class TableError(OperatorError):
    """A file that cannot be read as a table."""


class Block(NamedTuple):
    """Rows that follow each other, as they stand in the file."""

    first: int
    """Number of the first row, from 1, a header not counted."""
    last: int
    rows: str | list[tuple[str | None, ...]]
    """The text as it is; of Parquet the values."""
    position: int
    """How far the file has been read, of `Table.size`."""


class Table:
    """A file, by its suffix: .csv or .tsv, .jsonl (both also with .gz), .parquet."""

    def __init__(self, path: Path) -> None:
        """Raises TableError when it cannot be read."""
        self.path = path
        suffixes = [suffix.lower() for suffix in path.suffixes]
        self._compressed = bool(suffixes) and suffixes[-1] == _COMPRESSED
        self._suffix = suffixes[-2 if self._compressed else -1] if len(suffixes) > self._compressed else ""
        if self._suffix not in (*TEXT_TABLES, *JSON_LINES) and (self._suffix not in PARQUET or self._compressed):
            raise TableError(
                f"{path}: the suffix must say what it is: .csv or .tsv, .jsonl (these also with .gz), or .parquet"
            )
        try:
            self.size = path.stat().st_size
        except OSError as error:
            raise TableError(f"{path}: {error.strerror}") from error
        self.columns: list[str] | None = None
        """None for JSON Lines, where every line names its own."""
        if self._suffix in PARQUET:
            with _parquet(path) as connection:
                described = connection.execute("DESCRIBE source").fetchall()
                self.columns = [name for name, *_ in described][:-1]
                self.size = connection.execute("SELECT count(*) FROM source").fetchall()[0][0]
        elif self._suffix in TEXT_TABLES:
            self._delimiter, self.columns = self._header()

    def blocks(self, start: int = 0) -> Iterator[Block]:
        """The rows after the first `start`. Raises TableError."""
        if self._suffix in PARQUET:
            yield from self._parquet_blocks(start)
        else:
            try:
                yield from self._text_blocks(start)
            except (OSError, EOFError) as error:
                raise TableError(f"{self.path}: {error}") from error

    def rows(self, block: Block) -> Iterator[tuple[int, Cells]]:
        """The rows of a block, each with its number; empty lines are none."""
        if not isinstance(block.rows, str):
            yield from enumerate(block.rows, block.first)
            return
        lines = io.StringIO(block.rows, newline="")
        if self._suffix in JSON_LINES:
            yield from ((number, line) for number, line in enumerate(lines, block.first) if line.strip())
            return
        csv.field_size_limit(_FIELD_CHARACTERS)
        reader = csv.reader(lines, delimiter=self._delimiter, strict=True)
        for number in range(block.first, block.last + 1):
            try:
                cells = next(reader)
            except csv.Error as error:
                yield number, error
            else:
                if cells:
                    yield number, cells

    def _text_blocks(self, start: int) -> Iterator[Block]:
        with self.path.open("rb") as raw, closing(self._text(raw)) as text:
            if self._suffix in TEXT_TABLES:
                next(csv.reader(text, delimiter=self._delimiter, strict=True), None)
            done = 0
            while True:
                lines = list(islice(text, min(ROWS_PER_BLOCK, start - done) if done < start else ROWS_PER_BLOCK))
                if not lines:
                    return
                rows, block = len(lines), "".join(lines)
                if self._suffix in TEXT_TABLES and '"' in block:
                    rows, block = self._whole_rows(lines, text)
                if done >= start:
                    yield Block(done + 1, done + rows, block, raw.tell())
                done += rows

    def _whole_rows(self, lines: Sequence[str], text: Iterable[str]) -> tuple[int, str]:
        """How many rows lines are when quoted line breaks may be among them, and their text, to the end of the last."""
        taken: list[str] = []

        def read() -> Iterator[str]:
            for line in chain(lines, text):
                taken.append(line)
                yield line

        reader, rows = csv.reader(read(), delimiter=self._delimiter, strict=True), 0
        while len(taken) < len(lines):
            rows += 1
            try:
                next(reader)
            except csv.Error:
                continue
        return rows, "".join(taken)

    def _parquet_blocks(self, start: int) -> Iterator[Block]:
        with _parquet(self.path) as connection:
            columns = "COLUMNS(* EXCLUDE file_row_number)::VARCHAR"
            found = connection.execute(f"SELECT {columns} FROM source WHERE file_row_number >= {start}")  # noqa: S608
            while rows := found.fetchmany(ROWS_PER_BLOCK):
                first, start = start + 1, start + len(rows)
                yield Block(first, start, rows, start)

    def _header(self) -> tuple[str, list[str]]:
        try:
            with self.path.open("rb") as raw, closing(self._text(raw)) as text:
                line = text.readline()
                delimiter = max(_DELIMITERS, key=line.count)
                names = next(csv.reader([line], delimiter=delimiter), [])
        except (OSError, EOFError, csv.Error) as error:
            raise TableError(f"{self.path}: its header cannot be read: {error}") from error
        if not any(names):
            raise TableError(f"{self.path}: the first line must be a header that names the columns")
        return delimiter, names

    def _text(self, raw: IO[bytes]) -> IO[str]:
        """What is no UTF-8 stays recognisable, so that it is one bad row and not the end."""
        csv.field_size_limit(_FIELD_CHARACTERS)
        binary = gzip.GzipFile(fileobj=raw) if self._compressed else raw
        return io.TextIOWrapper(cast(IO[bytes], binary), encoding="utf-8-sig", errors="surrogateescape", newline="")


@contextmanager
def _parquet(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the file as the view `source`, a row number as its last column. One thread, for the order."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": 1, "memory_limit": _PARQUET_MEMORY, "autoinstall_known_extensions": False,
    }  # fmt: skip
    quoted = str(path).replace("'", "''")
    try:
        with closing(duckdb.connect(config=config)) as connection:
            connection.execute("SET enable_progress_bar = false; SET TimeZone = 'UTC'")
            connection.execute(
                f"CREATE VIEW source AS SELECT * FROM read_parquet('{quoted}', file_row_number = true)"  # noqa: S608
            )
            yield connection
    except duckdb.Error as error:
        raise TableError(f"{path}: {str(error).splitlines()[0]}") from error
