"""Forms of people and places: what is alike shares a key, and nothing raw is in them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.identifiers import Tokeniser
from models.near.forms import KEYED_PARTS, address_forms, keys_of, person_forms
from models.near.names import name_parts
from models.near.similarity import similarity

TOKENISER = Tokeniser(b"a-key-for-tests-of-32-bytes-0000")
WHOLE, MASKED = "110101199003070038", "1101**********0038"
BIRTH = date(1990, 3, 7)
NAMES = st.lists(st.sampled_from("王李张小明红军建国华"), min_size=2, max_size=6).map("".join)


def shared_keys(one: str, other: str) -> set[str]:
    (a,), (b,) = (person_forms(name, MASKED, None, TOKENISER) for name in (one, other))
    return set(keys_of(a)) & set(keys_of(b))


@pytest.mark.parametrize("other", ["王小明", "王晓明", "王小", "王小明明", "小王明", "王 小·明", "王＊明"])
def test_names_that_differ_in_one_character_share_a_key(other: str) -> None:
    assert shared_keys("王小明", other)


@pytest.mark.parametrize("other", ["李晓明", "王大军", "李四"])
def test_names_that_differ_in_more_share_none(other: str) -> None:
    assert not shared_keys("王小明", other)


@given(NAMES, st.data())
def test_a_name_with_one_character_changed_shares_a_key(name: str, data: st.DataObject) -> None:
    if not 3 <= len(name) <= KEYED_PARTS:
        return
    at = data.draw(st.integers(0, len(name) - 1))
    assert shared_keys(name, name[:at] + "龙" + name[at + 1 :])


@given(NAMES)
def test_the_number_of_keys_is_bounded(name: str) -> None:
    for form in person_forms(name, WHOLE, BIRTH, TOKENISER):
        assert 1 <= len(keys_of(form)) <= KEYED_PARTS + 1


def test_a_whole_and_a_masked_number_have_the_same_form() -> None:
    assert person_forms("王小明", WHOLE, None, TOKENISER) == person_forms("王小明", MASKED, None, TOKENISER)


def test_another_number_or_birth_date_shares_nothing() -> None:
    (by_id, by_birth), (other_id, other_birth) = (
        person_forms("王小明", number, birth, TOKENISER)
        for number, birth in ((WHOLE, BIRTH), ("110101199003070046", date(1990, 3, 8)))
    )
    assert not {*keys_of(by_id), *keys_of(by_birth)} & {*keys_of(other_id), *keys_of(other_birth)}
    assert not set(by_id.parts) & set(by_birth.parts)


def test_without_a_name_of_two_characters_there_is_no_form() -> None:
    assert person_forms(None, WHOLE, BIRTH, TOKENISER) == person_forms("王", WHOLE, BIRTH, TOKENISER) == []


def test_words_are_the_parts_of_a_latin_name() -> None:
    assert name_parts("Smith, JOHN  Q.") == ["smith", "john", "q"]
    assert shared_keys("John Q Smith", "John Smith")


def test_an_address_with_the_town_before_it_shares_a_key_and_is_as_similar_as_can_be() -> None:
    (one,), (other,) = (address_forms(text, TOKENISER) for text in ("青岛香港中路10号501", "香港中路10号501室"))
    assert set(keys_of(one)) & set(keys_of(other))
    assert similarity("address", one.parts, other.parts) == 1.0


def test_nothing_raw_is_in_a_form() -> None:
    text = repr(person_forms("王小明", WHOLE, BIRTH, TOKENISER) + address_forms("香港中路10号501", TOKENISER))
    assert not set("王小明香港中路") & set(text)
    assert "1990" not in text
    assert "0038" not in text


def test_another_key_gives_another_form() -> None:
    other = Tokeniser(b"b-key-for-tests-of-32-bytes-0000")
    assert person_forms("王小明", WHOLE, BIRTH, TOKENISER) != person_forms("王小明", WHOLE, BIRTH, other)
