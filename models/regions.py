"""The province of an ID number and of a phone number, as the two-digit code of GB/T 2260 ("37" is Shandong).

Phones are placed by the offline geocoding data of libphonenumber: mobiles by their first seven digits, where the number
was first sold; fixed lines by their area code.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import phonenumbers

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
        digits = phone[3 : 3 + _PREFIX_DIGITS]
        if len(digits) < _PREFIX_DIGITS:
            return None
        return _PROVINCE_FROM[bisect_right(_BEGINNINGS, int(digits)) - 1]
    return _COUNTRY_CODES.get(phone[:4])


def _mainland() -> tuple[array[int], list[str | None]]:
    """The first seven digits where another province begins, ascending from 0; and which. The longest entry that a
    number begins with counts, as in `phonenumbers.geocoder`."""
    numbers = {name: number for number, name in enumerate(PROVINCES, 1)}
    province = np.zeros(10**_PREFIX_DIGITS, np.uint8)  # by seven digits, the number of their province; 0: none
    for digits, place in _places_of("86"):
        first, beyond = int(digits), 10 ** (_PREFIX_DIGITS - len(digits))
        province[first * beyond : (first + 1) * beyond] = numbers.get(place.rpartition(", ")[2], 0)
    beginnings = [0, *(np.flatnonzero(province[1:] != province[:-1]) + 1).tolist()]
    codes = [None, *PROVINCES.values()]
    return array("I", beginnings), [codes[province[each]] for each in beginnings]


def _places_of(country: str) -> Iterator[tuple[str, str]]:
    """The digits that a country's numbers begin with -> English name of the place, in order, so that a longer entry
    comes after what it begins with. File by file: to import `phonenumbers.geodata` is to keep 100 MB of all countries.
    """
    files = Path(phonenumbers.__file__).with_name("geodata").glob("data*.py")
    for file in sorted(files, key=lambda each: int(each.stem.removeprefix("data"))):
        spec = spec_from_file_location(f"phonenumbers.geodata.{file.stem}", file)
        if spec is None or spec.loader is None:
            raise ImportError(file.name)
        part = module_from_spec(spec)
        spec.loader.exec_module(part)
        for prefix, names in part.data.items():
            if prefix.startswith(country):
                yield prefix.removeprefix(country), names.get("en", "")


_BEGINNINGS, _PROVINCE_FROM = _mainland()
