"""What curves begin with while frauds are few."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from models.learning.encoder import Vector
from models.learning.inputs import Inputs
from models.learning.quantile_bins import QuantileBins
from models.learning.ridge import EvenSample, ridge

PRIOR = -9.2
"""Log-odds of one in ten thousand."""


def vectors(count: int, *, shift: float = 0.0, spread: float = 1.0, seed: int = 1) -> NDArray[np.float32]:
    """The first column is shifted, the second spread, the third says nothing, the fourth is always 1."""
    made = np.random.default_rng(seed).normal(size=(count, 4))
    made[:, 0] += shift
    made[:, 1] *= spread
    made[:, 3] = 1.0
    return made.astype(np.float32)


def said(frauds: NDArray[np.float32], honest: NDArray[np.float32], asked: NDArray[np.float32]) -> NDArray[np.float64]:
    both = np.concatenate([frauds, honest])
    bins = QuantileBins.of(both, np.arange(len(both)) < len(frauds))
    table = ridge(bins, frauds, honest, np.ones(len(both)), PRIOR)
    return np.array([table.log_odds(Inputs.of(each, bins)) for each in asked])


def ranked(frauds: NDArray[np.float64], honest: NDArray[np.float64]) -> float:
    """Area under the ROC curve."""
    return float((frauds[:, None] > honest).mean())


def test_five_frauds_that_are_large_in_one_column_tell_the_next_ones() -> None:
    asked = np.concatenate([vectors(200, shift=3.0, seed=2), vectors(200, seed=3)])
    found = said(vectors(5, shift=3.0, seed=4), vectors(2_000), asked)
    assert ranked(found[:200], found[200:]) > 0.9


def test_what_is_large_or_small_is_told_from_what_is_between() -> None:
    asked = np.concatenate([vectors(200, spread=6.0, seed=2), vectors(200, seed=3)])
    found = said(vectors(12, spread=6.0, seed=4), vectors(2_000), asked)
    assert ranked(found[:200], found[200:]) > 0.75


def test_a_missing_value_can_tell() -> None:
    frauds, honest, missing = vectors(6), vectors(2_000), vectors(1)
    for some in (frauds, honest[:200], missing):
        some[:, 2] = np.nan
    assert said(frauds, honest, missing)[0] > said(frauds, honest, vectors(1))[0] + 1


def test_log_odds_are_those_of_all_applications() -> None:
    honest = vectors(2_000)
    assert said(vectors(5, seed=4), honest, honest[:200]).mean() == pytest.approx(PRIOR, abs=1.0)


def test_a_rare_value_that_one_fraud_had_does_not_weigh_the_more_for_being_rare() -> None:
    frauds, honest = vectors(5), vectors(2_000)
    frauds[0, 3] = honest[0, 3] = 0.0
    with_it, without = said(frauds, honest, np.stack([honest[0], honest[0] * np.array([1, 1, 1, 0]) + [0, 0, 0, 1]]))
    assert 0 < with_it - without < 6


def added(sample: EvenSample, keys: list[int]) -> EvenSample:
    vector: Vector = np.zeros(1, dtype=np.float32)
    for key in keys:
        sample.add(key, vector, False, 1.0)
    return sample


def test_a_sample_is_spread_evenly_over_all_that_came() -> None:
    rng = np.random.default_rng(1)
    keys = rng.integers(0, 2**63, 20_000).tolist()
    kept = added(EvenSample(1_000), keys).ring.keys
    assert 400 < len(kept) <= 1_000
    places = {key: place for place, key in enumerate(keys)}
    assert np.mean([places[key] for key in kept.tolist()]) == pytest.approx(10_000, rel=0.1)


def test_while_there_is_room_all_are_kept() -> None:
    assert added(EvenSample(4), [2**62, 5, 2**63 - 1]).ring.keys.tolist() == [2**62, 5, 2**63 - 1]
