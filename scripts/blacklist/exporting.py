"""Writes all list entries into a file that `load` can read again."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any

import duckdb
import msgspec

from config.settings import Settings
from scripts.blacklist.checking import ListsUnavailableError
from scripts.blacklist.tables import PARQUET, TableError
from streams.index.list_storage import PARTS, ListReader
from streams.index.protocol import IndexUnavailableError, ListedEntry

COLUMNS = {
    "list": "VARCHAR",
    "kind": "VARCHAR",
    "token": "VARCHAR",
    "severity": "VARCHAR",
    "reason": "VARCHAR",
    "source": "VARCHAR",
    "evidence": "VARCHAR",
    "occurred_at": "TIMESTAMPTZ",
    "expires_at": "TIMESTAMPTZ",
    "hits": "BIGINT",
    "last_hit_at": "TIMESTAMPTZ",
}
"""What is written of an entry, and its type in Parquet."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


async def export_lists(
    settings: Settings,
    file: Path,
    list_name: str | None,
    expired_by: datetime | None,
    on_share: Callable[[float], None],
) -> int:
    """Write the entries of one list or all, but those that have expired by then; the file is there when all of it is.
    `on_share` hears how much is done, up to 1.

    Returns their number. Raises TableError and ListsUnavailableError.
    """
    if file.suffix.lower() not in (".csv", ".jsonl", *PARQUET):
        raise TableError(f"{file}: the suffix must say what it shall be: .csv, .jsonl or .parquet")
    partial = file.with_name(f"{file.name}.part")
    reader = ListReader.from_settings(settings)
    entries = done = 0
    try:
        with partial.open("w", encoding="utf-8", newline="") as out:
            write = _csv_writer(out) if file.suffix.lower() == ".csv" else _json_writer(out)
            async for part in reader.entries():
                wanted = [each for each in part if _is_wanted(each, list_name, expired_by)]
                write(map(_row, wanted))
                entries, done = entries + len(wanted), done + 1
                on_share(done / PARTS)
        if file.suffix.lower() in PARQUET:
            _to_parquet(partial, file)
            partial.unlink()
        else:
            partial.replace(file)
    except IndexUnavailableError as error:
        raise ListsUnavailableError(f"Valkey does not answer (TIDEGATE_REDIS_URL): {error}") from error
    except OSError as error:
        raise TableError(f"{file}: {error.strerror}") from error
    finally:
        await reader.close()
        partial.unlink(missing_ok=True)
    return entries


def _is_wanted(entry: ListedEntry, list_name: str | None, expired_by: datetime | None) -> bool:
    if list_name is not None and entry.list != list_name:
        return False
    return expired_by is None or entry.expires_ms is None or entry.expires_ms > expired_by.timestamp() * 1000


def _row(entry: ListedEntry) -> tuple[Any, ...]:
    """The values of `COLUMNS`."""
    return (
        entry.list,
        entry.kind,
        entry.token,
        entry.severity,
        entry.reason,
        entry.source,
        entry.evidence,
        _time(entry.added_ms),
        _time(entry.expires_ms),
        entry.hits,
        _time(entry.last_hit_ms),
    )


def _time(moment_ms: int | None) -> str | None:
    if moment_ms is None:
        return None
    moment = _EPOCH + timedelta(milliseconds=moment_ms)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _csv_writer(out: IO[str]) -> Callable[[Iterable[tuple[Any, ...]]], None]:
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    return writer.writerows


def _json_writer(out: IO[str]) -> Callable[[Iterable[tuple[Any, ...]]], None]:
    def write(rows: Iterable[tuple[Any, ...]]) -> None:
        out.writelines(msgspec.json.encode(dict(zip(COLUMNS, row, strict=True))).decode() + "\n" for row in rows)

    return write


def _to_parquet(lines: Path, file: Path) -> None:
    columns = ", ".join(f"{name}: '{kind}'" for name, kind in COLUMNS.items())
    source, target = (str(path).replace("'", "''") for path in (lines, file))
    with duckdb.connect(config={"autoinstall_known_extensions": False}) as connection:
        connection.execute(
            f"COPY (SELECT * FROM read_json('{source}', format = 'newline_delimited', columns = {{{columns}}}))"  # noqa: S608
            f" TO '{target}' (FORMAT parquet, COMPRESSION zstd)"
        )
