"""The history: a table of any size, checked, and put into event-time order on disk before anything is scored."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from scripts.backtest.columns import Column, columns_of, is_date_in_digits
from scripts.backtest.mapping import HistoryMapping, check_columns
from scripts.backtest.sources import HistoryError, Source, check_text, open_source, sql_name, sql_text

BATCH_ROWS = 1_024
SORT_MEMORY = "2GB"
"""What does not fit is sorted on disk."""
SORTED = "history.parquet"
_SHOWN_CHARACTERS = 80
_PROBED = 1_000
"""Rows that tell whether times are dates in digits: seconds since the epoch are hardly ever such a number."""
_POSITION = '"tidegate row"'


class SortedHistory(NamedTuple):
    """A checked history in event-time order on disk; rows of the same time stand in their order in the input."""

    path: Path
    rows: int
    """All there are."""
    columns: list[str]
    """What each row that `batches` yields consists of: `row` (position in the input, from 0), then
    `scripts.backtest.columns.Column.name`."""

    def before(self, occurred_ms: int) -> int:
        """How many rows there are before this event time."""
        table = f"read_parquet({sql_text(str(self.path))})"
        with _connected(self.path.parent) as connection:
            found = connection.execute(f'SELECT count(*) FROM {table} WHERE "event.time" < {occurred_ms}')  # noqa: S608
            count: int = found.fetchall()[0][0]
        return count

    def period(self) -> tuple[int, int]:
        """The first and the last event time, milliseconds since the epoch."""
        table = f"read_parquet({sql_text(str(self.path))})"
        with _connected(self.path.parent) as connection:
            found = connection.execute(f'SELECT min("event.time"), max("event.time") FROM {table}')  # noqa: S608
            first, last = found.fetchall()[0]
        return first, last

    def labels(self) -> Iterator[tuple[str | None, int]]:
        """What stands in the label's column and in how many rows, the most frequent first; None is missing."""
        table = f"read_parquet({sql_text(str(self.path))})"
        by_label = f'SELECT "label.column", count(*) FROM {table} GROUP BY 1 ORDER BY 2 DESC, 1'  # noqa: S608
        with _connected(self.path.parent) as connection:
            result = connection.execute(by_label)
            while batch := result.fetchmany(BATCH_ROWS):
                yield from batch

    def batches(self, start: int = 0) -> Iterator[list[tuple[Any, ...]]]:
        """The rows from position `start` in event-time order on, `BATCH_ROWS` at a time."""
        chosen = ", ".join(map(sql_name, self.columns))
        table = f"read_parquet({sql_text(str(self.path))}, file_row_number = true)"
        with _connected(self.path.parent) as connection:
            result = connection.execute(f"SELECT {chosen} FROM {table} WHERE file_row_number >= {start}")  # noqa: S608
            while batch := result.fetchmany(BATCH_ROWS):
                yield batch


def sort_history(history: Path, mapping: HistoryMapping, mapping_path: Path, work: Path) -> SortedHistory:
    """Check the mapped columns of a history and write them in event-time order into the directory `work`.

    Raises HistoryError for a file that cannot be read or a value that cannot be used, MappingError for a column that
    is not there.
    """
    target = work / SORTED
    with _told_of(history), _connected(work, mapping.event.timezone) as connection:
        source = open_source(connection, history)
        check_columns(mapping, list(source.types), mapping_path, history)
        columns = columns_of(mapping, source.types, _dates_in_digits(connection, source, mapping))
        numbered = f"(SELECT *, row_number() OVER () - 1 AS {_POSITION} FROM {source.table})"  # noqa: S608
        _check_values(connection, numbered, columns, history)
        chosen = ", ".join(f"{column.value} AS {sql_name(column.name)}" for column in columns)
        connection.execute(
            f'COPY (SELECT {_POSITION} AS row, {chosen} FROM {numbered} ORDER BY "event.time", "row")'  # noqa: S608
            f" TO {sql_text(str(target))} (FORMAT parquet, COMPRESSION zstd)"
        )
    return opened(target)


def opened(path: Path) -> SortedHistory:
    """A history that `sort_history` wrote."""
    with _connected(path.parent) as connection:
        source = open_source(connection, path)
        rows = connection.execute(f"SELECT count(*) FROM {source.table}").fetchall()[0][0]  # noqa: S608
    return SortedHistory(path, rows, list(source.types))


def _dates_in_digits(connection: duckdb.DuckDBPyConnection, source: Source, mapping: HistoryMapping) -> set[str]:
    """Columns of times whose first values are all dates such as 20260105, where the mapping states no unit."""
    found = set[str]()
    for column in (mapping.event.time, mapping.label.known_at):
        says = None if column is None else is_date_in_digits(column, source.types)
        if column is not None and says is not None and mapping.event.unit is None:
            probed = f"(SELECT {says} AS says FROM {source.table} LIMIT {_PROBED})"  # noqa: S608
            if connection.execute(f"SELECT bool_and(says) FROM {probed}").fetchall()[0][0]:  # noqa: S608
                found.add(column)
    return found


def _check_values(connection: duckdb.DuckDBPyConnection, table: str, columns: Sequence[Column], history: Path) -> None:
    """Raises HistoryError for the first row that has a value which cannot be used."""
    checked = [column for column in columns if column.bad is not None]
    firsts = ", ".join(f"min({_POSITION}) FILTER (WHERE {column.bad})" for column in checked)
    count, *found = connection.execute(f"SELECT count(*), {firsts} FROM {table}").fetchall()[0]  # noqa: S608
    if not count:
        raise HistoryError(f"{history}: it has no rows")
    wrong = [(row, column) for row, column in zip(found, checked, strict=True) if row is not None]
    if wrong:
        row, column = min(wrong, key=lambda pair: pair[0])
        value = f"CAST({sql_name(column.source)} AS VARCHAR)"
        stood = connection.execute(f"SELECT {value} FROM {table} WHERE {_POSITION} = {row}").fetchall()[0][0]  # noqa: S608
        shown = "nothing" if not stood else repr(stood[:_SHOWN_CHARACTERS])
        raise HistoryError(
            f"{history}: row {row + 1}, column {column.source!r}: there stands {shown}, which is not {column.needs}"
        )


@contextmanager
def _connected(work: Path, timezone: str = "UTC") -> Iterator[duckdb.DuckDBPyConnection]:
    """One thread, so that rows keep their order; `timezone` is of times that state none."""
    connection = duckdb.connect(
        config={
            "threads": 1,
            "memory_limit": SORT_MEMORY,
            "temp_directory": str(work / "sorting"),
            "preserve_insertion_order": True,
            "autoinstall_known_extensions": False,
        }
    )
    try:
        connection.execute("SET enable_progress_bar = false")
        connection.execute(f"SET TimeZone = {sql_text(timezone)}")
        yield connection
    finally:
        connection.close()


@contextmanager
def _told_of(history: Path) -> Iterator[None]:
    """What goes wrong with the file as a HistoryError."""
    try:
        try:
            yield
        except duckdb.Error as error:
            if isinstance(error, duckdb.InvalidInputException):
                check_text(history)
            raise HistoryError(f"{history}: {_first_lines(error)}") from error
    except (OSError, EOFError, zlib.error) as error:
        raise HistoryError(f"{history}: cannot be read: {error}") from error


def _first_lines(error: duckdb.Error) -> str:
    """What duckdb says without its advice and the statement, which are about SQL."""
    said = str(error).split("Possible")[0].split("\nLINE ")[0]
    return " / ".join([line for line in said.splitlines() if line.strip()][:3])
