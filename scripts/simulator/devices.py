"""Phones people apply with."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import NamedTuple


@dataclass
class Handset:
    device_id: str
    os: str
    rooted: bool = False
    emulator: bool = False
    hooked: bool = False
    vpn: bool = False


class Form(NamedTuple):
    """How the application form was filled."""

    fill_ms: int
    paste_count: int


def device_id(rng: Random) -> str:
    return f"d-{rng.getrandbits(64):016x}"


def ordinary_handset(rng: Random) -> Handset:
    """A person's own phone; a few are rooted or on a VPN for reasons of their owner's."""
    android = rng.random() < 0.72
    return Handset(
        device_id(rng),
        "android" if android else "ios",
        rooted=android and rng.random() < 0.015,
        vpn=rng.random() < 0.03,
    )


def filled_by_hand(rng: Random) -> Form:
    """One to ten minutes, the median near three."""
    return Form(int(min(600_000, max(60_000, rng.lognormvariate(12.1, 0.5)))), rng.choices((0, 1, 2), (80, 15, 5))[0])


def filled_by_machine(rng: Random) -> Form:
    """Two to six seconds, most fields pasted."""
    return Form(rng.randint(2_000, 6_000), rng.randint(3, 9))
