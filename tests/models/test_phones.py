import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.phones import normalise_phone, read_phone

REFERENCE = phonenumbers.PhoneNumberFormat.E164


def parsed(raw: str) -> phonenumbers.PhoneNumber:
    return phonenumbers.parse(raw, "CN")


@given(st.from_regex(r"((\+|00)?86[ -]?)?1[3-9]([ -]?[0-9]){9}", fullmatch=True))
@example("0086 179-5100-0000")
@example("17951000000")
def test_the_short_cut_for_mobiles_says_what_libphonenumber_says(raw: str) -> None:
    reference = parsed(raw)
    phone = normalise_phone(raw)
    assert phone == phonenumbers.format_number(reference, REFERENCE)
    facts = read_phone(phone)
    assert facts.valid is phonenumbers.is_valid_number(reference)
    assert (facts.mobile is True) is (phonenumbers.number_type(reference) == phonenumbers.PhoneNumberType.MOBILE)


def test_whether_a_mobile_is_valid_is_told_by_its_first_seven_digits() -> None:
    for prefix in range(1300, 2000):
        for rest in ("0000000", "0530001", "9999999"):
            phone = f"+86{prefix}{rest}"
            assert read_phone(phone).valid is phonenumbers.is_valid_number(parsed(phone)), phone


@given(st.from_regex(r"0[1-9]([ -]?[0-9]){8,10}", fullmatch=True))
@example("053212345678")
@example("01012345678")
def test_the_short_cut_for_fixed_lines_says_what_libphonenumber_says(raw: str) -> None:
    assert normalise_phone(raw) == phonenumbers.format_number(parsed(raw), REFERENCE)


@pytest.mark.parametrize(
    "raw",
    [
        "13800000001",
        "138 0000 0001",
        "138-0000-0001",
        "+8613800000001",
        "+86 138 0000 0001",
        "008613800000001",
        "8613800000001",
        "(+86) 13800000001",
        "tel:+86-138-0000-0001",
        "13800000001",
        "+86\u300013800000001",
        "١٣٨٠٠٠٠٠٠٠١",
        "13800000001\u200b",
    ],
)
def test_one_mobile_has_one_spelling(raw: str) -> None:
    assert normalise_phone(raw) == "+8613800000001"


def test_an_extension_is_left_out() -> None:
    assert normalise_phone("0532-12345678 ext. 801") == "+8653212345678"


def test_a_foreign_number_keeps_its_country() -> None:
    assert normalise_phone("+852 5123 4567") == "+85251234567"
    assert normalise_phone("0085251234567") == "+85251234567"
    assert read_phone("+85251234567") == (True, True, "81", None, None)


@pytest.mark.parametrize("raw", ["", " ", "-", "无", "abc", "1" * 40, "138****0001", "138****0001"])
def test_what_is_no_number_or_masked_is_missing(raw: str) -> None:
    assert normalise_phone(raw) is None


def test_a_phone_that_could_not_be_normalised_is_invalid() -> None:
    assert read_phone(None) == (False, None, None, None, None)


def test_a_mobile_tells_its_segment_and_where_it_was_sold() -> None:
    assert read_phone("+8613800000001") == (True, True, "11", "138", False)


def test_a_fixed_line_is_valid_but_no_mobile() -> None:
    assert read_phone("+8653212345678") == (True, False, "37", None, None)


def test_a_mobile_of_a_segment_never_given_out_is_invalid() -> None:
    assert read_phone("+8615400000000") == (False, None, None, "154", False)


def test_a_number_too_short_for_any_line_is_invalid() -> None:
    assert read_phone("+86123") == (False, None, None, None, None)


@pytest.mark.parametrize("segment", ["162", "165", "167", "170", "171"])
def test_virtual_operators_are_known_by_their_segment(segment: str) -> None:
    facts = read_phone(f"+86{segment}00000000")
    assert (facts.valid, facts.virtual_operator) == (True, True)


@given(st.text(max_size=30))
def test_normalising_again_changes_nothing_and_any_number_can_be_read(raw: str) -> None:
    phone = normalise_phone(raw)
    read_phone(phone)
    if phone is not None:
        assert normalise_phone(phone) == phone
