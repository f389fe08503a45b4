"""The newest examples, up to a number of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.learning.encoder import Vector


class Ring:
    """The newest `capacity` examples: key, vector, label, weight. An example can be taken out again by its key.

    Everything is told oldest first."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._next = 0
        self._filled = 0
        self._keys = np.zeros(0, dtype=np.int64)
        self._vectors = np.zeros((0, 0), dtype=np.float32)
        self._frauds = np.zeros(0, dtype=np.bool_)
        self._weights = np.zeros(0)

    def __len__(self) -> int:
        return self._filled

    def add(self, key: int, vector: Vector, fraud: bool, weight: float) -> None:
        """Keep an example; the oldest goes when the ring is full. Vectors may become longer with time: what older ones
        lack is missing in them."""
        self._vectors = widened(self._vectors, len(vector))
        if self._next >= len(self._keys):
            self._grow()
        position = self._next
        self._keys[position], self._frauds[position], self._weights[position] = key, fraud, weight
        self._vectors[position] = vector
        self._next = (position + 1) % self._capacity
        self._filled = max(self._filled, position + 1)

    def remove(self, key: int) -> None:
        """Take the example with this key out, if it is still here."""
        found = np.flatnonzero(self._keys[: self._filled] == key)
        if not len(found):
            return
        order = self._order()
        order = order[order != found[-1]]
        kept = len(order)
        self._keys[:kept] = self._keys[order]
        self._vectors[:kept] = self._vectors[order]
        self._frauds[:kept] = self._frauds[order]
        self._weights[:kept] = self._weights[order]
        self._filled = self._next = kept

    @property
    def columns(self) -> int:
        """Of the longest vector so far."""
        return self._vectors.shape[1]

    @property
    def keys(self) -> NDArray[np.int64]:
        """Of the applications."""
        return self._keys[self._order()]

    @property
    def vectors(self) -> NDArray[np.float32]:
        """Examples x columns."""
        return self._vectors[self._order()]

    def vectors_at(self, positions: NDArray[np.intp]) -> NDArray[np.float32]:
        """Some of `vectors`, also more than once, without a copy of all."""
        return self._vectors[self._order()[positions]]

    @property
    def frauds(self) -> NDArray[np.bool_]:
        """Labels."""
        return self._frauds[self._order()]

    @property
    def weights(self) -> NDArray[np.float64]:
        """Inverse propensities."""
        return self._weights[self._order()]

    def _order(self) -> NDArray[np.intp]:
        positions = np.arange(self._filled)
        return positions if self._filled < self._capacity else np.roll(positions, -self._next)

    def _grow(self) -> None:
        rows = min(self._capacity, max(256, 2 * len(self._keys)))
        more = rows - len(self._keys)
        self._keys = np.pad(self._keys, (0, more))
        self._vectors = np.pad(self._vectors, ((0, more), (0, 0)))
        self._frauds = np.pad(self._frauds, (0, more))
        self._weights = np.pad(self._weights, (0, more))


def widened(vectors: NDArray[np.float32], columns: int) -> NDArray[np.float32]:
    """Vectors (examples x columns) with so many columns, if they have fewer; what is new is missing."""
    lacking = max(0, columns - vectors.shape[1])
    return np.pad(vectors, ((0, 0), (0, lacking)), constant_values=np.nan) if lacking else vectors
