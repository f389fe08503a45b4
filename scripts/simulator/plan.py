"""Who is in the stream: how many groups of which typology, of what size, and when."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from scripts.simulator.fraud import FRAUD, SHIFT
from scripts.simulator.honest import ALONE, HONEST
from scripts.simulator.timeline import HONEST_HOURS, HOUR_S, Window, part_of, pick_time
from scripts.simulator.typology import Typology

FEWEST_IN_A_LOOK_ALIKE_GROUP = 2
SHIFT_SHARE = 0.3
"""Of the fraud from the shift on."""


class Group(NamedTuple):
    """People whose story is told together: a ring, a dormitory, or somebody alone."""

    number: int
    typology: Typology
    size: int
    fraud: bool
    window: Window
    """Its applications are in here."""


def plan_groups(
    rng: Random, applications: int, fraud_share: float, span: Window, shift_at: float | None = None
) -> list[Group]:
    """Groups with exactly `applications` applications in all, `fraud_share` of them (rounded) fraudulent.

    In the order of their windows' starts. Rings take turns by typology, so that each typology occurs once before any
    occurs twice; the last ring is only as large as what is left. From `shift_at` (0 to 1, a share of the span) on some
    of the fraud is of the typology `SHIFT`, which does not occur otherwise.
    """
    fraudulent = round(applications * fraud_share)
    shifted = 0 if shift_at is None else round(fraudulent * SHIFT_SHARE * (1 - shift_at))
    rings = _rings(rng, fraudulent - shifted, FRAUD) + _rings(rng, shifted, (SHIFT,))
    after_shift = Window(span.start + (shift_at or 0.0) * span.length_s, span.end)
    crowd = _honest_groups(rng, applications - fraudulent)
    cast = [(typology, size, True) for typology, size in rings] + [(typology, size, False) for typology, size in crowd]
    rng.shuffle(cast)
    groups = [
        Group(number, typology, size, fraud, _window(rng, typology, after_shift if typology is SHIFT else span))
        for number, (typology, size, fraud) in enumerate(cast, 1)
    ]
    return sorted(groups, key=lambda group: group.window.start)


def _rings(rng: Random, fraudulent: int, typologies: Sequence[Typology]) -> list[tuple[Typology, int]]:
    rings: list[tuple[Typology, int]] = []
    turns: list[Typology] = []
    left = fraudulent
    while left > 0:
        turns = [typology for typology in turns if typology.sizes[0] <= left]
        if not turns:
            turns = [typology for typology in typologies if typology.sizes[0] <= left]
            rng.shuffle(turns)
        typology = turns.pop()
        size = min(left, rng.randint(*typology.sizes))
        rings.append((typology, size))
        left -= size
    return rings


def _honest_groups(rng: Random, honest: int) -> list[tuple[Typology, int]]:
    groups: list[tuple[Typology, int]] = []
    left = honest
    for typology in HONEST:
        quota = round(honest * typology.share)
        while quota >= FEWEST_IN_A_LOOK_ALIKE_GROUP:
            size = min(quota, rng.randint(*typology.sizes))
            groups.append((typology, size))
            quota -= size
            left -= size
    return groups + [(ALONE, 1)] * left


def _window(rng: Random, typology: Typology, span: Window) -> Window:
    if typology is ALONE:
        at = pick_time(rng, span, HONEST_HOURS)
        return Window(at, at)
    return part_of(rng, span, rng.uniform(*typology.spread_h) * HOUR_S)
