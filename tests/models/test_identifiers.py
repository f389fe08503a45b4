import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from typing import get_args

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.events import ListedKind
from models.facts import IdentifierKind
from models.identifiers import RawKind, Tokeniser, normalise, normalise_name, passes_luhn, profile

KEY = b"a key for tests, of 32 bytes ..."
RAW_KINDS = get_args(RawKind)


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        ("id_number", " 11010519491231002x", "11010519491231002X"),
        ("phone", "+86 138-0000-0001", "+8613800000001"),
        ("contact_phone", "008613800000001", "+8613800000001"),
        ("bank_card", "6222 0202 0000-0000 001", "6222020200000000001"),
        ("email", " Zhang.San+Loan@Gmail.COM ", "zhang.san+loan@gmail.com"),
        ("email", "zhang@qq.com", "zhang@qq.com"),
        ("address", "山东省 青岛市,市南区·香港中路 10 号 A座", "山东省青岛市市南区香港中路10号a座"),
        ("employer", "青岛(某某)科技有限公司", "青岛某某科技有限公司"),
        ("employer", "ACME Co., Ltd.", "acmecoltd"),
        ("device_id", "d-1:AB", "d-1:AB"),
        ("ip", "::ffff:203.0.113.9", "203.0.113.9"),
        ("face_id", "f-1", "f-1"),
        ("merchant_id", " M-7", "M-7"),
        ("store_id", "S-7-1", "S-7-1"),
        ("sales_rep_id", "R-7-1-3\n", "R-7-1-3"),
    ],
)
def test_each_kind_has_one_spelling(kind: RawKind, raw: str, value: str) -> None:
    assert normalise(kind, raw) == value


@pytest.mark.parametrize("kind", RAW_KINDS)
@pytest.mark.parametrize("raw", ["", "  ", "\u3000"])
def test_a_value_of_nothing_but_spaces_is_missing(kind: RawKind, raw: str) -> None:
    assert normalise(kind, raw) is None


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        ("bank_card", "6222 **** **** 0001"),
        ("bank_card", "6222***0001"),
        ("email", "z***@qq.com"),
        ("phone", "138****0001"),
        ("bank_card", "none"),
        ("address", "——"),
        ("ip", "unknown"),
    ],
)
def test_a_masked_or_empty_value_identifies_nobody(kind: RawKind, raw: str) -> None:
    assert normalise(kind, raw) is None


def test_every_kind_that_can_be_listed_can_be_normalised() -> None:
    assert set(get_args(ListedKind)) <= set(RAW_KINDS)


@given(kind=st.sampled_from(RAW_KINDS), raw=st.text(max_size=40))
@example(kind="email", raw="A´")
@example(kind="id_number", raw="ῒ")
@example(kind="address", raw="ᄀ-ᅡ")
def test_normalising_again_changes_nothing(kind: RawKind, raw: str) -> None:
    value = normalise(kind, raw)
    if value is not None:
        assert normalise(kind, value) == value


@pytest.mark.parametrize("raw", ["阿卜杜拉·买买提", "阿卜杜拉•买买提", "阿卜杜拉 买买提", "阿卜杜拉‧买买提"])
def test_a_name_has_one_spelling_whatever_its_dots(raw: str) -> None:
    assert normalise_name(raw) == "阿卜杜拉买买提"


def test_a_profile_needs_both_name_and_phone() -> None:
    assert profile("张三", "+8613800000001") == "张三\0+8613800000001"
    assert profile(None, "+8613800000001") is None
    assert profile("张三", None) is None


def test_a_card_number_ends_in_its_luhn_digit() -> None:
    # The example of ISO/IEC 7812-1, annex B, and the number that Luhn's method is usually shown with
    assert passes_luhn("79927398713")
    assert passes_luhn("4111111111111111")
    assert not any(passes_luhn(f"7992739871{digit}") for digit in "012456789")


def test_a_token_is_22_characters_of_base64url() -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", Tokeniser(KEY).token("phone", "+8613800000001"))


@given(key=st.binary(min_size=1, max_size=100), kind=st.sampled_from(get_args(IdentifierKind)), value=st.text())
def test_a_token_is_the_hmac_of_kind_and_value_cut_to_128_bits(key: bytes, kind: IdentifierKind, value: str) -> None:
    domain = "phone" if kind == "contact_phone" else kind
    digest = hmac.new(key, f"{domain}\0{value}".encode(), hashlib.sha256).digest()
    assert Tokeniser(key).token(kind, value) == urlsafe_b64encode(digest[:16]).decode().rstrip("=")


def test_the_same_value_has_another_token_as_another_kind() -> None:
    tokeniser = Tokeniser(KEY)
    kinds = [kind for kind in get_args(IdentifierKind) if kind != "contact_phone"]
    assert len({tokeniser.token(kind, "1") for kind in kinds}) == len(kinds)


def test_a_contacts_phone_has_the_token_of_the_phone() -> None:
    tokeniser = Tokeniser(KEY)
    assert tokeniser.token_of_raw("contact_phone", "138 0000 0001") == tokeniser.token_of_raw("phone", "+8613800000001")


def test_another_key_gives_another_token() -> None:
    assert Tokeniser(KEY).token("phone", "+8613800000001") != Tokeniser(KEY[1:]).token("phone", "+8613800000001")


def test_a_remembered_token_is_the_same_token() -> None:
    tokeniser, other = Tokeniser(KEY), Tokeniser(KEY[1:])
    for _ in range(2):
        assert tokeniser.recurring_token("merchant_id", "M-7") == tokeniser.token("merchant_id", "M-7")
        assert other.recurring_token("merchant_id", "M-7") == other.token("merchant_id", "M-7")


def test_a_missing_value_has_no_token() -> None:
    assert Tokeniser(KEY).token_of_raw("ip", "unknown") is None


def test_a_tokeniser_does_not_show_its_key() -> None:
    assert KEY.decode() not in repr(Tokeniser(KEY))
