"""Rows become records as a worker would take them, with tokens and never with raw values."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.events import BlacklistEntry
from models.identifiers import Tokeniser
from models.tokenise import tokenise_list_entry
from scripts.blacklist.records import BadRow, ListRecord, RecordMaker, plan_for
from streams.codec import RecordDecoder

NOW = datetime(2026, 11, 24, tzinfo=UTC)
TOKENISER = Tokeniser(b"k" * 32)
DEFAULTS = {"list": "own", "action": "add", "severity": "medium", "occurred_at": "2026-11-01T00:00:00+00:00"}
PHONE = "13800000001"
TOKEN = TOKENISER.token_of_raw("phone", PHONE) or ""


def made(names: list[str] | None, cells: Any, **defaults: str) -> list[ListRecord | BadRow]:
    plan = plan_for(names, {}, DEFAULTS | defaults, "Asia/Shanghai")
    return list(RecordMaker(plan, TOKENISER).records(7, cells, NOW))


def one(names: list[str] | None, cells: Any, **defaults: str) -> dict[str, Any]:
    (record,) = made(names, cells, **defaults)
    assert isinstance(record, ListRecord)
    RecordDecoder(BlacklistEntry)(record.value, NOW)
    said: dict[str, Any] = msgspec.json.decode(record.value)
    assert record.key == f"{said['kind']}:{said['token']}".encode()
    return said


def test_a_row_is_an_entry_with_a_token_in_place_of_its_value() -> None:
    names = ["kind", "value", "list", "reason", "severity", "expires_at", "source", "evidence", "comment"]
    row = ["phone", "138 0000 0001", "external:a", f"mule of {PHONE}", "high", "2027-01-01", "police", "case 7", "x"]
    said = one(names, row)
    assert said.pop("event_id").startswith("list-")
    assert said == {
        "action": "add",
        "list": "external:a",
        "kind": "phone",
        "token": TOKEN,
        "reason": "mule of […]",
        "severity": "high",
        "expires_at": "2026-12-31T16:00:00Z",
        "source": "police",
        "evidence": "case 7",
        "occurred_at": "2026-11-01T00:00:00Z",
    }


def test_a_row_with_columns_for_kinds_is_an_entry_for_each_that_it_has() -> None:
    records = made(["phone", "id_number", "email"], [PHONE, "110101199003070038", None])
    assert [record.key.split(b":")[0] for record in records if isinstance(record, ListRecord)] == [
        b"phone",
        b"id_number",
    ]


@pytest.mark.parametrize(
    ("names", "row", "bases"),
    [
        (["id_number", "姓名"], ["1101**********0038", "王小明"], ["id_number"]),
        (["name", "birth_date"], ["王小明", "1990-03-07"], ["birth_date"]),
        (["phone", "name", "birth_date"], [PHONE, "王小明", "1990-03-07"], ["birth_date"]),
        (["address"], ["香港中路10号501"], ["address"]),
    ],
)
def test_a_person_known_in_part_is_an_entry_without_the_name(
    names: list[str], row: list[str], bases: list[str]
) -> None:
    (record,) = made(names, row, kind="id_number")
    assert isinstance(record, ListRecord)
    text = record.value.decode()
    assert not any(cell in text for cell in row)
    taken = tokenise_list_entry(RecordDecoder(BlacklistEntry)(record.value, NOW).record, TOKENISER)
    assert [form.basis for form in taken.near] == bases
    assert RecordDecoder(BlacklistEntry)(record.value, NOW).unknown == ()


def test_a_token_is_taken_as_it_is() -> None:
    assert one(["token"], [TOKEN], kind="phone")["token"] == TOKEN


def test_json_lines_name_their_own_columns() -> None:
    assert one(None, '{"手机号": "13800000001", "level": "low", "other": [1]}')["severity"] == "low"


def test_the_same_row_is_the_same_event_and_another_row_is_another() -> None:
    first, again, other = (one(["phone", "reason"], [PHONE, reason])["event_id"] for reason in ("a", "a", "b"))
    assert first == again != other


@pytest.mark.parametrize(
    ("names", "cells", "field", "reason"),
    [
        (["phone"], ["138****0001"], "phone", "is no phone"),
        (["kind", "value"], ["phone", "138****0001"], "value", "is no phone"),
        (["kind", "value"], ["colour", "x"], "kind", "contract"),
        (["phone", "severity"], [PHONE, "terrible"], "severity", "contract"),
        (["phone", "list"], [PHONE, "theirs"], "list", "regex"),
        (["phone", "expires_at"], [PHONE, "soon"], "expires_at", "not a time"),
        (["phone", "occurred_at"], [PHONE, "2026-11-25"], "occurred_at", "ahead"),
        (["phone", "reason"], [None, "x"], "value", "nothing to list"),
        (["phone", "reason"], [PHONE], "$", "1 values, and 2 columns"),
        (["phone"], csv.Error("unexpected end of data"), "$", "unexpected end of data"),
        (["phone", "reason"], [PHONE, "\udcff"], "$", "not UTF-8"),
        (["token", "kind"], ["short", "phone"], "token", "regex"),
        (None, "{", "$", "not JSON"),
        (None, "[]", "$", "not a JSON object"),
        (None, '{"phone": 13800000001}', "phone", "Expected `str"),
        (None, '{"phone": "1"}\udcff', "$", "not JSON"),
    ],
)
def test_a_bad_row_says_which_field_and_why(names: list[str] | None, cells: Any, field: str, reason: str) -> None:
    (bad,) = made(names, cells)
    assert isinstance(bad, BadRow)
    assert (bad.number, bad.field) == (7, field)
    assert reason in bad.reason


def test_one_bad_value_of_a_row_leaves_the_others() -> None:
    good, bad = made(["phone", "email"], [PHONE, "a***@example.com"])
    assert isinstance(good, ListRecord)
    assert bad == BadRow(7, "email", "is no email")


@given(cells=st.lists(st.none() | st.text(), min_size=4, max_size=4))
def test_whatever_stands_in_a_row_makes_records_or_bad_rows(cells: list[str | None]) -> None:
    for record in made(["kind", "value", "occurred_at", "expires_at"], cells) + made(None, str(cells[0])):
        assert isinstance(record, BadRow) or RecordDecoder(BlacklistEntry)(record.value, NOW)
