"""The newest examples."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.learning.ring import Ring


def add(ring: Ring, key: int, width: int = 2) -> None:
    ring.add(key, np.full(width, key, dtype=np.float32), key % 3 == 0, float(key))


@given(st.integers(1, 300), st.integers(1, 700))
def test_the_newest_are_kept_oldest_first(capacity: int, count: int) -> None:
    ring = Ring(capacity)
    for key in range(count):
        add(ring, key)
    kept = list(range(max(0, count - capacity), count))
    assert ring.keys.tolist() == kept
    assert ring.vectors[:, 0].tolist() == kept
    assert ring.frauds.tolist() == [key % 3 == 0 for key in kept]
    assert ring.weights.tolist() == kept
    assert len(ring) == len(kept)
    assert ring.vectors_at(np.array([len(kept) - 1, 0, 0]))[:, 0].tolist() == [kept[-1], kept[0], kept[0]]


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 12)), max_size=60), st.integers(1, 8))
def test_what_is_taken_out_is_as_if_it_had_not_been_among_the_newest(
    steps: list[tuple[bool, int]], capacity: int
) -> None:
    ring, kept = Ring(capacity), list[int]()
    for adding, key in steps:
        if adding and key not in kept:
            add(ring, key)
            kept = [*kept, key][-capacity:]
        elif not adding:
            ring.remove(key)
            kept = [other for other in kept if other != key]
        assert ring.keys.tolist() == kept
        assert ring.vectors.tolist() == [[key, key] for key in kept]


def test_what_older_vectors_lack_is_missing() -> None:
    ring = Ring(5)
    add(ring, 1, width=1)
    add(ring, 2, width=2)
    assert ring.columns == 2
    assert np.isnan(ring.vectors[0, 1])
    assert ring.vectors[1].tolist() == [2, 2]
