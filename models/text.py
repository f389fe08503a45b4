"""Text made comparable: the same words typed with another keyboard, case or spacing become the same string.

Both foldings normalise before and after they take characters out, so that doing it again changes nothing.
"""

from __future__ import annotations

import re
import unicodedata

_NOT_ALPHANUMERIC = re.compile(r"[\W_]+")
_WHITE_SPACE = re.compile(r"\s+")
_FOLDED = re.compile("[0-9a-z\u4e00-\u9fff]+")
"""What folding would leave as it is, and most names and addresses are: digits, small letters, common ideographs."""


def compatible(text: str) -> str:
    """Unicode NFKC: full-width letters and digits become plain ones."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


def without_punctuation(text: str) -> str:
    """NFKC, lower case, letters and digits of any script only: no spaces, no punctuation, nothing invisible."""
    if _FOLDED.fullmatch(text):
        return text
    return compatible(_NOT_ALPHANUMERIC.sub("", compatible(compatible(text).lower())))


def without_spaces(text: str) -> str:
    """NFKC, lower case, without white space."""
    return compatible(_WHITE_SPACE.sub("", compatible(compatible(text).lower())))
