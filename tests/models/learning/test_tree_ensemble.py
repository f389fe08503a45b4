"""Trees go where their arrays say, missing values too, and what the columns add is the whole."""

from __future__ import annotations

import math
import pickle
from copy import deepcopy
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.learning.inputs import Inputs
from models.learning.tree_ensemble import MOST_LEAVES, Tree, TreeEnsemble

COLUMNS = 4
VALUES = st.floats(-3, 3, width=32) | st.just(math.nan) | st.sampled_from([-1.0, 0.0, 1.0])


def inputs(*values: float) -> Inputs:
    vector = np.array(values, dtype=np.float32)
    return Inputs(vector, np.zeros(len(values), dtype=np.intp), vector.tolist())


def stump(column: int, threshold: float, *, missing_left: bool) -> Tree:
    """-1 on the left, 2 on the right, 0 at the root."""
    return Tree(
        column=np.array([column, -1, -1], dtype=np.int32),
        threshold=np.array([threshold, 0.0, 0.0]),
        missing_left=np.array([missing_left, False, False]),
        left=np.array([1, -1, -1], dtype=np.int32),
        right=np.array([2, -1, -1], dtype=np.int32),
        value=np.array([0.0, -1.0, 2.0]),
    )


def grown(rng: np.random.Generator, splits: int) -> Tree:
    """A tree with random splits, thresholds at round numbers."""
    column, threshold, missing, left, right = [-1], [0.0], [False], [-1], [-1]
    for _ in range(splits):
        leaf = int(rng.choice([node for node, split in enumerate(column) if split < 0]))
        column[leaf], threshold[leaf] = int(rng.integers(COLUMNS)), float(rng.choice([-1.0, 0.0, 1.0, math.inf]))
        missing[leaf], left[leaf], right[leaf] = bool(rng.random() < 0.5), len(column), len(column) + 1
        for _ in range(2):
            threshold.append(0.0)
            missing.append(False)
            for array in (column, left, right):
                array.append(-1)
    return Tree(
        column=np.array(column, dtype=np.int32),
        threshold=np.array(threshold),
        missing_left=np.array(missing),
        left=np.array(left, dtype=np.int32),
        right=np.array(right, dtype=np.int32),
        value=rng.normal(size=len(column)),
    )


def walked(tree: Tree, values: list[float]) -> list[int]:
    node, path = 0, [0]
    while tree.column[node] >= 0:
        value = values[tree.column[node]]
        if math.isnan(value):
            left = bool(tree.missing_left[node]) and not math.isinf(tree.threshold[node])
        else:
            left = value <= tree.threshold[node]
        node = int((tree.left if left else tree.right)[node])
        path.append(node)
    return path


@pytest.mark.parametrize(
    ("value", "missing_left", "leaf"),
    [(0.5, False, -1.0), (0.50001, False, 2.0), (math.nan, False, 2.0), (math.nan, True, -1.0), (0.50001, True, 2.0)],
)
def test_up_to_the_threshold_is_left_and_missing_where_it_belongs(
    value: float, missing_left: bool, leaf: float
) -> None:
    trees = TreeEnsemble(0.25, [stump(1, 0.5, missing_left=missing_left)])
    assert trees.log_odds(inputs(9.0, value)) == 0.25 + leaf


@pytest.mark.parametrize(("value", "leaf"), [(3e38, -1.0), (0.0, -1.0), (math.nan, 2.0)])
def test_an_infinite_threshold_parts_present_from_missing(value: float, leaf: float) -> None:
    assert TreeEnsemble(0.0, [stump(0, math.inf, missing_left=False)]).log_odds(inputs(value)) == leaf


@given(st.integers(0, 2**32 - 1), st.lists(VALUES, min_size=COLUMNS, max_size=COLUMNS))
def test_every_way_is_that_of_the_arrays_and_contributions_are_its_steps(seed: int, values: list[float]) -> None:
    rng = np.random.default_rng(seed)
    grove = [grown(rng, int(rng.integers(0, 8))) for _ in range(5)]
    trees, here = TreeEnsemble(-1.0, grove), inputs(*values)
    paths = [walked(tree, here.values) for tree in grove]
    assert trees.log_odds(here) == pytest.approx(
        -1.0 + sum(tree.value[path[-1]] for tree, path in zip(grove, paths, strict=True)), abs=1e-9
    )
    steps = np.zeros(COLUMNS)
    for tree, path in zip(grove, paths, strict=True):
        for above, below in pairwise(path):
            steps[tree.column[above]] += tree.value[below] - tree.value[above]
    base, added = trees.contributions(here)
    assert added == pytest.approx(steps, abs=1e-9)
    assert base + added.sum() == pytest.approx(trees.log_odds(here), abs=1e-9)


def test_no_trees_give_the_base() -> None:
    base, added = TreeEnsemble(-2.0, []).contributions(inputs(1.0, 2.0))
    assert (base, added.tolist()) == (-2.0, [0.0, 0.0])
    assert TreeEnsemble(-2.0, []).log_odds(inputs(1.0, 2.0)) == -2.0


def test_pickled_trees_are_prepared_again_and_copies_are_the_same_trees() -> None:
    trees = TreeEnsemble(0.25, [stump(0, 0.5, missing_left=True)])
    again = pickle.loads(pickle.dumps(trees))  # noqa: S301 - just made
    assert again.log_odds(inputs(1.0)) == trees.log_odds(inputs(1.0)) == 2.25
    assert deepcopy(trees) is trees


@given(st.integers(0, 2**32 - 1), st.integers(1, MOST_LEAVES))
def test_many_applications_get_what_each_gets_alone(seed: int, leaves: int) -> None:
    rng = np.random.default_rng(seed)
    trees = TreeEnsemble(-1.0, [grown(rng, leaves - 1), grown(rng, 2)])
    vectors = rng.choice([-1.5, -1.0, 0.0, 0.5, 1.0, math.nan], size=(7, COLUMNS)).astype(np.float32)
    alone = [trees.log_odds(inputs(*vector.tolist())) for vector in vectors]
    together = trees.log_odds_of(vectors, np.zeros(vectors.shape, dtype=np.intp))
    assert together.tolist() == pytest.approx(alone, abs=1e-12)


def test_a_tree_with_more_leaves_than_a_number_has_bits_is_refused() -> None:
    TreeEnsemble(0.0, [grown(np.random.default_rng(1), MOST_LEAVES - 1)])
    with pytest.raises(ValueError, match="65 leaves"):
        TreeEnsemble(0.0, [grown(np.random.default_rng(1), MOST_LEAVES)])
