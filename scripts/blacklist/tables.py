"""Tables of list entries as they come: CSV, JSON Lines, Parquet, read row by row, so they may be larger than memory."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, NamedTuple, cast

import duckdb

from config.errors import OperatorError

TEXT_TABLES = (".csv", ".tsv", ".txt")
JSON_LINES = (".jsonl", ".ndjson")
PARQUET = (".parquet", ".pq")
_COMPRESSED = ".gz"
_DELIMITERS = ",;\t|"
_ROWS_AT_ONCE = 2_048
_PARQUET_MEMORY = "1GB"
_FIELD_CHARACTERS = 1 << 20

Cells = list[str | None] | str
"""The values of a row in the order of the columns; of JSON Lines the line as it is."""


class TableError(OperatorError):
    """A file that cannot be read as a table."""


class Row(NamedTuple):
    """One row, as it stands there."""

    number: int
    """From 1, a header not counted."""
    cells: Cells
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

    def rows(self, start: int = 0) -> Iterator[Row]:
        """The rows after the first `start`. Raises TableError."""
        if self._suffix in PARQUET:
            yield from self._parquet_rows(start)
        else:
            try:
                yield from self._text_rows(start)
            except (OSError, EOFError) as error:
                raise TableError(f"{self.path}: {error}") from error

    def _text_rows(self, start: int) -> Iterator[Row]:
        with self.path.open("rb") as raw, closing(self._text(raw)) as text:
            if self._suffix in JSON_LINES:
                for number, line in enumerate(text, 1):
                    if number > start and line.strip():
                        yield Row(number, line, raw.tell())
                return
            reader = csv.reader(text, delimiter=self._delimiter, strict=True)
            next(reader, None)
            number = 0
            while True:
                number += 1
                try:
                    cells: Cells = [cell or None for cell in next(reader)]
                except StopIteration:
                    return
                except csv.Error as error:
                    cells = [f"\0{error}"]
                if number > start and cells:
                    yield Row(number, cells, raw.tell())

    def _parquet_rows(self, start: int) -> Iterator[Row]:
        with _parquet(self.path) as connection:
            columns = "COLUMNS(* EXCLUDE file_row_number)::VARCHAR"
            found = connection.execute(f"SELECT {columns} FROM source WHERE file_row_number >= {start}")  # noqa: S608
            number = start
            while rows := found.fetchmany(_ROWS_AT_ONCE):
                for cells in rows:
                    number += 1
                    yield Row(number, [cell or None for cell in cells], number)

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
