"""The province of an ID number and of a phone number, as the two-digit code of GB/T 2260 ("37" is Shandong).

Phones are placed by the offline geocoding data of libphonenumber: mobiles by their first seven digits, where the number
was first sold; fixed lines by their area code.
"""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_left
from functools import lru_cache
from importlib import import_module

PROVINCES: dict[str, str] = {
    "Beijing": "11",
    "Tianjin": "12",
    "Hebei": "13",
    "Shanxi": "14",
    "Inner Mongolia": "15",
    "Liaoning": "21",
    "Jilin": "22",
    "Heilongjiang": "23",
    "Shanghai": "31",
    "Jiangsu": "32",
    "Zhejiang": "33",
    "Anhui": "34",
    "Fujian": "35",
    "Jiangxi": "36",
    "Shandong": "37",
    "Henan": "41",
    "Hubei": "42",
    "Hunan": "43",
    "Guangdong": "44",
    "Guangxi": "45",
    "Hainan": "46",
    "Chongqing": "50",
    "Sichuan": "51",
    "Guizhou": "52",
    "Yunnan": "53",
    "Tibet": "54",
    "Shaanxi": "61",
    "Gansu": "62",
    "Qinghai": "63",
    "Ningxia": "64",
    "Xinjiang": "65",
    "Taiwan": "71",
    "Hong Kong": "81",
    "Macao": "82",
}
"""Name as the geocoding data has it -> code of GB/T 2260."""

_CODES = frozenset(PROVINCES.values())
_TAIWAN_RESIDENCE_PERMIT = "83"
_PERMANENT_RESIDENT = "9"
_COUNTRY_CODES = {"+852": "81", "+853": "82", "+886": "71"}
_MAINLAND = "+86"
_PREFIX_DIGITS = 7
"""No entry of the data for +86 looks at more digits of the national number."""


def province_of_id_number(id_number: str) -> str | None:
    """Province of a normalised 18-character ID number, or None for another document or an unknown code.

    Foreign permanent residents' numbers begin with 9 and have the province after it; the residence permits of
    people from Hong Kong, Macao and Taiwan begin with 81, 82 and 83.
    """
    if len(id_number) != 18:
        return None
    code = id_number[1:3] if id_number[0] == _PERMANENT_RESIDENT else id_number[:2]
    if code == _TAIWAN_RESIDENCE_PERMIT:
        return PROVINCES["Taiwan"]
    return code if code in _CODES else None


def province_of_phone(phone: str) -> str | None:
    """Province of a valid number in E.164, or None for a number that has none (a service number, abroad)."""
    if phone.startswith(_MAINLAND):
        return _province_of_prefix(phone[3 : 3 + _PREFIX_DIGITS])
    return _COUNTRY_CODES.get(phone[:4])


def _mainland_prefixes() -> tuple[array[int], tuple[str | None, ...]]:
    """National prefixes, ascending, and the province of each.

    The package's data for the whole world takes 100 MB once imported; of that, a process keeps one.
    """
    package = "phonenumbers.geodata"
    world: dict[str, dict[str, str]] = import_module(package).GEOCODE_DATA
    digits = len(_MAINLAND) - 1
    places = sorted((int(key[digits:]), names.get("en", "")) for key, names in world.items() if key[:digits] == "86")
    for name in [name for name in sys.modules if name.startswith(package)]:
        del sys.modules[name]
    del sys.modules["phonenumbers"].geodata
    provinces = {place: PROVINCES.get(place.rpartition(", ")[2]) for place in {place for _, place in places}}
    return array("I", [prefix for prefix, _ in places]), tuple(provinces[place] for _, place in places)


_PREFIXES, _PREFIX_PROVINCES = _mainland_prefixes()


@lru_cache(maxsize=16_384)
def _province_of_prefix(prefix: str) -> str | None:
    """By the longest entry that the number begins with, as `phonenumbers.geocoder` does."""
    for length in range(len(prefix), 0, -1):
        number = int(prefix[:length])
        place = bisect_left(_PREFIXES, number)
        if place < len(_PREFIXES) and _PREFIXES[place] == number:
            return _PREFIX_PROVINCES[place]
    return None
