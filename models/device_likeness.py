"""What makes two devices alike although their ids differ: one model and one system in one place.

A farm that resets the ids of its phones cannot reset what they are and where they lie. Neither can an honest person, so
the likeness is a weak sign: `models.link_weights` says how little it weighs, and the policy asks for a second one.
"""

from __future__ import annotations

from functools import lru_cache

from models.facts import PlaceFacts
from models.ip_addresses import IpFacts
from models.text import without_punctuation

_OPERATING_SYSTEMS = (
    ("harmony", "harmonyos"),
    ("鸿蒙", "harmonyos"),
    ("android", "android"),
    ("ios", "ios"),
    ("iphone", "ios"),
    ("ipad", "ios"),
    ("win", "windows"),
    ("mac", "macos"),
    ("darwin", "macos"),
    ("linux", "linux"),
    ("ubuntu", "linux"),
)
"""How the text begins -> name; anything else is `other`."""


@lru_cache(maxsize=1_024)
def operating_system(text: str) -> str | None:
    """The family of a system: free text could carry anything past the edge, and a version changes overnight."""
    text = text.strip().lower()
    for beginning, name in _OPERATING_SYSTEMS:
        if text.startswith(beginning):
            return name
    return "other" if text else None


def guise(model: str | None, os: str | None) -> str | None:
    """The value behind a device's model and system; None when nobody told the model."""
    name = None if model is None else _model(model)
    if name is None:
        return None
    return f"{name}\0{(operating_system(os) if os else None) or ''}"


def alike(model: str | None, os: str | None, spot: PlaceFacts | None, ip: IpFacts | None) -> str | None:
    """The value behind the kind `device_like`: the guise with the cell of the place, or where that is not known with
    the address block, for a farm changes its addresses before its rooms. None when model or place is missing; an
    address that is not of the public Internet is no place. `spot` is a place that is sure of its cell."""
    what = guise(model, os)
    if what is None:
        return None
    if spot is not None and spot.gps_cell is not None:
        return f"{what}\0{spot.gps_cell}"
    return None if ip is None or ip.private else f"{what}\0{ip.block}"


@lru_cache(maxsize=4_096)
def _model(text: str) -> str | None:
    """NFKC, lower case, letters and digits only."""
    return without_punctuation(text) or None
