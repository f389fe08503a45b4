"""The compiled trees answer as river's do."""

from __future__ import annotations

import random
from typing import Any

from river.anomaly import HalfSpaceTrees

from models.scoring.half_space_trees import CompiledTrees

NAMES = ("amount", "age", "shared", "missing")
WINDOW = 250


def river_trees(seed: int) -> Any:
    return HalfSpaceTrees(seed=seed)


def point(chance: random.Random) -> dict[str, float]:
    return {name: min(1.0, abs(chance.gauss(0.4, 0.15))) for name in NAMES[:-1]} | {
        "missing": chance.choice((0.0, 1.0))
    }


def test_every_score_is_that_of_rivers_trees_through_several_windows() -> None:
    ours, rivers, chance = CompiledTrees(NAMES, seed=5), river_trees(5), random.Random(6)
    for _ in range(4 * WINDOW + 3):
        here = point(chance)
        leaves = ours.find(tuple(here.values()))
        assert ours.score(leaves) == rivers.score_one(here)
        ours.learn(leaves)
        rivers.learn_one(here)


def test_a_corner_that_nobody_was_near_scores_as_rivers_do() -> None:
    ours, rivers, chance = CompiledTrees(NAMES, seed=7), river_trees(7), random.Random(8)
    for _ in range(WINDOW):
        here = point(chance)
        ours.learn(ours.find(tuple(here.values())))
        rivers.learn_one(here)
    for corner in (dict.fromkeys(NAMES, 0.0), dict.fromkeys(NAMES, 1.0)):
        assert ours.score(ours.find(tuple(corner.values()))) == rivers.score_one(corner) > 0.5
