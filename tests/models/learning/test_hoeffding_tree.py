"""Trees that grow as examples go by."""

from __future__ import annotations

import math

import numpy as np
import pytest

from models.learning.hoeffding_bag import draw
from models.learning.hoeffding_tree import HoeffdingTree, gain, splits
from models.learning.inputs import Inputs
from models.learning.quantile_bins import BINS, QuantileBins, rebinning
from models.learning.tree_ensemble import TreeEnsemble


def grown(count: int, seed: int = 1) -> tuple[HoeffdingTree, QuantileBins]:
    """Fraud is where the first of three columns is above 1 or the second is missing."""
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(count, 3)).astype(np.float32)
    vectors[rng.random(count) < 0.1, 1] = np.nan
    fraud = (vectors[:, 0] > 1) | np.isnan(vectors[:, 1])
    bins = QuantileBins.of(vectors, fraud)
    tree = HoeffdingTree(0)
    tree.rebin(bins, rebinning(QuantileBins.none(3), bins, vectors))
    for vector, label in zip(vectors, fraud.tolist(), strict=True):
        tree.count(vector.tolist(), bins.bins(vector), label, 1.0, bins.edges)
    return tree, bins


def log_odds(tree: HoeffdingTree, *values: float) -> float:
    return tree.log_odds(tree.path(list(values)))[-1]


def test_it_splits_where_frauds_part_from_honest_ones() -> None:
    tree, _ = grown(6_000)
    assert set(tree.column) >= {0, 1}
    assert log_odds(tree, 1.5, 0.0, 0.0) > 2
    assert log_odds(tree, 0.0, math.nan, 0.0) > 2
    assert log_odds(tree, 0.0, 0.0, 0.0) < -2


def test_few_examples_make_no_split() -> None:
    tree, _ = grown(199)
    assert tree.column == [-1]


def test_noise_makes_no_split() -> None:
    rng = np.random.default_rng(4)
    vectors = rng.normal(size=(5_000, 3)).astype(np.float32)
    bins = QuantileBins.of(vectors, rng.random(5_000) < 0.2)
    tree = HoeffdingTree(0)
    tree.rebin(bins, rebinning(QuantileBins.none(3), bins, vectors))
    for vector in vectors:
        tree.count(vector.tolist(), bins.bins(vector), bool(rng.random() < 0.2), 1.0, bins.edges)
    assert tree.column == [-1]


def test_the_arrays_answer_as_the_tree() -> None:
    tree, bins = grown(6_000)
    trees = TreeEnsemble(0.0, [tree.arrays(1.0)])
    rng = np.random.default_rng(2)
    for _ in range(200):
        vector = rng.normal(size=3).astype(np.float32)
        vector[rng.random(3) < 0.2] = np.nan
        here = Inputs.of(vector, bins)
        assert trees.log_odds(here) == pytest.approx(log_odds(tree, *here.values), abs=1e-9)


def test_what_is_counted_away_was_not_counted() -> None:
    tree, bins = grown(100)
    before = log_odds(tree, 0.0, 0.0, 0.0)
    vector = np.zeros(3, dtype=np.float32)
    for times in (3.0, -3.0):
        tree.count(vector.tolist(), bins.bins(vector), True, times, bins.edges)
    assert log_odds(tree, 0.0, 0.0, 0.0) == before


def test_cuts_have_missing_on_either_side() -> None:
    histogram = np.zeros((1, BINS, 2))
    histogram[0, 0] = (0, 5)  # missing: frauds
    histogram[0, 1] = (7, 0)
    histogram[0, 2] = (0, 3)
    left = splits(histogram)
    assert left[0, 0, 0].tolist() == [7, 0]
    assert left[0, 1, 0].tolist() == [7, 5]
    gains = gain(left, histogram.sum(axis=1)[:, None, None, :])
    assert gains[0, 0, 0] == pytest.approx(1.0)  # missing to the right, with the frauds: nothing is left to tell apart
    assert gains.max() <= 1.0 + 1e-9
    assert 0 < gains[0, 0, -1] < 1


def test_draws_are_those_of_a_poisson_with_mean_one_and_always_the_same() -> None:
    keys = np.random.default_rng(1).integers(0, 2**63 - 1, 20_000).tolist()
    draws = [draw(key, 3) for key in keys]
    assert np.mean(draws) == pytest.approx(1.0, abs=0.03)
    assert np.var(draws) == pytest.approx(1.0, abs=0.05)
    assert draws == [draw(key, 3) for key in keys]
    assert np.corrcoef(draws, [draw(key, 4) for key in keys])[0, 1] == pytest.approx(0.0, abs=0.03)
