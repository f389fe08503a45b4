import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from models.text import without_punctuation

FOLDED = "0123456789abcdefghijklmnopqrstuvwxyz" + "".join(map(chr, range(0x4E00, 0xA000)))


def test_what_takes_the_short_cut_has_no_other_form() -> None:
    assert unicodedata.normalize("NFKC", FOLDED.lower()) == FOLDED
    assert FOLDED.isalnum()


@given(st.text(st.sampled_from(FOLDED), max_size=40), st.sampled_from(["", " ", "·", "A", "①", "豈", "e\u0301"]))
def test_the_short_cut_says_what_folding_says(text: str, other: str) -> None:
    assert without_punctuation(text) == text
    assert without_punctuation(f"{text}(") == text
    assert without_punctuation(text + other) == text + without_punctuation(other)
