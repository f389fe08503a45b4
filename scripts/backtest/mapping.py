"""The mapping file: which column of a history is what.

[event]        time (needed), timezone, unit, id, amount_cny, merchant_id, store_id, sales_rep_id, product, channel,
               term_months, lat, lon
[identifiers]  kind = column
[extra]        numeric = [columns], categorical = [columns]
[label]        column, fraud = [values], honest = [values], delay = "7d" or known_at = column
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal, get_args
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta, Struct

from config.errors import OperatorError
from models.identifiers import RawKind

Column = Annotated[str, Meta(min_length=1)]
LabelValue = str | int | float | bool

_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?(s|m|h|d|w)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_PATH = re.compile(r"(?P<message>.*) - at `\$\.?(?P<path>.*)`\Z", re.DOTALL)
_OWN_TABLE: tuple[RawKind, ...] = ("merchant_id", "store_id", "sales_rep_id")
"""Identifiers that `[event]` names; `[identifiers]` may name them instead."""


class MappingError(OperatorError):
    """What is wrong with a mapping file, and where."""

    exit_code = 2


class Table(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file; a key it does not know is an error, for it is most likely a slip."""


class EventColumns(Table, frozen=True, kw_only=True):
    """`[event]`. All but `timezone` and `unit` are names of columns."""

    time: Column
    """When it happened: dates, RFC 3339, or a number of `unit` since the epoch."""
    timezone: str = "UTC"
    """Where the column states none, and for hours and weekdays."""
    unit: Literal["s", "ms"] | None = None
    """Of numbers; seconds when not given."""
    id: Column | None = None
    """None: the row's number."""
    amount_cny: Column | None = None
    merchant_id: Column | None = None
    store_id: Column | None = None
    sales_rep_id: Column | None = None
    product: Column | None = None
    channel: Column | None = None
    term_months: Column | None = None
    lat: Column | None = None
    lon: Column | None = None

    def __post_init__(self) -> None:
        try:
            ZoneInfo(self.timezone)
        except (ValueError, OSError, KeyError):
            raise ValueError(f"timezone: {self.timezone!r} is no IANA time zone such as Asia/Shanghai") from None
        if (self.lat is None) != (self.lon is None):
            raise ValueError("lat and lon go together")


class ExtraColumns(Table, frozen=True, kw_only=True):
    """`[extra]`: columns without a place in the contract, given to the models as they are."""

    numeric: tuple[Column, ...] = ()
    categorical: tuple[Column, ...] = ()

    def __post_init__(self) -> None:
        named = [*self.numeric, *self.categorical]
        twice = sorted({name for name in named if named.count(name) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)} stands there twice")


class LabelColumn(Table, frozen=True, kw_only=True):
    """`[label]`: what was known later, and how much later."""

    column: Column
    fraud: Annotated[tuple[LabelValue, ...], Meta(min_length=1)]
    honest: Annotated[tuple[LabelValue, ...], Meta(min_length=1)]
    """Any value that is in neither list is unknown: never learned from, never scored in metrics."""
    delay: str | None = None
    known_at: Column | None = None
    """Column with the time at which the label was known, in the same form as `time`."""

    def __post_init__(self) -> None:
        both = {label_key(value) for value in self.fraud} & {label_key(value) for value in self.honest}
        if both:
            raise ValueError(f"{', '.join(sorted(map(str, both)))} stands both in fraud and in honest")
        if self.delay is not None and self.known_at is not None:
            raise ValueError("delay and known_at both say when a label is known; keep one")
        if self.delay is not None:
            duration(self.delay)


