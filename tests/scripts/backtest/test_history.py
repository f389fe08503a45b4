import csv
import gzip
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from scripts.backtest.columns import NEVER_MS
from scripts.backtest.history import BATCH_ROWS, SortedHistory, sort_history
from scripts.backtest.mapping import MappingError, load_mapping
from scripts.backtest.sources import HistoryError
from tests.scripts.backtest.histories import MAPPING, NAMES, write_csv, write_jsonl, write_mapping, write_parquet

BARE = """
[event]
time = "t"
timezone = "Asia/Shanghai"
[label]
column = "y"
fraud = [1]
honest = [0]
delay = "7d"
"""
ROW = (1, "2026-01-05 10:00:00", "c", "m", "9.5", "0.25", "a", "1")


def taken(history: Path, mapping: str = MAPPING) -> SortedHistory:
    work = history.parent / "work"
    work.mkdir(exist_ok=True)
    path = write_mapping(history.parent, mapping)
    return sort_history(history, load_mapping(path), path, work)


def rows(history: Path, mapping: str = MAPPING) -> list[dict[str, Any]]:
    found = taken(history, mapping)
    return [dict(zip(found.columns, row, strict=True)) for batch in found.batches() for row in batch]


def said(history: Path, mapping: str = MAPPING) -> str:
    with pytest.raises(HistoryError) as caught:
        taken(history, mapping)
    assert str(caught.value).startswith(f"{history}: ")
    return str(caught.value).removeprefix(f"{history}: ")


def ms(year: int, month: int, day: int, hour: int = 0) -> int:
    return int(datetime(year, month, day, hour, tzinfo=UTC).timestamp() * 1000)


def times(directory: Path, values: list[str], extra: str = "") -> list[int]:
    history = write_csv(directory / "h.csv", [(value, 0) for value in values], ("t", "y"))
    return [row["event.time"] for row in rows(history, BARE.replace('time = "t"', f'time = "t"\n{extra}'))]


@pytest.mark.parametrize("form", ["csv", "csv.gz", "tsv", "jsonl", "parquet"])
def test_every_form_gives_the_same_rows(tmp_path: Path, form: str) -> None:
    table = [ROW, (2, "2026-01-05 09:00:00", None, "m,2", None, None, 'b"x', None)]
    history = tmp_path / f"h.{form}"
    if form == "jsonl":
        write_jsonl(history, table)
    elif form == "parquet":
        values = ", ".join(str(row).replace('"', "").replace("None", "NULL") for row in table)
        quoted = values.replace("'bx'", "'b\"x'")
        write_parquet(history, f"SELECT * FROM (VALUES {quoted}) AS t({', '.join(NAMES)})")
    else:
        with gzip.open(history, "wt", newline="") if form.endswith("gz") else history.open("w", newline="") as file:
            writer = csv.writer(file, delimiter="\t" if form == "tsv" else ",")
            writer.writerows([NAMES, *table])
    first, second = rows(history)
    assert first == {
        "row": 1,
        "event.time": ms(2026, 1, 5, 9),
        "event.id": first["event.id"],
        "label.column": None,
        "event.amount_cny": None,
        "identifiers.id_number": None,
        "identifiers.merchant_id": "m,2",
        "extra.numeric:speed": None,
        "extra.categorical:type": 'b"x',
    }
    assert (second["row"], second["event.amount_cny"], second["label.column"]) == (0, 9.5, "1")
    assert (str(first["event.id"]), str(second["event.id"])) == ("2", "1")


def test_rows_come_in_event_time_order_and_those_of_one_time_as_they_stand(tmp_path: Path) -> None:
    stamps = ["2026-01-02", "2026-01-01", "2026-01-02", "2026-01-01", "2026-01-03"]
    history = write_csv(tmp_path / "h.csv", [(stamp, 0) for stamp in stamps], ("t", "y"))
    assert [row["row"] for row in rows(history, BARE)] == [1, 3, 0, 2, 4]


