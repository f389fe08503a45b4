"""From a row of a table to the records that list what it names: checked as a worker would check them, with tokens in
place of raw values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct, structs

from models.events import BlacklistEntry
from models.identifiers import Tokeniser
from models.tokenise import InvalidValueError, tokenise_list_entry
from scripts.blacklist.columns import KINDS, columns_of, require_values
from scripts.blacklist.tables import Cells
from streams.codec import InvalidRecord, RecordDecoder

_TIMES = ("occurred_at", "expires_at")
_PLACEHOLDER = "x"


class Plan(Struct, frozen=True, kw_only=True):
    """How rows are to be read."""

    columns: dict[str, str] | None
    """Column -> field or kind; None for JSON Lines, where each line names its own."""
    names: list[str] | None
    """The columns of the table in their order; None likewise."""
    chosen: dict[str, str]
    """Field -> column, as the operator said."""
    defaults: dict[str, str]
    """Fields of entries whose row says nothing of them."""
    timezone: str
    """Of times that state none."""


class BadRow(NamedTuple):
    """Why a row made no record, or not all of them. No value stands in it."""

    number: int
    field: str
    reason: str


class ListRecord(NamedTuple):
    """A record of `blacklist-entries`, with a token."""

    key: bytes
    value: bytes


class RecordMaker:
    """Makes records of rows. The same row makes the same records, event ids and all."""

    def __init__(self, plan: Plan, tokeniser: Tokeniser) -> None:
        self._plan = plan
        self._tokeniser = tokeniser
        self._decoder = RecordDecoder(BlacklistEntry)
        self._timezone = ZoneInfo(plan.timezone)
        self._by_names: dict[tuple[str, ...], dict[str, str]] = {}

    def records(self, number: int, cells: Cells, now: datetime) -> Iterator[ListRecord | BadRow]:
        """What becomes of one row; `now` is aware."""
        try:
            fields = self._fields(cells)
            values = {kind: fields.pop(kind) for kind in KINDS if kind in fields}
            person = {"name", "birth_date"} <= fields.keys() and not values
            entries = [fields] if "value" in fields or "token" in fields or person else []
            entries += [{**fields, "kind": kind, "value": value, "token": None} for kind, value in values.items()]
            if not entries:
                raise _BadCellError("value", "nothing to list")
        except _BadCellError as error:
            yield BadRow(number, error.field, error.reason)
            return
        for entry in entries:
            try:
                yield self._record(entry, now)
            except _BadCellError as error:
                field = entry["kind"] if error.field == "value" and entry.get("kind") in values else error.field
                yield BadRow(number, field, error.reason)

    def _fields(self, cells: Cells) -> dict[str, Any]:
        plan = self._plan
        if plan.names is None or plan.columns is None:
            row, columns = self._json_row(cells)
        else:
            if len(cells) != len(plan.names):
                if len(cells) == 1 and cells[0] is not None and cells[0].startswith("\0"):
                    raise _BadCellError("$", cells[0][1:])
                raise _BadCellError("$", f"{len(cells)} values, and {len(plan.names)} columns")
            row, columns = dict(zip(plan.names, cells, strict=True)), plan.columns
        found = {columns[name]: cell for name, cell in row.items() if name in columns and cell not in (None, "")}
        for field in _TIMES:
            if field in found:
                found[field] = self._time(field, found[field])
        return {**plan.defaults, **found}

    def _json_row(self, cells: Cells) -> tuple[Mapping[str, Any], Mapping[str, str]]:
        try:
            row = msgspec.json.decode(cells if isinstance(cells, str) else "")
        except (msgspec.DecodeError, UnicodeError):
            raise _BadCellError("$", "not JSON") from None
        if not isinstance(row, dict):
            raise _BadCellError("$", "not a JSON object")
        names = tuple(row)
        if names not in self._by_names:
            chosen = {field: column for field, column in self._plan.chosen.items() if column in names}
            self._by_names[names] = columns_of(names, chosen)
        return row, self._by_names[names]

    def _time(self, field: str, text: Any) -> str:
        """With the time zone of the lender, where it states none."""
        try:
            moment = datetime.fromisoformat(text)
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=self._timezone)
            return moment.astimezone(UTC).isoformat()
        except (TypeError, ValueError, OverflowError):
            raise _BadCellError(field, "not a time such as 2026-11-24T10:00:00+08:00 or 2026-11-24") from None

    def _record(self, entry: Mapping[str, Any], now: datetime) -> ListRecord:
        try:
            raw = msgspec.json.encode({**entry, "event_id": _PLACEHOLDER})
            facts = tokenise_list_entry(self._decoder(raw, now).record, self._tokeniser)
        except UnicodeEncodeError:
            raise _BadCellError("$", "not UTF-8") from None
        except InvalidRecord as error:
            raise _BadCellError(error.path, error.message) from None
        except InvalidValueError as error:
            raise _BadCellError(error.path, error.message) from None
        # The facts' fields are named as the contract's, so a worker reads them as it would have made them.
        said = {name: value for name, value in structs.asdict(facts).items() if value not in (None, ())}
        del said["event_id"]
        said["event_id"] = "list-" + blake2b(msgspec.json.encode(said), digest_size=16).hexdigest()
        return ListRecord(f"{facts.kind}:{facts.token}".encode(), msgspec.json.encode(said))


class _BadCellError(Exception):
    """Something of a row cannot be used."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason


def plan_for(
    names: Sequence[str] | None, chosen: Mapping[str, str], defaults: Mapping[str, str], timezone: str
) -> Plan:
    """How to read a table with these columns. Raises ColumnError."""
    columns = None if names is None else columns_of(names, chosen)
    if columns is not None:
        require_values(columns, defaults.get("kind"))
    return Plan(
        columns=columns,
        names=None if names is None else list(names),
        chosen=dict(chosen),
        defaults=dict(defaults),
        timezone=timezone,
    )
