"""How far a table has been loaded, on disk, so that a load which was broken off goes on where it was."""

from __future__ import annotations

import csv
from hashlib import blake2b
from pathlib import Path
from typing import Self

import msgspec
from msgspec import Struct

from config.settings import Settings
from scripts.blacklist.records import BadRow, Plan

_DIRECTORY = "blacklist-loads"


class _Noted(Struct, frozen=True):
    rows: int
    bad_rows: int
    bad_rows_bytes: int


class Progress:
    """The rows of one load that need not be looked at again, and its file of bad rows. What is noted has been
    acknowledged by Kafka; what was sent and not noted is sent again, and has no effect a second time."""

    def __init__(self, path: Path, bad_rows: Path, again: bool) -> None:
        """`again`: what was noted does not count."""
        if again:
            path.unlink(missing_ok=True)
        noted = _read(path)
        self._path = path
        self.rows = noted.rows
        self.bad_rows = noted.bad_rows
        self.bad_rows_file = bad_rows
        self._bytes = noted.bad_rows_bytes
        if self._bytes and bad_rows.exists():
            with bad_rows.open("r+b") as file:
                file.truncate(self._bytes)  # what was written and not noted comes again
        else:
            bad_rows.unlink(missing_ok=True)

    @classmethod
    def of_load(cls, settings: Settings, table: Path, plan: Plan, bad_rows: Path, again: bool = False) -> Self:
        """Of this table as it is now, read like that, into this deployment."""
        stat = table.stat()
        said = (str(table.absolute()), stat.st_size, stat.st_mtime_ns, msgspec.json.encode(plan).decode())
        place = (settings.broker, settings.topic_prefix)
        name = blake2b(repr((said, place)).encode(), digest_size=12).hexdigest()
        directory = settings.data_dir / _DIRECTORY
        directory.mkdir(parents=True, exist_ok=True)
        return cls(directory / f"{name}.json", bad_rows, again)

    def note(self, rows: int, bad: list[BadRow]) -> None:
        """All rows up to this one are done; these of them were bad."""
        if bad:
            with self.bad_rows_file.open("a", encoding="utf-8", newline="") as file:
                writer = csv.writer(file)
                if not file.tell():
                    writer.writerow(BadRow._fields)
                writer.writerows(bad)
                file.flush()
                self._bytes = file.tell()
        self.rows, self.bad_rows = rows, self.bad_rows + len(bad)
        partial = self._path.with_suffix(".part")
        partial.write_bytes(msgspec.json.encode(_Noted(self.rows, self.bad_rows, self._bytes)))
        partial.replace(self._path)

    def finished(self) -> None:
        """All of the table is loaded; the next load of it begins at its beginning."""
        self._path.unlink(missing_ok=True)


def _read(path: Path) -> _Noted:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Noted)
    except (OSError, msgspec.DecodeError):
        return _Noted(0, 0, 0)
