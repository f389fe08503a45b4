"""Bins by quantiles, and what is carried over when they are placed anew."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.learning.quantile_bins import BINS, QuantileBins, rebinning


def placed(*columns: list[float], frauds: list[int] | None = None) -> QuantileBins:
    vectors = np.array(columns, dtype=np.float32).T
    labels = np.zeros(len(vectors), dtype=np.bool_)
    labels[frauds or []] = True
    return QuantileBins.of(vectors, labels)


def bin_of(bins: QuantileBins, value: float) -> int:
    return int(bins.bins(np.array([value], dtype=np.float32))[0])


def test_a_value_at_an_edge_is_in_the_bin_above_it() -> None:
    bins = placed([0.0, 1.0, 2.0])
    assert [bin_of(bins, value) for value in (0.99, 1.0, 1.99, 2.0)] == [1, 2, 2, 3]


def test_missing_is_a_bin_of_its_own_and_nothing_else_is_in_it() -> None:
    bins = placed([float("nan"), 0.0, 1.0])
    assert bin_of(bins, float("nan")) == 0
    assert min(bin_of(bins, value) for value in (-1e30, 0.0, 1e30)) == 1


def test_a_column_that_is_always_missing_or_constant_has_no_edges() -> None:
    bins = placed([float("nan")] * 3, [4.0] * 3)
    assert np.isinf(bins.edges).all()


def test_many_values_are_spread_evenly() -> None:
    values = np.random.default_rng(1).lognormal(5, 3, 16_000)
    bins = placed(values.tolist())
    counts = np.bincount([bin_of(bins, value) for value in values.tolist()], minlength=BINS)[1:]
    assert counts.min() > 900
    assert counts.max() < 1_100


@pytest.mark.parametrize(("frauds", "beyond"), [(1, 1), (20, 5), (400, 8)])
def test_the_more_frauds_the_more_they_say_on_where_the_edges_are(frauds: int, beyond: int) -> None:
    values = [*np.linspace(0, 1, 8_000).tolist(), *np.linspace(10, 11, frauds).tolist()]
    edges = placed(values, frauds=list(range(8_000, 8_000 + frauds))).edges[0]
    assert ((edges > 5) & (edges < np.inf)).sum() == pytest.approx(beyond, abs=1)


def test_columns_that_are_new_have_no_edges() -> None:
    wider = placed([0.0, 1.0]).widened(2)
    assert wider.bins(np.array([1.0, 9.0], dtype=np.float32)).tolist() == [2, 1]


@given(
    st.lists(st.floats(-1e6, 1e6, width=32) | st.just(float("nan")), min_size=2, max_size=60), st.integers(0, 2**32 - 1)
)
def test_counts_keep_their_sum_and_constant_weights_stay(values: list[float], seed: int) -> None:
    rng = np.random.default_rng(seed)
    vectors = np.array([values, rng.permutation(values)], dtype=np.float32).T
    labels = rng.random(len(vectors)) < 0.3
    old, new = QuantileBins.of(vectors[::2], labels[::2]), QuantileBins.of(vectors, labels)
    carried = rebinning(old, new, vectors)
    counts = rng.random((2, BINS))
    assert carried.counts(counts).sum(axis=1) == pytest.approx(counts.sum(axis=1))
    assert carried.weights(np.full((2, BINS), 0.7)) == pytest.approx(np.full((2, BINS), 0.7))
    assert carried.shares.sum(axis=1) == pytest.approx([1.0, 1.0])


def test_the_same_bins_carry_everything_as_it_is() -> None:
    values = np.arange(200.0).tolist()
    bins, vectors = placed(values), np.array([values], dtype=np.float32).T
    carried = rebinning(bins, bins, vectors)
    counts = np.arange(float(BINS))[None, :]
    assert carried.counts(counts) == pytest.approx(counts)
    assert carried.weights(counts) == pytest.approx(counts)


def test_what_was_missing_stays_missing() -> None:
    values = [float("nan"), *range(40)]
    old, new = placed(values[:20]), placed(values)
    counts = np.zeros((1, BINS))
    counts[0, 0] = 5.0
    carried = rebinning(old, new, np.array([values], dtype=np.float32).T)
    assert carried.counts(counts)[0, 0] == pytest.approx(5.0)
