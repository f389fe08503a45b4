from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.id_numbers import check_character, normalise_id_number, read_id_number

TODAY = date(2026, 11, 24)
MALE_FROM_BEIJING = "110101199003070038"
FROM_THE_STANDARD = "11010519491231002X"
"""The example of GB 11643-1999, annex A."""


def id_number(birth: str, region: str = "370202", sequence: str = "012") -> str:
    body = f"{region}{birth}{sequence}"
    return body + check_character(body)


def test_the_check_character_is_that_of_the_standards_examples() -> None:
    assert check_character("11010519491231002") == "X"
    assert check_character("44052418800101001") == "4"


def test_a_right_number_tells_age_sex_and_province() -> None:
    facts = read_id_number(MALE_FROM_BEIJING, TODAY)
    assert facts == (True, 36, True, "11")


def test_an_even_sequence_number_is_a_womans() -> None:
    assert read_id_number(FROM_THE_STANDARD, TODAY).male is False


def test_any_other_check_character_is_invalid() -> None:
    for character in set("0123456789X") - {"X"}:
        assert read_id_number(FROM_THE_STANDARD[:17] + character, TODAY).valid is False
    assert read_id_number(FROM_THE_STANDARD, TODAY).valid is True


def test_a_wrong_check_digit_still_tells_the_age() -> None:
    assert read_id_number("110101199003070039", TODAY).age_years == 36


@given(position=st.integers(0, 16), shift=st.integers(1, 9))
def test_one_mistyped_digit_is_always_noticed(position: int, shift: int) -> None:
    digit = (int(MALE_FROM_BEIJING[position]) + shift) % 10
    mistyped = MALE_FROM_BEIJING[:position] + str(digit) + MALE_FROM_BEIJING[position + 1 :]
    assert read_id_number(mistyped, TODAY).valid is False


@pytest.mark.parametrize("birth", ["19900230", "20010229", "19901301", "19900100", "19000229", "00000000"])
def test_a_birth_date_that_never_was_is_invalid_and_gives_no_age(birth: str) -> None:
    facts = read_id_number(id_number(birth), TODAY)
    assert (facts.valid, facts.age_years) == (False, None)


def test_the_leap_day_is_a_birth_date_in_leap_years() -> None:
    assert read_id_number(id_number("20000229"), TODAY).valid is True


def test_the_first_plausible_birth_date_is_in_1900() -> None:
    assert read_id_number(id_number("19000101"), TODAY).valid is True
    assert read_id_number(id_number("18991231"), TODAY).valid is False


def test_the_last_plausible_birth_date_is_today() -> None:
    assert read_id_number(id_number("20261124"), TODAY)[:2] == (True, 0)
    assert read_id_number(id_number("20261125"), TODAY)[:2] == (False, None)


def test_a_year_of_age_is_reached_on_the_birthday() -> None:
    number = id_number("20081124")
    assert read_id_number(number, date(2026, 11, 23)).age_years == 17
    assert read_id_number(number, date(2026, 11, 24)).age_years == 18


def test_who_was_born_on_a_leap_day_ages_on_the_first_of_march_of_common_years() -> None:
    number = id_number("20080229")
    assert read_id_number(number, date(2026, 2, 28)).age_years == 17
    assert read_id_number(number, date(2026, 3, 1)).age_years == 18
    assert read_id_number(number, date(2028, 2, 29)).age_years == 20


@pytest.mark.parametrize(
    "document", ["E12345678", "H12345678", "M1234567890", "12345678", "A1234563", "FRA110088122345"]
)
def test_another_document_is_neither_valid_nor_invalid(document: str) -> None:
    assert normalise_id_number(document) == document
    assert read_id_number(document, TODAY) == (None, None, None, None)


@pytest.mark.parametrize(
    "number", ["1101011990030700", "1101011990030700381", "110101********0038", "11010119900307003"]
)
def test_a_mainland_number_that_is_cut_or_masked_is_invalid(number: str) -> None:
    assert read_id_number(number, TODAY).valid is False


@pytest.mark.parametrize(
    "raw",
    [
        "11010519491231002x",
        " 110105 19491231 002X ",
        "11010519491231002X",
        "110105-19491231-002X",
        "11010519491231\u200b002X",
    ],
)
def test_case_width_spaces_and_dashes_do_not_matter(raw: str) -> None:
    assert normalise_id_number(raw) == FROM_THE_STANDARD


def test_the_old_style_number_is_the_same_persons_new_one() -> None:
    assert normalise_id_number("110105491231002") == FROM_THE_STANDARD


def test_an_old_style_number_with_an_impossible_date_is_invalid() -> None:
    number = normalise_id_number("110105491331002")
    assert number is not None
    assert read_id_number(number, TODAY).valid is False


@pytest.mark.parametrize("raw", ["", " ", "--", "\u3000", "_"])
def test_a_number_without_a_letter_or_digit_is_missing(raw: str) -> None:
    assert normalise_id_number(raw) is None


@given(st.text(max_size=40))
def test_normalising_again_changes_nothing_and_any_number_can_be_read(raw: str) -> None:
    number = normalise_id_number(raw)
    if number is not None:
        read_id_number(number, TODAY)
        assert normalise_id_number(number) == number
