"""From a row of a table to the records that list what it names: checked as a worker would check them, with tokens in
place of raw values."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct, structs

from models.events import BlacklistEntry
from models.facts import ListEntryFacts
from models.identifiers import Tokeniser
from models.tokenise import InvalidValueError, tokenise_list_entry
from scripts.blacklist.columns import KINDS, columns_of, require_values
from scripts.blacklist.tables import Cells
from streams.codec import InvalidRecord, RecordDecoder

_KINDS = frozenset(KINDS)
_TIMES = ("occurred_at", "expires_at")
_TIMES_KEPT = 4_096
"""Many rows say the same day."""
_NO_CELLS = (None, "")
_PLACEHOLDER = "x"

_Said: Any = msgspec.defstruct(
    "_Said",
    [(each.name, each.type, () if each.name == "near" else None) for each in structs.fields(ListEntryFacts)[1:]],
    omit_defaults=True,
)
"""The facts of an entry but its event id, as they are published: without what is not said. The fields are named as the
contract's, so a worker reads them as it would have made them."""


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
        self._chosen = plan.chosen
        self._tokeniser = tokeniser
        self._decoder = RecordDecoder(BlacklistEntry)
        self._timezone = ZoneInfo(plan.timezone)
        self._utc = lru_cache(_TIMES_KEPT)(self._in_utc)
        self._defaults = {**plan.defaults, "event_id": _PLACEHOLDER}
        self._fields_of: dict[tuple[str, ...], list[str | None]] = {}
        """Of JSON objects with these names."""
        self._fields_in_order = None if plan.columns is None else [plan.columns.get(name) for name in plan.names or ()]

    def records(self, number: int, cells: Cells, now: datetime) -> Iterator[ListRecord | BadRow]:
        """What becomes of one row; `now` is aware."""
        try:
            fields = self._fields(cells)
            values = {} if _KINDS.isdisjoint(fields) else {kind: fields.pop(kind) for kind in KINDS if kind in fields}
            person = not values and "name" in fields and "birth_date" in fields
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
        if isinstance(cells, csv.Error):
            raise _BadCellError("$", str(cells))
        fields, values = self._json_row(cells) if self._fields_in_order is None else (self._fields_in_order, cells)
        if len(values) != len(fields):
            raise _BadCellError("$", f"{len(values)} values, and {len(fields)} columns")
        found = {field: cell for field, cell in zip(fields, values, strict=True) if field and cell not in _NO_CELLS}
        for field in _TIMES:
            if field in found:
                found[field] = self._time(field, found[field])
        return {**self._defaults, **found}

    def _json_row(self, cells: Cells) -> tuple[list[str | None], list[Any]]:
        try:
            row = msgspec.json.decode(cells if isinstance(cells, str) else "")
        except (msgspec.DecodeError, UnicodeError):
            raise _BadCellError("$", "not JSON") from None
        if not isinstance(row, dict):
            raise _BadCellError("$", "not a JSON object")
        names = tuple(row)
        if names not in self._fields_of:
            chosen = {field: column for field, column in self._chosen.items() if column in names}
            columns = columns_of(names, chosen)
            self._fields_of[names] = [columns.get(name) for name in names]
        return self._fields_of[names], list(row.values())

    def _time(self, field: str, text: Any) -> str:
        try:
            return self._utc(text)
        except (TypeError, ValueError, OverflowError):
            raise _BadCellError(field, "not a time such as 2026-11-24T10:00:00+08:00 or 2026-11-24") from None

    def _in_utc(self, text: str) -> str:
        """With the time zone of the lender, where it states none."""
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=self._timezone)
        return moment.astimezone(UTC).isoformat()

    def _record(self, entry: Mapping[str, Any], now: datetime) -> ListRecord:
        try:
            facts = tokenise_list_entry(self._decoder(msgspec.json.encode(entry), now).record, self._tokeniser)
        except UnicodeEncodeError:
            raise _BadCellError("$", "not UTF-8") from None
        except InvalidRecord as error:
            raise _BadCellError(error.path, error.message) from None
        except InvalidValueError as error:
            raise _BadCellError(error.path, error.message) from None
        said = msgspec.json.encode(_Said(*structs.astuple(facts)[1:]))
        event_id = blake2b(said, digest_size=16).hexdigest().encode()
        key = f"{facts.kind}:{facts.token}".encode()
        return ListRecord(key, b'%b,"event_id":"list-%b"}' % (said[:-1], event_id))


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
