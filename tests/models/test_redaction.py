import pytest

from models.redaction import redact


@pytest.mark.parametrize(
    "personal",
    [
        "13800000001",
        "138 0000 0001",
        "138-0000-0001",
        "13800000001",
        "110101199003070038",
        "11010519491231002X",
        "6222020200000000001",
        "zhang.san+loan@example.com",
    ],
)
def test_phones_ids_cards_and_mails_are_taken_out_of_free_text(personal: str) -> None:
    assert redact(f"电话 {personal} 同案") == "电话 […] 同案"


def test_the_entrys_own_value_is_taken_out_whatever_it_is() -> None:
    assert redact("employer 青岛某某公司 does not exist", "青岛某某公司", None) == "employer […] does not exist"


@pytest.mark.parametrize("text", ["case 2026-0105-0012", "12345678901234", "3 claims in 2025", "overdue 90 days"])
def test_case_numbers_and_counts_stay(text: str) -> None:
    assert redact(text, "d-1") == text


def test_missing_text_stays_missing() -> None:
    assert redact(None, "13800000001") is None
