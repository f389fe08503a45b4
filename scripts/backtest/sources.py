"""How duckdb reads each kind of file. Text stays text until `scripts.backtest.columns` reads it, so that a value which
cannot be used is shown as it stands there."""

from __future__ import annotations

import csv
import gzip
from codecs import BOM_UTF8
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

import msgspec
from duckdb import DuckDBPyConnection

from config.errors import OperatorError

_DELIMITERS = ",;\t|"
_COMPRESSED = ".gz"
_TEXT_TABLES = (".csv", ".tsv", ".txt")
_JSON_LINES = (".jsonl", ".ndjson", ".json")
_FIRST_BYTES = 4_096
_PARQUET = (".parquet", ".pq")


class HistoryError(OperatorError):
    """What cannot be read of a history, with row (from 1, a header not counted) and column."""


class Source(NamedTuple):
    """A table to select from."""

    table: str
    """SQL."""
    types: dict[str, str]
    """Column -> duckdb's type, in the order of the file."""


def open_source(connection: DuckDBPyConnection, history: Path) -> Source:
    """The table in a file, by its suffix. Raises HistoryError, and duckdb.Error when duckdb cannot read it."""
    if not history.is_file():
        raise HistoryError(f"{history}: there is no such file")
    suffix, compressed = _suffix(history)
    path = sql_text(str(history))
    if suffix in _TEXT_TABLES:
        return _csv(history, path)
    if suffix in _JSON_LINES:
        form = "array" if _is_array(history) else "newline_delimited"
        read = f"read_json({path}, format = '{form}', maximum_object_size = 67108864"
        names = _types(connection, f"{read}, sample_size = -1, maximum_depth = 1)")
        return Source(f"{read}, columns = {_all_text(list(names))})", dict.fromkeys(names, "VARCHAR"))
    if suffix in _PARQUET and not compressed:
        table = f"read_parquet({path})"
        return Source(table, _types(connection, table))
    raise HistoryError(
        f"{history}: the suffix must say what it is: .csv or .tsv, .jsonl (these also with .gz), or .parquet"
    )


def check_text(history: Path) -> None:
    """Says which line of a file that could not be read is at fault, where that can be told better than duckdb does.

    Raises HistoryError for bytes that are no UTF-8, and for the first of JSON Lines that is no JSON.
    """
    suffix, _ = _suffix(history)
    if suffix not in (*_TEXT_TABLES, *_JSON_LINES):
        return
    json = suffix in _JSON_LINES and not _is_array(history)
    with _opened(history) as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode()
                if json and line.strip():
                    msgspec.json.decode(line)
            except UnicodeDecodeError as error:
                raise HistoryError(
                    f"{history}: line {number} is no UTF-8 ({error.reason} at byte {error.start + 1});"
                    f" convert the file, for example: iconv -f GB18030 -t UTF-8"
                ) from None
            except msgspec.DecodeError as error:
                raise HistoryError(f"{history}: line {number} is no JSON: {error}") from None


def sql_name(name: str) -> str:
    """A column's name in SQL."""
    return '"' + name.replace('"', '""') + '"'


def sql_text(text: str) -> str:
    """A text in SQL."""
    return "'" + text.replace("'", "''") + "'"


def _suffix(history: Path) -> tuple[str, bool]:
    """The suffix that says what a file is, and whether it is compressed."""
    suffixes = [suffix.lower() for suffix in history.suffixes]
    compressed = bool(suffixes) and suffixes[-1] == _COMPRESSED
    return suffixes[-2 if compressed else -1] if len(suffixes) > compressed else "", compressed


def _opened(history: Path) -> BinaryIO:
    """A file's bytes, unpacked."""
    return cast(BinaryIO, gzip.open(history) if _suffix(history)[1] else history.open("rb"))


def _is_array(history: Path) -> bool:
    """A file of JSON is one array, and not an object a line."""
    with _opened(history) as file:
        return file.read(_FIRST_BYTES).removeprefix(BOM_UTF8).lstrip().startswith(b"[")


def _csv(history: Path, path: str) -> Source:
    """Read by the header alone: duckdb's own guessing takes a file with one bad row for one with other columns."""
    delimiter, names = _header(history)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise HistoryError(f"{history}: the header names {', '.join(map(repr, twice))} twice")
    table = (
        f"read_csv({path}, auto_detect = false, header = true, delim = {sql_text(delimiter)}, quote = '\"',"
        f" escape = '\"', columns = {_all_text(names)})"
    )
    return Source(table, dict.fromkeys(names, "VARCHAR"))


def _header(history: Path) -> tuple[str, list[str]]:
    try:
        with _opened(history) as binary, TextIOWrapper(binary, encoding="utf-8-sig", newline="") as file:
            line = file.readline()
            delimiter = max(_DELIMITERS, key=line.count)
            file.seek(0)
            names = next(csv.reader(file, delimiter=delimiter), [])
    except (UnicodeDecodeError, csv.Error) as error:
        check_text(history)
        raise HistoryError(f"{history}: its header cannot be read: {error}") from error
    if not names or not any(names):
        raise HistoryError(f"{history}: the first line must be a header that names the columns")
    return delimiter, names


def _types(connection: DuckDBPyConnection, table: str) -> dict[str, str]:
    described = connection.execute(f"DESCRIBE SELECT * FROM {table}").fetchall()  # noqa: S608 - names are quoted
    return {name: kind for name, kind, *_ in described}


def _all_text(names: list[str]) -> str:
    return "{" + ", ".join(f"{sql_name(name)}: 'VARCHAR'" for name in names) + "}"
