"""The history: a table of any size, checked, and put into event-time order on disk before anything is scored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from scripts.backtest.columns import Column, columns_of
from scripts.backtest.mapping import HistoryMapping, check_columns
from scripts.backtest.sources import HistoryError, open_source, sql_name, sql_text

BATCH_ROWS = 1_024
SORT_MEMORY = "2GB"
"""What does not fit is sorted on disk."""
SORTED = "history.parquet"
_SHOWN_CHARACTERS = 80
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
    with _connected(work, mapping.event.timezone) as connection:
        try:
            source = open_source(connection, history)
            check_columns(mapping, list(source.types), mapping_path, history)
            columns = columns_of(mapping, source.types)
            numbered = f"(SELECT *, row_number() OVER () - 1 AS {_POSITION} FROM {source.table})"  # noqa: S608
            _check_values(connection, numbered, columns, history)
            chosen = ", ".join(f"{column.value} AS {sql_name(column.name)}" for column in columns)
            connection.execute(
                f'COPY (SELECT {_POSITION} AS row, {chosen} FROM {numbered} ORDER BY "event.time", "row")'  # noqa: S608
                f" TO {sql_text(str(target))} (FORMAT parquet, COMPRESSION zstd)"
            )
        except duckdb.Error as error:
            raise HistoryError(f"{history}: {_first_lines(error)}") from error
    return opened(target)


def opened(path: Path) -> SortedHistory:
    """A history that `sort_history` wrote."""
    with _connected(path.parent) as connection:
        source = open_source(connection, path)
        rows = connection.execute(f"SELECT count(*) FROM {source.table}").fetchall()[0][0]  # noqa: S608
    return SortedHistory(path, rows, list(source.types))


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


def _first_lines(error: duckdb.Error) -> str:
    """What duckdb says without its advice and the statement, which are about SQL."""
    said = str(error).split("Possible")[0].split("\nLINE ")[0]
    return " / ".join([line for line in said.splitlines() if line.strip()][:3])
