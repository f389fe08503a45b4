"""A typology: how one kind of group behaves, how large it is and how long it takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from scripts.simulator.draw import Draw, Story

ORDINARY = "none"
"""The typology of everybody that nothing is the matter with."""


class Typology(NamedTuple):
    name: str
    story: Callable[[Draw, int], Story]
    """(randomness, number of applications) -> what the group did, within the window of the randomness."""
    sizes: tuple[int, int]
    """Smallest and largest number of applications of one group."""
    spread_h: tuple[float, float]
    """Shortest and longest time from a group's first application to its last, in hours of event time."""
    share: float = 0.0
    """Of the honest applications. Rings are told by turns instead."""
