from datetime import date
from typing import Any

import msgspec
import pytest

from models.events import Applicant
from models.facts import IdentityFacts
from models.identity import identity_facts, normalise_applicant

TODAY = date(2026, 11, 24)


def facts(**fields: Any) -> IdentityFacts:
    raw = {"name": "张三", "id_number": "110101199003070038", "phone": "13800000001"} | fields
    applicant = msgspec.convert(raw, Applicant)
    return identity_facts(normalise_applicant(applicant), applicant.contacts, TODAY)


def contact(phone: str = "13900000002", **fields: Any) -> dict[str, Any]:
    return {"phone": phone} | fields


def test_the_required_identifiers_tell_age_sex_regions_and_name_shape() -> None:
    assert facts() == IdentityFacts(
        id_valid=True,
        age_years=36.0,
        male=True,
        id_province="11",
        phone_valid=True,
        phone_mobile=True,
        phone_province="11",
        phone_segment="138",
        virtual_operator=False,
        name_length=2,
        name_cjk=True,
    )


def test_the_age_is_a_float_so_that_it_reads_back_as_it_was_written() -> None:
    assert type(facts().age_years) is float


def test_an_unusable_phone_is_invalid_and_tells_nothing_else() -> None:
    identity = facts(phone="none")
    assert (identity.phone_valid, identity.phone_mobile, identity.phone_segment) == (False, None, None)


@pytest.mark.parametrize(
    ("name", "length", "cjk"),
    [
        ("张 三", 2, True),
        ("阿卜杜拉·买买提", 7, True),
        ("𠮷〇", 2, True),
        ("O'Neil", 5, False),
        ("张三A", 3, False),
        ("张三1", 3, False),
        ("--", None, None),
    ],
)
def test_a_name_has_a_length_and_a_script(name: str, length: int | None, cjk: bool | None) -> None:
    identity = facts(name=name)
    assert (identity.name_length, identity.name_cjk) == (length, cjk)


@pytest.mark.parametrize(
    ("email", "free", "digits"),
    [
        ("12345678@QQ.com", True, 1.0),
        ("ab12@example.com", False, 0.5),
        ("zhang@mail.qq.com", False, 0.0),
        ("not an address", None, None),
        ("@qq.com", None, None),
        (None, None, None),
    ],
)
def test_an_email_tells_its_provider_and_its_digits(email: str | None, free: bool | None, digits: float | None) -> None:
    identity = facts(email=email)
    assert (identity.email_free, identity.email_digits_share) == (free, digits)


@pytest.mark.parametrize(("card", "luhn"), [("4111 1111 1111 1111", True), ("4111111111111112", False), (None, None)])
def test_a_cards_luhn_digit_is_noted(card: str | None, luhn: bool | None) -> None:
    assert facts(bank_card=card).card_luhn is luhn


def test_missing_contacts_tell_nothing() -> None:
    identity = facts(contacts=None)
    assert (identity.contacts, identity.contact_relations, identity.contact_is_self) == (None, None, None)
    assert identity.contact_same_name is None


def test_an_empty_list_of_contacts_counts_zero() -> None:
    identity = facts(contacts=[])
    assert (identity.contacts, identity.contact_relations, identity.contact_is_self) == (0, None, None)


def test_relations_are_counted_once_each() -> None:
    contacts = [contact(relation="spouse"), contact(relation=" Spouse"), contact(relation="parent"), contact()]
    identity = facts(contacts=contacts)
    assert (identity.contacts, identity.contact_relations) == (4, 2)


def test_a_contact_with_the_applicants_phone_is_the_applicant() -> None:
    assert facts(contacts=[contact(), contact("+86 138-0000-0001")]).contact_is_self is True
    assert facts(contacts=[contact()]).contact_is_self is False
    assert facts(contacts=[contact("none")]).contact_is_self is None


def test_a_contact_with_the_applicants_name_is_noticed() -> None:
    assert facts(contacts=[contact(name="李四"), contact(name="张 三")]).contact_same_name is True
    assert facts(contacts=[contact(name="李四")]).contact_same_name is False
    assert facts(contacts=[contact()]).contact_same_name is None


def test_an_employer_on_the_applicants_or_a_contacts_phone_is_noticed() -> None:
    contacts = [contact("13900000002")]
    assert facts(employer={"phone": "138 0000 0001"}, contacts=contacts).employer_phone_is_own is True
    assert facts(employer={"phone": "+8613900000002"}, contacts=contacts).employer_phone_is_own is True
    assert facts(employer={"phone": "053212345678"}, contacts=contacts).employer_phone_is_own is False
    assert facts(employer={"name": "某某"}, contacts=contacts).employer_phone_is_own is None
    assert facts(employer={"phone": "none"}, phone="none").employer_phone_is_own is None
