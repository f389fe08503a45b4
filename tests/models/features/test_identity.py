from typing import Any

import pytest

from models.enrichment import PersonCounts
from models.facts import IdentityFacts
from tests.builders import application
from tests.builders_network import features_of, observation, velocity

WINDOWS = [1, 2, 3, 4, 5]


def of_identity(**fields: Any) -> dict[str, float | None]:
    return features_of(application(identity=IdentityFacts(**fields)))


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("id_valid", "id_invalid"),
        ("phone_valid", "phone_invalid"),
        ("card_luhn", "card_luhn_failed"),
        ("name_cjk", "name_not_cjk"),
    ],
)
def test_a_check_that_failed_is_one_that_passed_is_zero_and_that_was_not_made_is_missing(field: str, name: str) -> None:
    assert [of_identity(**{field: value})[name] for value in (False, True, None)] == [1, 0, None]


@pytest.mark.parametrize(
    ("field", "name"),
    [("virtual_operator", "phone_virtual_operator"), ("email_free", "email_free")]
    + [(name, name) for name in ("contact_is_self", "contact_same_name", "employer_phone_is_own")],
)
def test_a_sign_is_one_or_zero_or_missing(field: str, name: str) -> None:
    assert [of_identity(**{field: value})[name] for value in (True, False, None)] == [1, 0, None]


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("age_years", "age_years"),
        ("email_digits_share", "email_digits_share"),
        ("name_length", "name_length"),
        ("contacts", "contacts_count"),
        ("contact_relations", "contact_relations"),
    ],
)
def test_a_number_is_passed_on(field: str, name: str) -> None:
    assert [of_identity(**{field: value})[name] for value in (2, 0, None)] == [2, 0, None]


@pytest.mark.parametrize(
    ("id_province", "phone_province", "differs"),
    [("37", "37", 0), ("37", "11", 1), (None, "11", None), ("37", None, None)],
)
def test_regions_differ_only_when_both_are_known(
    id_province: str | None, phone_province: str | None, differs: float | None
) -> None:
    assert of_identity(id_province=id_province, phone_province=phone_province)["id_phone_region_differs"] == differs


def test_what_the_person_did_is_counted_in_its_window() -> None:
    ones = [1] * 5
    person = PersonCounts(ones, ones, profiles=WINDOWS, bank_cards=ones, merchants=ones, refused=[0, 0, 6, 7, 8])
    features = features_of(application(), observation(person=person, resubmissions=2))
    assert features["id_profiles_90d"] == 5
    assert features["applicant_refused_30d"] == 7
    assert features["application_resubmissions"] == 2


def test_a_phone_that_others_name_and_a_contact_who_applies_are_counted_apart() -> None:
    answer = observation(
        velocity=[
            velocity("phone", WINDOWS, as_phone=[0, 0, 0, 0, 3]),
            velocity("contact_phone", WINDOWS, as_phone=[0, 0, 0, 0, 1]),
            velocity("contact_phone", WINDOWS, as_phone=[0, 0, 0, 0, 2]),
            velocity("profile", WINDOWS, applicants=[1, 1, 1, 1, 4]),
        ]
    )
    features = features_of(application(), answer)
    assert features["phone_named_by_others_90d"] == 3
    assert features["contact_applies_90d"] == 2
    assert features["profile_applicants_90d"] == 4


def test_without_contacts_nobody_can_say_whether_they_apply() -> None:
    assert features_of(application(), observation())["contact_applies_90d"] is None
