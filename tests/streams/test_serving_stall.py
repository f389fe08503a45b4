"""Loading a model of hundreds of trees beside the decisions does not hold them up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import uvloop

from models.decision import FeatureContribution
from models.features.registry import FEATURE_NAMES
from models.learning.inputs import Inputs
from models.learning.snapshot_classes import SNAPSHOT_CLASSES
from models.learning.tree_ensemble import Tree, TreeEnsemble
from models.scoring.scorer import Score, ServedModel, probability
from streams.model_files import ModelFiles
from streams.serving import load_scorer
from streams.snapshots import ModelStore, SnapshotHeader

TREES, LEAVES = 300, 31
"""More of both than the default models have."""
STALL_S = 0.05
ATTEMPTS = 40
"""What else this process does, and a slow machine, may take longer: one attempt that stalls less shows that loading
does not."""


class Trees:
    """A scorer of trees over the features alone."""

    def __init__(self, trees: TreeEnsemble) -> None:
        self.trees = trees

    def score(
        self, features: Mapping[str, float | None], categories: Mapping[str, str | None], anomaly: float | None
    ) -> Score:
        vector = np.array([np.nan if (value := features[name]) is None else value for name in FEATURE_NAMES])
        inputs = Inputs(vector, np.zeros(len(vector), dtype=np.intp), vector.tolist())
        base, added = self.trees.contributions(inputs)
        log_odds = base + float(added.sum())
        return Score(
            fraud_score=probability(log_odds),
            log_odds=log_odds,
            base_log_odds=base,
            contributions=[
                FeatureContribution(name=name, value=features[name], contribution=each)
                for name, each in zip(FEATURE_NAMES, added.tolist(), strict=True)
            ],
        )


def tree(chance: np.random.Generator) -> Tree:
    """One that splits its leaves at random until there are `LEAVES`."""
    nodes = 2 * LEAVES - 1
    column = np.full(nodes, -1, dtype=np.int32)
    left, right = np.zeros(nodes, dtype=np.int32), np.zeros(nodes, dtype=np.int32)
    leaves = [0]
    for below in range(1, nodes, 2):
        node = leaves.pop(int(chance.integers(len(leaves))))
        column[node] = chance.integers(len(FEATURE_NAMES))
        left[node], right[node] = below, below + 1
        leaves += [below, below + 1]
    threshold, value = chance.normal(size=(2, nodes))
    return Tree(column, threshold, chance.random(nodes) < 0.5, left, right, value / 9)


async def longest_stall_s(store: ModelStore, version: str) -> float:
    """The longest that the event loop did nothing else while the model was loaded and the one before was let go.

    While other processes have the processors no time counts: a load that holds the loop up uses this one's.
    """
    done = False

    async def watch() -> float:
        longest, last, last_used = 0.0, time.perf_counter(), time.process_time()
        while not done:
            await asyncio.sleep(0)
            now, used = time.perf_counter(), time.process_time()
            longest = max(longest, min(now - last, used - last_used))
            last, last_used = now, used
        return longest

    watching = asyncio.create_task(watch())
    await asyncio.sleep(0.01)
    old: list[ServedModel] = [await asyncio.to_thread(load_scorer, store, version)]
    await asyncio.to_thread(old.clear)
    done = True
    return await watching


def test_a_swap_stalls_the_event_loop_less_than_50_ms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.snapshots.SNAPSHOT_CLASSES", SNAPSHOT_CLASSES | {(Trees.__module__, "Trees")})
    chance = np.random.default_rng(1)
    store = ModelStore(ModelFiles(str(tmp_path)), b"a key of sixteen bytes")
    header = SnapshotHeader(name="trees", kind="trees", sequence=1, created_at=datetime(2026, 11, 24, tzinfo=UTC))
    version = store.save(header, Trees(TreeEnsemble(-4.0, [tree(chance) for _ in range(TREES)])))
    stalls = (uvloop.run(longest_stall_s(store, version)) for _ in range(ATTEMPTS))
    assert any(stall < STALL_S for stall in stalls)