def test_a_row_keeps_its_number_in_a_file_of_many_blocks(tmp_path: Path) -> None:
    count = 200_000
    filler = "x" * 40
    history = write_csv(tmp_path / "h.csv", [(count - n, n % 2, filler) for n in range(count)], ("t", "y", "text"))
    found = taken(history, BARE)
    assert found.rows == count
    batches = list(found.batches())
    assert {len(batch) for batch in batches[:-1]} == {BATCH_ROWS}
    flat = [row for batch in batches for row in batch]
    assert [row[:2] for row in flat[:2]] == [(count - 1, 1_000), (count - 2, 2_000)]
    assert all(row[0] == count - row[1] // 1_000 for row in flat)


def test_a_history_is_read_on_from_any_row(tmp_path: Path) -> None:
    found = taken(write_csv(tmp_path / "h.csv", [(n, 0) for n in range(10)], ("t", "y")), BARE)
    assert [row[0] for batch in found.batches(start=7) for row in batch] == [7, 8, 9]
    assert found.before(7_000) == 7
    assert found.before(7_001) == 8


def test_a_time_without_offset_is_local_and_one_with_an_offset_is_not(tmp_path: Path) -> None:
    stamps = ["2026-01-05 10:00:00", "2026-01-05T10:00:00.250Z", "2026-01-05T10:00:00+02:00", "2026-01-06"]
    assert times(tmp_path, stamps) == [
        ms(2026, 1, 5, 2),
        ms(2026, 1, 5, 8),
        ms(2026, 1, 5, 10) + 250,
        ms(2026, 1, 5, 16),
    ]


def test_numbers_are_seconds_or_what_unit_says(tmp_path: Path) -> None:
    assert times(tmp_path, ["0", "1.5", "1767225600"]) == [0, 1_500, 1_767_225_600_000]
    assert times(tmp_path, ["1767225600000"], 'unit = "ms"') == [1_767_225_600_000]


@pytest.mark.parametrize("form", ["{}", "{}.0", " {} "])
def test_a_column_of_dates_in_digits_is_one_of_dates(tmp_path: Path, form: str) -> None:
    dates = [form.format(digits) for digits in ("20260105", "19700102", "20240229")]
    assert times(tmp_path, ["", *dates][1:]) == [ms(1970, 1, 1, 16), ms(2024, 2, 28, 16), ms(2026, 1, 4, 16)]


def test_numbers_are_seconds_when_one_is_no_date_or_unit_says_so(tmp_path: Path) -> None:
    assert times(tmp_path, ["20260105", "20260199"]) == [20_260_105_000, 20_260_199_000]
    assert times(tmp_path, ["20260105"], 'unit = "s"') == [20_260_105_000]


def test_dates_in_digits_may_be_numbers_and_some_labels_still_unknown(tmp_path: Path) -> None:
    mapping = BARE.replace('delay = "7d"', 'known_at = "k"')
    history = write_parquet(
        tmp_path / "h.parquet", "SELECT 20260105 AS t, 1 AS y, k FROM (VALUES (20260110), (NULL)) AS v(k)"
    )
    found = rows(history, mapping)
    assert [row["event.time"] for row in found] == [ms(2026, 1, 4, 16)] * 2
    assert [row["label.known_at"] for row in found] == [ms(2026, 1, 9, 16), NEVER_MS]


def test_a_date_in_digits_that_is_none_is_told_as_such(tmp_path: Path) -> None:
    history = write_csv(tmp_path / "h.csv", [*[("20260105", 0)] * 1_000, ("20260230", 0)], ("t", "y"))
    assert said(history, BARE) == (
        "row 1001, column 't': there stands '20260230', which is not a date, RFC 3339, or YYYYMMDD, from 1970 to 9999"
    )


@pytest.mark.parametrize("word", ["NULL", "null", "None", "NA", "N/A", "#N/A", "<NA>", "\\N"])
def test_words_for_nothing_are_missing_where_they_can_mean_nothing_else(tmp_path: Path, word: str) -> None:
    row = dict(zip(NAMES, ROW, strict=True))
    row.update(customer=word, merchant=word, amount=word, speed=word, type=word, fraud=word)
    found = rows(write_csv(tmp_path / "h.csv", [tuple(row.values())]))[0]
    kept = {name for name in found if found[name] is not None} - {"row", "event.time", "event.id"}
    assert kept == {"extra.categorical:type", "label.column"}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("DATE '2026-01-05'", ms(2026, 1, 4, 16)),
        ("TIMESTAMP '2026-01-05 10:00:00'", ms(2026, 1, 5, 2)),
        ("TIMESTAMP_NS '2026-01-05 10:00:00.123456789'", ms(2026, 1, 5, 2) + 123),
        ("TIMESTAMPTZ '2026-01-05 10:00:00+00'", ms(2026, 1, 5, 10)),
        ("12::TINYINT", 12_000),
        ("12.5::DOUBLE", 12_500),
        ("12.5::DECIMAL(8, 2)", 12_500),
        ("'2026-01-05 10:00:00'", ms(2026, 1, 5, 2)),
    ],
)
def test_every_type_of_time_in_parquet_is_understood(tmp_path: Path, expression: str, expected: int) -> None:
    history = write_parquet(tmp_path / "h.parquet", f"SELECT {expression} AS t, 0 AS y")
    assert [row["event.time"] for row in rows(history, BARE)] == [expected]


