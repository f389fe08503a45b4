"""Columns are known by what they are called, or as the operator says."""

import pytest

from scripts.blacklist.columns import ColumnError, chosen_columns, columns_of, require_values


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("value", "value"),
        ("Expires At", "expires_at"),
        ("EXPIRY_DATE", "expires_at"),
        ("手机号", "phone"),
        ("原因", "reason"),
        ("id-card", "id_number"),
        ("level", "severity"),
    ],
)
def test_a_column_is_known_by_its_name_however_it_is_written(name: str, field: str) -> None:
    assert columns_of(["x", name], {}) == {name: field}


def test_what_the_operator_says_goes_before_names() -> None:
    assert columns_of(["value", "number"], {"value": "number"}) == {"number": "value"}


def test_of_two_columns_that_could_be_a_field_the_first_is_it() -> None:
    assert columns_of(["expires", "valid_until"], {}) == {"expires": "expires_at"}


def test_a_column_that_is_not_there_is_named() -> None:
    with pytest.raises(ColumnError, match="'nummer'"):
        columns_of(["value"], {"value": "nummer"})


def test_a_choice_names_a_field() -> None:
    assert chosen_columns(["value=a=b", "phone=Tel."]) == {"value": "a=b", "phone": "Tel."}
    for wrong in ("value", "colour=c"):
        with pytest.raises(ColumnError, match="FIELD=COLUMN"):
            chosen_columns([wrong])


@pytest.mark.parametrize(
    ("columns", "kind", "enough"),
    [
        ({"a": "value", "b": "kind"}, None, True),
        ({"a": "token"}, "phone", True),
        ({"a": "phone"}, None, True),
        ({"a": "value"}, None, False),
        ({"a": "kind"}, "phone", False),
        ({"a": "reason"}, "phone", False),
    ],
)
def test_something_must_say_what_to_list(columns: dict[str, str], kind: str | None, enough: bool) -> None:
    if enough:
        require_values(columns, kind)
    else:
        with pytest.raises(ColumnError, match="--column"):
            require_values(columns, kind)
