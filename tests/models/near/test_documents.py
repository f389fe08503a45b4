"""What shows of a masked ID number."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.near.documents import birth_date_of, ends_of, is_masked


@pytest.mark.parametrize(
    "masked",
    [
        "1101**********0038",
        "110***********0038",
        "110101********0038",
        "1101＊＊＊＊＊＊＊＊＊＊0038",
        "1101 **** **** ** 0038",
        "110101XXXXXXXX0038",
        "1101****0038",
        "110101••••••••0038",
    ],
)
def test_the_ends_of_a_masked_number_are_those_of_the_whole(masked: str) -> None:
    assert is_masked(masked)
    assert ends_of(masked) == ends_of("110101199003070038") == "1100038"


def test_the_check_character_is_one_of_the_ends() -> None:
    assert ends_of("110***********003x") == "110003X"


@pytest.mark.parametrize("number", ["11************0038", "1101**********038", "1****************8", "**********"])
def test_where_too_little_shows_nothing_is_known(number: str) -> None:
    assert is_masked(number)
    assert ends_of(number) is None


@pytest.mark.parametrize("number", ["E12345678", "EXX345678", "110101900307003"])
def test_another_document_is_not_masked_and_has_no_such_ends(number: str) -> None:
    assert not is_masked(number)
    assert ends_of(number) is None


def test_a_whole_number_tells_the_birth_date() -> None:
    assert birth_date_of("110101199003070038") == date(1990, 3, 7)
    assert birth_date_of("110101199013070038") is None
    assert birth_date_of("1101**********0038") is None


@given(st.text(max_size=40))
def test_any_text_can_be_read(text: str) -> None:
    ends = ends_of(text)
    assert ends is None or len(ends) == 7