@pytest.mark.parametrize("value", ["", " ", "NaN", "nan"])
def test_empty_and_nan_are_missing(tmp_path: Path, value: str) -> None:
    row = dict(zip(NAMES, ROW, strict=True))
    row.update(customer=value, merchant=value, amount=value, speed=value, type=value, fraud=value)
    found = rows(write_csv(tmp_path / "h.csv", [tuple(row.values())]))[0]
    assert {found[name] for name in found if name not in ("row", "event.time", "event.id")} == {None}


def test_nan_of_parquet_is_missing_and_booleans_are_numbers(tmp_path: Path) -> None:
    history = write_parquet(
        tmp_path / "h.parquet",
        "SELECT 1 AS id, 5 AS time, 'NaN'::FLOAT AS customer, 7 AS merchant, 'NaN'::DOUBLE AS amount, true AS speed,"
        " NULL AS type, false AS fraud",
    )
    found = rows(history)[0]
    assert found["identifiers.id_number"] is None
    assert found["identifiers.merchant_id"] == "7"
    assert found["event.amount_cny"] is None
    assert found["extra.numeric:speed"] == 1
    assert found["label.column"] == "false"


def test_a_label_without_its_time_is_never_known(tmp_path: Path) -> None:
    mapping = BARE.replace('delay = "7d"', 'known_at = "k"')
    history = write_csv(tmp_path / "h.csv", [("1", 1, ""), ("2", 1, "2026-01-01")], ("t", "y", "k"))
    assert [row["label.known_at"] for row in rows(history, mapping)] == [NEVER_MS, ms(2025, 12, 31, 16)]


@pytest.mark.parametrize(
    ("column", "value", "needs"),
    [
        ("time", "yesterday", "a date, RFC 3339, or seconds since the epoch, from 1970 to 9999"),
        ("time", "2026-02-30", "a date"),
        ("time", "-1", "a date"),
        ("time", "1e15", "a date"),
        ("time", "infinity", "a date"),
        ("amount", "12,50 EUR", "a finite number"),
        ("amount", "inf", "a finite number"),
        ("speed", "fast", "a finite number"),
    ],
)
def test_a_value_that_cannot_be_used_is_shown_with_row_and_column(
    tmp_path: Path, column: str, value: str, needs: str
) -> None:
    bad = tuple(value if name == column else found for name, found in zip(NAMES, ROW, strict=True))
    history = write_jsonl(tmp_path / "h.jsonl", [ROW, ROW, bad, bad])
    assert said(history).startswith(f"row 3, column '{column}': there stands '{value}', which is not {needs}")


def test_a_row_without_its_time_is_an_error(tmp_path: Path) -> None:
    history = write_csv(tmp_path / "h.csv", [("1", 0), ("", 0)], ("t", "y"))
    assert said(history, BARE).startswith("row 2, column 't': there stands nothing, which is not a date")