class HistoryMapping(Table, frozen=True, kw_only=True):
    """The whole file."""

    event: EventColumns
    identifiers: dict[str, Column] = {}
    """Kind (of `models.identifiers.RawKind`) -> column."""
    extra: ExtraColumns = ExtraColumns()
    label: LabelColumn

    def __post_init__(self) -> None:
        for kind in self.identifiers:
            if kind not in get_args(RawKind):
                raise ValueError(
                    f"identifiers.{kind}: no such kind of identifier; there are {_list(get_args(RawKind))}"
                )
            if kind in _OWN_TABLE and getattr(self.event, kind) is not None:
                raise ValueError(f"identifiers.{kind}: stands in event.{kind} already")

    def kinds(self) -> dict[RawKind, str]:
        """Identifier kind -> column, those of `[event]` too, in the contract's order."""
        columns: dict[str, str | None] = {kind: getattr(self.event, kind) for kind in _OWN_TABLE}
        columns.update(self.identifiers)
        return {kind: column for kind in get_args(RawKind) if (column := columns.get(kind)) is not None}

    def columns(self) -> Iterator[tuple[str, str]]:
        """Where a column is named (`event.time`) and its name; one column may be named in several places."""
        for field in self.event.__struct_fields__:
            column = getattr(self.event, field)
            if column is not None and field not in ("timezone", "unit"):
                yield f"event.{field}", column
        for kind, column in self.identifiers.items():
            yield f"identifiers.{kind}", column
        for column in self.extra.numeric:
            yield "extra.numeric", column
        for column in self.extra.categorical:
            yield "extra.categorical", column
        yield "label.column", self.label.column
        if self.label.known_at is not None:
            yield "label.known_at", self.label.known_at


def load_mapping(path: Path) -> HistoryMapping:
    """A mapping from its file. Raises MappingError, which names the file and table.key."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise MappingError(f"{path}: cannot be read: {error}") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise MappingError(f"{path}: not TOML: {error}") from error
    try:
        return msgspec.convert(raw, HistoryMapping)
    except msgspec.ValidationError as error:
        raise MappingError(f"{path}: {_located(str(error))}") from error


def check_columns(mapping: HistoryMapping, there: Sequence[str], mapping_path: Path, history_path: Path) -> None:
    """Raises MappingError when the mapping names a column that the history has not."""
    missing = [(where, column) for where, column in mapping.columns() if column not in there]
    if missing:
        lines = [
            f"{mapping_path}: {where}: {history_path} has no column {column!r}{_close(column, there)}"
            for where, column in missing
        ]
        raise MappingError("\n".join([*lines, f"Its columns are {_list(there)}"]))


def duration(text: str) -> timedelta:
    """`7d`, `90m`, `1.5h`: a number of seconds, minutes, hours, days or weeks. Raises ValueError."""
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no duration; write for example 7d, 12h, 30m or 0s")
    try:
        return timedelta(**{_UNITS[found[2]]: float(found[1])})
    except OverflowError:
        raise ValueError(f"{text!r} is too long") from None


def moment(text: str) -> datetime:
    """A date or time; where it states no offset, neither has the result. Raises ValueError."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no date or time; write for example 2018-08-08 or 2018-08-08T00:00:00Z") from None


def label_key(value: object) -> str | float:
    """What a label's value is compared by: `1`, `1.0`, `"1"` and `true` are the same, other text is as it stands."""
    if isinstance(value, str):
        text = value.strip()
        if text.lower() in ("true", "false"):
            return float(text.lower() == "true")
        try:
            number = float(text)
        except ValueError:
            return text
        return number if math.isfinite(number) else text
    return float(value) if isinstance(value, (bool, int, float)) else str(value)


def _located(message: str) -> str:
    """msgspec's message with the key first, as the file has it."""
    found = _PATH.fullmatch(message)
    return f"{found['path']}: {found['message']}" if found and found["path"] else message.removesuffix(" - at `$`")


def _close(column: str, there: Sequence[str]) -> str:
    lowered = {name.lower(): name for name in there}
    close = get_close_matches(column.lower(), lowered, n=1)
    return f" (did you mean {lowered[close[0]]!r}?)" if close else ""


def _list(names: Sequence[str]) -> str:
    return ", ".join(names)
