"""A Chinese address as what stays the same however it is written: the numbers in it, and the words before them."""

from __future__ import annotations

import re
from typing import NamedTuple

from models.near.form import PARTS_MAX
from models.text import compatible

_DIGITS = {character: value for value, character in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_CHINESE_NUMBER = re.compile(r"[〇零一二两三四五六七八九十百]+(?=号|號|#|楼|栋|幢|座|单元|室|层|弄|巷|户)")
_UNITS = re.compile(r"号楼|號樓|号院|号|號|楼|栋|幢|座|单元|室|层|弄|户|房|门")
_NUMBER = re.compile(r"[0-9a-z]+")
_NOT_WORDS = re.compile(r"[\W_0-9a-z]+")
_TOWN = re.compile(
    r"(?:中国)?"
    r"(?:.{2,6}?(?:省|自治区|特别行政区))?"
    r"(?:.{1,7}?(?:自治州|地区|市|盟))?"
    r"(?:.{1,5}?(?:(?<![小社园校厂景库片])区|县|旗|市))?"
)
"""Province, city and district at the beginning; not the ending of an estate (`阳光小区`)."""
_LEAST_WORDS = 2


class Place(NamedTuple):
    """What two spellings of an address share."""

    numbers: str
    """Of house, building, unit and room, in rising order, as one text: some write the room first."""
    words: list[str]
    """The last characters of street or estate, in order."""


def read_address(raw: str) -> Place | None:
    """None when there is no number in it, or no word but the town's: then nothing else tells it from its neighbours."""
    text = compatible(raw).lower()
    text = _CHINESE_NUMBER.sub(lambda match: str(_value(match.group())), text)
    numbers = sorted(number.lstrip("0") or "0" for number in _NUMBER.findall(text))
    words = _NOT_WORDS.sub("", _UNITS.sub("", text))
    town = _TOWN.match(words)
    words = words[town.end() :] if town is not None else words
    if not numbers or len(words) < _LEAST_WORDS:
        return None
    return Place("-".join(numbers), list(words[-PARTS_MAX:]))


def _value(text: str) -> int:
    """A Chinese number below a thousand; digits one after the other (`五〇一`) are read as such."""
    if not re.search("[十百]", text):
        return int("".join(str(_DIGITS[character]) for character in text))
    total, digit = 0, 0
    for character in text:
        if character == "百":
            total, digit = total + (digit or 1) * 100, 0
        elif character == "十":
            total, digit = total + (digit or 1) * 10, 0
        else:
            digit = _DIGITS[character]
    return total + digit