@pytest.mark.parametrize(("lat", "lon", "column"), [("91", "0", "lat"), ("90", "-180.5", "lon"), ("x", "0", "lat")])
def test_a_place_off_the_earth_is_an_error(tmp_path: Path, lat: str, lon: str, column: str) -> None:
    mapping = BARE.replace('time = "t"', 'time = "t"\nlat = "lat"\nlon = "lon"')
    history = write_csv(tmp_path / "h.csv", [("1", 0, 90, 180), ("1", 0, lat, lon)], ("t", "y", "lat", "lon"))
    assert said(history, mapping).startswith(f"row 2, column '{column}'")


def test_the_first_bad_row_is_told_whatever_its_column(tmp_path: Path) -> None:
    later = (1, "never", *ROW[2:])
    sooner = (*ROW[:4], "x", *ROW[5:])
    assert said(write_csv(tmp_path / "h.csv", [ROW, sooner, later])).startswith("row 2, column 'amount'")


def test_a_row_with_too_many_or_too_few_fields_is_an_error_with_its_line(tmp_path: Path) -> None:
    for number, row in enumerate([ROW[:-1], (*ROW, "more")]):
        message = said(write_csv(tmp_path / f"{number}.csv", [ROW, row, ROW]))
        assert "Line: 3" in message
        assert "Possible" not in message


def test_what_is_no_table_is_said_so(tmp_path: Path) -> None:
    assert said(tmp_path / "none.csv") == "there is no such file"
    other = tmp_path / "h.xlsx"
    other.write_bytes(b"PK")
    assert said(other).startswith("the suffix must say what it is")
    empty = tmp_path / "empty.csv"
    empty.write_text("")
    assert said(empty).startswith("the first line must be a header")
    assert said(write_csv(tmp_path / "header.csv", [])) == "it has no rows"
    assert said(write_csv(tmp_path / "twice.csv", [], ("t", "y", "t"))) == "the header names 't' twice"
    broken = tmp_path / "h.parquet"
    broken.write_bytes(b"no parquet at all")
    assert "magic bytes" in said(broken)
    assert "SELECT" not in said(broken)
    lines = tmp_path / "h.jsonl"
    lines.write_text('{"t": 1, "y": 0}\n\n{"t": \n{"t": 2, "y": 0}\n')
    assert said(lines, BARE).startswith("line 3 is no JSON")
    packed = tmp_path / "h.csv.gz"
    packed.write_bytes(b"t,y\n1,0\n")
    assert said(packed, BARE).startswith("cannot be read: Not a gzipped file")


def test_another_encoding_is_told_with_the_line_wherever_it_stands(tmp_path: Path) -> None:
    history = tmp_path / "h.csv"
    for number in (1, 2, 100_002):
        lines = [b"t,y", *[b"1,0"] * 100_001]
        lines[number - 1] += ",备注".encode("gb18030")
        history.write_bytes(b"\n".join(lines))
        assert said(history, BARE).startswith(f"line {number} is no UTF-8")


def test_an_array_of_objects_is_a_table_too(tmp_path: Path) -> None:
    history = tmp_path / "h.json"
    history.write_text(' [\n{"t": 1,\n"y": 0}, {"y": 1, "t": 2}]')
    assert [(row["event.time"], row["label.column"]) for row in rows(history, BARE)] == [(1_000, "0"), (2_000, "1")]


def test_a_column_that_is_not_there_is_an_error_of_the_mapping(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match=r"event.time: .* has no column 't'"):
        taken(write_csv(tmp_path / "h.csv", [(1, 0)], ("when", "y")), BARE)


def test_names_may_hold_anything(tmp_path: Path) -> None:
    mapping = BARE.replace('"t"', "'my \"time\"'").replace('"y"', '"row"')
    day = date(2026, 1, 5)
    history = write_jsonl(tmp_path / "it's.jsonl", [(str(day), 1)], ('my "time"', "row"))
    found = rows(history, mapping)[0]
    assert found["row"] == 0
    assert found["label.column"] == "1"
