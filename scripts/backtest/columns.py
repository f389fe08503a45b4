"""What each column of a history becomes, as SQL: its value, and when a value cannot be used. Empty text and NaN are
missing everywhere, words for nothing where they can mean nothing else: in times, numbers and identifiers."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from scripts.backtest.mapping import HistoryMapping
from scripts.backtest.sources import sql_name, sql_text

LAST_MS = 253_402_300_799_999
"""The end of the year 9999."""
NEVER_MS = 2**63 - 1
"""When a label is known whose time is missing."""
_EMPTY = ("", "nan")
_WORDS_FOR_NOTHING = ("null", "none", "na", "n/a", "#n/a", "<na>", "\\n")
"""What programs write for a missing value. As categories they are kept: `NA` may be Namibia, and `none` an answer."""
_FIRST_DATE, _LAST_DATE = 1970_01_01, 9999_12_31
_NUMBERS = ("INT", "DOUBLE", "FLOAT", "DECIMAL", "BOOLEAN")
"""Parts of the names of duckdb's types that become a number without reading text."""


class Column(NamedTuple):
    """One column of the checked history."""

    name: str
    """Where the mapping names it (`event.time`); after `extra.numeric:` and `extra.categorical:` comes the column."""
    source: str
    """The history's column."""
    value: str
    """SQL of the value: a number for times (milliseconds) and numbers, else text."""
    bad: str | None = None
    """SQL that holds for a value that cannot be used."""
    needs: str = ""
    """What such a value should have been."""


def columns_of(mapping: HistoryMapping, types: dict[str, str], digits: Collection[str] = ()) -> list[Column]:
    """The columns that a mapping asks for, of a history with these types; in `digits` are columns of times that hold
    `is_date_in_digits`."""
    return list(_columns(mapping, types, digits))


def is_date_in_digits(column: str, types: dict[str, str]) -> str | None:
    """SQL that holds for a date written as a number (20260105), NULL for a missing value. None for a type that cannot
    hold any."""
    if types[column] != "VARCHAR" and not _is_number(types[column]):
        return None
    present = _present(column, types)
    return f"CASE WHEN {present} IS NOT NULL THEN {_date_in_digits(present)} IS NOT NULL END"


def _columns(mapping: HistoryMapping, types: dict[str, str], digits: Collection[str]) -> Iterator[Column]:
    event, label = mapping.event, mapping.label
    yield _time("event.time", event.time, types, event.unit, event.time in digits, required=True)
    if event.id is not None:
        yield Column("event.id", event.id, sql_name(event.id))
    yield _text("label.column", label.column, types)
    if label.known_at is not None:
        yield _time("label.known_at", label.known_at, types, event.unit, label.known_at in digits, required=False)
    for name, low, high in (("amount_cny", None, None), ("term_months", 0, 1e6), ("lat", -90, 90), ("lon", -180, 180)):
        column = getattr(event, name)
        if column is not None:
            yield _number(f"event.{name}", column, types, low, high)
    for name in ("product", "channel"):
        column = getattr(event, name)
        if column is not None:
            yield _text(f"event.{name}", column, types)
    for kind, column in mapping.kinds().items():
        yield Column(f"identifiers.{kind}", column, f"CAST({_present(column, types)} AS VARCHAR)")
    for column in mapping.extra.numeric:
        yield _number(f"extra.numeric:{column}", column, types, None, None)
    for column in mapping.extra.categorical:
        yield _text(f"extra.categorical:{column}", column, types)


def _text(name: str, column: str, types: dict[str, str]) -> Column:
    return Column(name, column, f"CAST({_present(column, types, _EMPTY)} AS VARCHAR)")


def _number(name: str, column: str, types: dict[str, str], low: float | None, high: float | None) -> Column:
    present = _present(column, types)
    value = f"TRY_CAST({present if _is_number(types[column]) else f'CAST({present} AS VARCHAR)'} AS DOUBLE)"
    bad, needs = f"({present} IS NOT NULL AND NOT coalesce(isfinite({value}), false))", "a finite number"
    if low is not None and high is not None:
        bad, needs = f"({bad} OR {value} NOT BETWEEN {low} AND {high})", f"a number from {low:g} to {high:g}"
    return Column(name, column, value, bad, needs)


def _time(name: str, column: str, types: dict[str, str], unit: str | None, digits: bool, *, required: bool) -> Column:
    present, kind = _present(column, types), types[column]
    factor = 1 if unit == "ms" else 1_000
    number = f"CAST(round({_in_range(f'TRY_CAST({present} AS DOUBLE) * {factor}')}) AS BIGINT)"
    if digits:
        number = _in_range(f"epoch_us(CAST({_date_in_digits(present)} AS TIMESTAMPTZ)) // 1000")
    moment = f"TRY_CAST({present if kind != 'TIMESTAMP_NS' else f'CAST({present} AS TIMESTAMP)'} AS TIMESTAMPTZ)"
    dated = f"CASE WHEN isfinite({moment}) THEN {_in_range(f'epoch_us({moment}) // 1000')} END"
    if _is_number(kind):
        value = number
    elif kind == "VARCHAR":
        value = f"CASE WHEN TRY_CAST({present} AS DOUBLE) IS NOT NULL THEN {number} ELSE {dated} END"
    else:
        value = dated
    bad = f"({value}) IS NULL" if required else f"({present} IS NOT NULL AND ({value}) IS NULL)"
    units = "milliseconds" if unit == "ms" else "seconds"
    needs = f"a date, RFC 3339, or {'YYYYMMDD' if digits else f'{units} since the epoch'}, from 1970 to 9999"
    return Column(name, column, value if required else f"coalesce({value}, {NEVER_MS})", bad, needs)


def _date_in_digits(present: str) -> str:
    number = f"TRY_CAST({present} AS DOUBLE)"
    written = f"CASE WHEN {number} BETWEEN {_FIRST_DATE} AND {_LAST_DATE} THEN CAST({number} AS BIGINT) END"
    return f"TRY_STRPTIME(CAST({written} AS VARCHAR), '%Y%m%d')"


def _present(column: str, types: dict[str, str], nothing: Sequence[str] = (*_EMPTY, *_WORDS_FOR_NOTHING)) -> str:
    """The value without surrounding space, NULL when it is NaN or one of these texts."""
    name, kind = sql_name(column), types[column]
    if kind == "VARCHAR":
        words = ", ".join(map(sql_text, nothing))
        return f"CASE WHEN lower(trim({name})) IN ({words}) THEN NULL ELSE trim({name}) END"
    if kind in ("DOUBLE", "FLOAT"):
        return f"CASE WHEN isnan({name}) THEN NULL ELSE {name} END"
    return name


def _in_range(milliseconds: str) -> str:
    return f"CASE WHEN {milliseconds} BETWEEN 0 AND {LAST_MS} THEN {milliseconds} END"


def _is_number(kind: str) -> bool:
    return any(part in kind for part in _NUMBERS) and kind != "INTERVAL"
