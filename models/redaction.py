"""Free text that people write about a blacklist entry may quote the very data that may not pass the edge."""

from __future__ import annotations

import re
from functools import lru_cache

from models.text import compatible

REDACTED = "[…]"

_PERSONAL = re.compile(
    r"""
      (?<![0-9]) 1[3-9][0-9] [ -]? [0-9]{4} [ -]? [0-9]{4} (?![0-9])   # a mobile number
    | (?<![0-9]) (?: [0-9]{17}[0-9Xx] | [0-9]{15,19} ) (?![0-9])       # an ID number or a bank card
    | [^\s@<>,;:]+ @ [^\s@<>,;:]+ \. [A-Za-z]{2,}                      # an e-mail address
    """,
    re.VERBOSE,
)


def redact(text: str | None, *values: str | None) -> str | None:
    """The text in NFKC without the given raw values, and without mobile numbers, ID and card numbers and e-mails."""
    if text is None:
        return None
    text = compatible(text)
    for value in values:
        if value is not None:
            text = text.replace(compatible(value), REDACTED)
    return _without_numbers(text)


@lru_cache(maxsize=1_024)
def _without_numbers(text: str) -> str:
    """Many entries say the same."""
    return _PERSONAL.sub(REDACTED, text)
