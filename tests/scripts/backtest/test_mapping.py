from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.backtest.mapping import MappingError, check_columns, duration, label_key, load_mapping
from tests.scripts.backtest.histories import MAPPING, NAMES, SMALLEST, write_mapping


def problem(directory: Path, text: str) -> str:
    """What is said about a mapping, without the file's name, which it begins with."""
    path = write_mapping(directory, text)
    with pytest.raises(MappingError) as caught:
        load_mapping(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert caught.value.exit_code == 2
    return message.removeprefix(f"{path}: ")


def test_only_time_and_label_are_needed(tmp_path: Path) -> None:
    mapping = load_mapping(write_mapping(tmp_path, SMALLEST + 'known_at = "k"'))
    assert mapping.event.timezone == "UTC"
    assert mapping.kinds() == {}
    assert list(mapping.columns()) == [("event.time", "t"), ("label.column", "y"), ("label.known_at", "k")]


def test_identifiers_of_both_tables_come_in_the_contracts_order(tmp_path: Path) -> None:
    text = SMALLEST.replace('time = "t"', 'time = "t"\nmerchant_id = "m"')
    mapping = load_mapping(write_mapping(tmp_path, text + '[identifiers]\nstore_id = "s"\nphone = "p"\n'))
    assert list(mapping.kinds().items()) == [("phone", "p"), ("merchant_id", "m"), ("store_id", "s")]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('time = "time"', "", "event: Object missing required field `time`"),
        ('time = "time"', "time = 3", "event.time: Expected `str`, got `int`"),
        ('id = "id"', 'ident = "id"', "event: Object contains unknown field `ident`"),
        ('id = "id"', 'timezone = "Mars/Base"', "event: timezone: 'Mars/Base' is no IANA time zone"),
        ('id = "id"', 'unit = "us"', "event.unit: Invalid enum value 'us'"),
        ('id = "id"', 'lat = "lat"', "event: lat and lon go together"),
        (
            'id_number = "customer"',
            'passport = "p"',
            "identifiers.passport: no such kind of identifier; there are",
        ),
        ('id_number = "customer"', 'merchant_id = "m"', "identifiers.merchant_id: stands in event.merchant_id already"),
        ('categorical = ["type"]', 'categorical = ["speed"]', "extra: speed stands there twice"),
        ("fraud = [1]", "fraud = []", "label.fraud: Expected `array` of length >= 1"),
        ("honest = [0]", 'honest = [0, "1.0"]', "label: 1.0 stands both in fraud and in honest"),
        ('delay = "2d"', 'delay = "2 months"', "label: '2 months' is no duration"),
        ('delay = "2d"', 'delay = "2d"\nknown_at = "k"', "label: delay and known_at both say"),
        ("[label]", "[labels]", "Object contains unknown field `labels`"),
        ("[label]", "[label", "not TOML: "),
    ],
)
def test_what_is_wrong_is_said_with_its_table_and_key(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in MAPPING
    assert problem(tmp_path, MAPPING.replace(old, new)).startswith(said)


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="cannot be read"):
        load_mapping(tmp_path / "none.toml")


def test_a_column_that_the_history_has_not_is_named_with_the_columns_that_it_has(tmp_path: Path) -> None:
    path = write_mapping(tmp_path, MAPPING.replace('"merchant"', '"Mercant"').replace('"customer"', '"who"'))
    with pytest.raises(MappingError) as caught:
        check_columns(load_mapping(path), NAMES, path, Path("h.csv"))
    assert str(caught.value).splitlines() == [
        f"{path}: event.merchant_id: h.csv has no column 'Mercant' (did you mean 'merchant'?)",
        f"{path}: identifiers.id_number: h.csv has no column 'who'",
        "Its columns are id, time, customer, merchant, amount, speed, type, fraud",
    ]


@pytest.mark.parametrize(
    ("text", "seconds"), [("7d", 604_800), ("1.5h", 5_400), ("30 m", 1_800), ("0s", 0), ("2w", 1_209_600)]
)
def test_a_duration_is_a_number_with_its_unit(text: str, seconds: float) -> None:
    assert duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "7", "d", "-1d", "7 days", "1e3d", "9999999999999d"])
def test_anything_else_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no duration|is too long"):
        duration(text)


def test_one_is_one_however_a_file_writes_it() -> None:
    assert {label_key(value) for value in (1, 1.0, "1", " 1.0", True, "true", "TRUE")} == {1.0}
    assert {label_key(value) for value in (0, "0", False, "False")} == {0.0}
    assert label_key("Fraud ") == "Fraud"
    assert label_key("fraud") != label_key("Fraud")


@given(st.text() | st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53) | st.booleans())
def test_any_value_is_the_same_as_its_text(value: str | float) -> None:
    assert label_key(str(value)) == label_key(value)
