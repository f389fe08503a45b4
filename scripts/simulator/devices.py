"""Phones people apply with.

Models and their shares are made up, in the shape of the market: the most popular one is in every tenth hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import NamedTuple

MODELS = {
    "ios": tuple(f"iPhone{number},{variant}" for number in (13, 14, 15, 16, 17) for variant in (1, 2, 3)),
    "android": tuple(f"{maker}-{number}" for maker in ("HW", "XM", "OP", "VV", "HN", "RM") for number in range(1, 7)),
}
POPULARITY = tuple(1 / rank**0.7 for rank in range(1, 1 + max(map(len, MODELS.values()))))
"""Relative, by a model's place in its list: sales of phones have a long tail, as in Zipf's law."""


@dataclass
class Handset:
    device_id: str
    os: str
    rooted: bool = False
    emulator: bool = False
    hooked: bool = False
    vpn: bool = False
    model: str = ""
    """Given by the id when nothing else says so; stays when the id is reset."""

    def __post_init__(self) -> None:
        if not self.model:
            self.model = _model(self.device_id, self.os)


class Form(NamedTuple):
    """How the application form was filled."""

    fill_ms: int
    paste_count: int


def device_id(rng: Random) -> str:
    return f"d-{rng.getrandbits(64):016x}"


def _model(name: str, os: str) -> str:
    models = MODELS[os]
    return Random(name).choices(models, POPULARITY[: len(models)])[0]


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


def filled_by_helper(rng: Random) -> Form:
    """A minute or so, by somebody who does it all day and pastes names and numbers from a list."""
    return Form(rng.randint(45_000, 110_000), rng.randint(1, 4))
