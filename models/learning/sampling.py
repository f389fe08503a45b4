"""Which honest examples are learned: all of them while there are few, then about so many per fraud."""

from __future__ import annotations

import math
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

HONEST_PER_FRAUD = 10
LEAST_HONEST = 20_000
"""So many honest examples are learned in any case, however rare fraud is."""

HALVE_AT = 2**19
"""Honest examples after which the counts are halved: the fraud share is that of the last few hundred thousand."""

_KEYS = 2**63


class HonestSampling:
    """All frauds are learned, of the honest a share that is known at any time, so that odds can be put right again.

    Whether one is taken depends on its application's id and the share alone: a correction knows whether what it
    corrects was learned, and no random state has to be kept.
    """

    def __init__(self, seed: int) -> None:
        self._salt = seed.to_bytes(8, "little", signed=True)
        self.frauds = 0.0
        self.honest = 0.0

    def key(self, application_id: str) -> int:
        """A number from 0 to 2**63 - 1, evenly spread over applications."""
        digest = blake2b(application_id.encode(), digest_size=8, salt=self._salt).digest()
        return int.from_bytes(digest, "little") >> 1

    @property
    def rate(self) -> float:
        """Share of honest examples that are learned now, above 0 up to 1."""
        wanted = max(HONEST_PER_FRAUD * self.frauds, LEAST_HONEST)
        return min(1.0, wanted / self.honest) if self.honest else 1.0

    def takes(self, key: int) -> bool:
        """Whether the honest example with this key is learned, at the present rate."""
        return key < self.rate * _KEYS

    def would_take(self, keys: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of these would be learned at the present rate: an even sample of all, even if some of them were learned
        at a higher rate."""
        taken: NDArray[np.bool_] = keys < self.rate * _KEYS
        return taken

    def count(self, fraud: bool, times: float = 1.0) -> None:
        """Count an example, learned or not; `times` is -1 to take one away again."""
        if fraud:
            self.frauds = max(0.0, self.frauds + times)
        else:
            self.honest = max(0.0, self.honest + times)
        if self.honest >= HALVE_AT:
            self.honest /= 2
            self.frauds /= 2

    @property
    def log_odds(self) -> float:
        """Of fraud among all examples so far, as if one in a hundred of a hundred more had been fraud."""
        return math.log((self.frauds + 1.0) / (self.honest + 99.0))
