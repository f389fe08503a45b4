import subprocess
import sys
from typing import Any

import pytest
from phonenumbers import PhoneMetadata, PhoneNumber, geocoder
from phonenumbers.geodata import GEOCODE_DATA

from models.regions import PROVINCES, province_of_id_number, province_of_phone


@pytest.mark.parametrize("code", sorted(PROVINCES.values()))
def test_an_id_number_begins_with_its_province(code: str) -> None:
    assert province_of_id_number(f"{code}0101199003070038") == code


def test_a_code_that_no_province_has_is_unknown() -> None:
    assert province_of_id_number("000101199003070038") is None
    assert province_of_id_number("990101199003070038") is None


def test_a_taiwan_residence_permit_is_from_taiwan() -> None:
    assert province_of_id_number("830000199003070038") == "71"


def test_a_permanent_residents_number_has_the_province_after_the_nine() -> None:
    assert province_of_id_number("931840199003070038") == "31"


def test_another_document_tells_no_province() -> None:
    assert province_of_id_number("110101199") is None


@pytest.mark.parametrize(
    ("phone", "code"),
    [
        ("+8613800000001", "11"),
        ("+8613000000000", "37"),
        ("+8653212345678", "37"),
        ("+861012345678", "11"),
        ("+862112345678", "31"),
        ("+8647112345678", "15"),
        ("+8689112345678", "54"),
        ("+8699112345678", "65"),
        ("+85251234567", "81"),
        ("+85366123456", "82"),
        ("+886912345678", "71"),
    ],
)
def test_a_phone_belongs_to_a_province(phone: str, code: str) -> None:
    assert province_of_phone(phone) == code


@pytest.mark.parametrize("phone", ["+864001234567", "+12025550123", "+86123"])
def test_a_service_or_foreign_number_belongs_to_none(phone: str) -> None:
    assert province_of_phone(phone) is None


def test_the_province_of_a_mobile_is_that_of_the_geocoder() -> None:
    for prefix in (*range(1300000, 2000000, 977), *range(1380000, 1381000)):
        place = geocoder.description_for_valid_number(PhoneNumber(86, prefix * 10_000), "en")
        assert province_of_phone(f"+86{prefix}0000") == PROVINCES.get(place.rpartition(", ")[2]), prefix


def test_every_mainland_place_of_the_geocoding_data_lies_in_a_province() -> None:
    places = {place["en"] for prefix, place in GEOCODE_DATA.items() if prefix.startswith("86") and "en" in place}
    assert len(places) > 300
    assert {place for place in places if place.rpartition(", ")[2] not in PROVINCES} <= {"Taiwan"}
    assert max(len(prefix) for prefix in GEOCODE_DATA if prefix.startswith("86")) == len("86") + 7


def test_the_province_of_any_mainland_number_is_that_of_the_longest_entry_it_begins_with() -> None:
    entries = {prefix.removeprefix("86"): names.get("en", "") for prefix, names in GEOCODE_DATA.items()
               if prefix.startswith("86")}  # fmt: skip
    assert len(entries) > 100_000
    for number, entry in enumerate(entries):
        if len(entry) == 7 and number % 10:
            continue
        for digits in (entry.ljust(7, "0"), entry.ljust(7, "9")):
            longest = next(digits[:length] for length in range(7, 0, -1) if digits[:length] in entries)
            assert province_of_phone(f"+86{digits}0") == PROVINCES.get(entries[longest].rpartition(", ")[2]), digits


def test_no_valid_mainland_number_is_shorter_than_what_tells_its_province() -> None:
    mainland: Any = PhoneMetadata.metadata_for_region("CN")
    assert min(mainland.general_desc.possible_length) >= 7


def test_the_geocoding_data_of_the_whole_world_is_not_kept() -> None:
    program = "import sys, models.regions; sys.exit('phonenumbers.geodata' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
