"""People: every number is valid by its own rules."""

from collections import Counter
from dataclasses import replace
from datetime import date
from random import Random

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.simulator.cities import CITIES, City
from scripts.simulator.devices import Handset, ordinary_handset
from scripts.simulator.people import bank_card, id_check_digit, id_number, luhn_digit, mobile_phone, ordinary_person
from scripts.simulator.world import landline, the_world

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("first_17", "digit"),
    [("11010519491231002", "X"), ("44052418800101001", "4"), ("11010119900307003", "8")],
)
def test_id_check_digits_are_those_of_the_standard(first_17: str, digit: str) -> None:
    assert id_check_digit(first_17) == digit


@pytest.mark.parametrize(
    ("digits", "digit"), [("7992739871", "3"), ("411111111111111", "1"), ("622848040256489001", "8")]
)
def test_luhn_digits_are_those_of_known_numbers(digits: str, digit: str) -> None:
    assert luhn_digit(digits) == digit


def _luhn_holds(number: str) -> bool:
    digits = [int(digit) for digit in number]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


@given(st.randoms(use_true_random=False))
def test_cards_pass_luhn_and_have_their_issuers_length(rng: Random) -> None:
    card = bank_card(rng)
    assert len(card) in (16, 19)
    assert _luhn_holds(card)


@given(st.randoms(use_true_random=False), st.sampled_from(CITIES), st.dates(date(1966, 1, 1), date(2008, 11, 24)))
def test_id_numbers_carry_region_birthday_and_a_valid_check_digit(rng: Random, city: City, born: date) -> None:
    number = id_number(rng, city, born)
    assert number[:6] in {code for code, _ in city.districts}
    assert number[6:14] == f"{born:%Y%m%d}"
    weights = [2 ** (17 - place) % 11 for place in range(18)]
    values = [10 if character == "X" else int(character) for character in number]
    assert sum(value * weight for value, weight in zip(values, weights, strict=True)) % 11 == 1


@given(st.randoms(use_true_random=False), st.sampled_from([0.0, 1.0]))
def test_mobile_numbers_are_assigned_ones(rng: Random, virtual_share: float) -> None:
    number = phonenumbers.parse(mobile_phone(rng, virtual_share=virtual_share), "CN")
    assert phonenumbers.is_valid_number(number)
    assert phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE


@pytest.mark.parametrize("city", CITIES, ids=lambda city: city.area_code)
def test_employers_numbers_are_valid_landlines(city: City) -> None:
    rng = Random(1)
    for _ in range(20):
        number = phonenumbers.parse(landline(rng, city), "CN")
        assert phonenumbers.is_valid_number(number)


def test_people_are_adults_of_working_age() -> None:
    rng = Random(3)
    for _ in range(500):
        person = ordinary_person(rng, the_world(), TODAY)
        age_days = (TODAY - date.fromisoformat(person.id_number[6:14])).days
        assert 20 * 365 <= age_days <= 57 * 366


def test_some_people_leave_out_what_is_optional() -> None:
    rng = Random(4)
    people = [ordinary_person(rng, the_world(), TODAY) for _ in range(300)]
    for optional in ("email", "bank_card", "employer"):
        given_by = sum(getattr(person, optional) is not None for person in people)
        assert 0 < given_by < len(people)
    assert {len(person.contacts) for person in people} == {0, 1, 2, 3}


def test_the_most_popular_phone_is_in_every_tenth_hand_or_so() -> None:
    rng = Random(5)
    models = Counter(ordinary_handset(rng).model for _ in range(4_000))
    (_, most), *_ = models.most_common(1)
    assert 0.05 < most / 4_000 < 0.2
    assert len(models) > 30


def test_a_phones_model_stays_when_its_id_is_reset() -> None:
    phone = ordinary_handset(Random(6))
    assert replace(phone, device_id="d-new").model == phone.model
    assert Handset(phone.device_id, phone.os).model == phone.model
