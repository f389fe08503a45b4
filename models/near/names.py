"""A name as the parts that two spellings of it share: characters of a Chinese name, words of any other."""

from __future__ import annotations

import re

from models.near.form import PARTS_MAX
from models.text import compatible

_CJK = re.compile("[\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]")
_WORD = re.compile(r"[^\W_]+")


def name_parts(raw: str) -> list[str]:
    """The parts in the order written, without spaces, middle dots and masks: `王＊明` has two."""
    words: list[str] = _WORD.findall(compatible(raw).lower())
    parts = [part for word in words for part in (word if _CJK.search(word) else (word,))]
    return parts[:PARTS_MAX]
