"""What members of a model are given, and what they are."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from models.learning.encoder import Vector
from models.learning.quantile_bins import Bins, QuantileBins


class Inputs(NamedTuple):
    """One application as the members of a model see it."""

    vector: Vector
    """Values by column, NaN for missing."""
    bins: Bins
    """The bin of each value."""
    values: list[float]
    """The vector once more, as what is not numpy reads it fastest."""

    @classmethod
    def of(cls, vector: Vector, bins: QuantileBins) -> Inputs:
        """From the vector and the bins in use."""
        return cls(vector, bins.bins(vector), vector.tolist())


class Member(Protocol):
    """Scores, and knows nothing of how it came to. Log-odds are those of all applications, not of the sample that was
    learned, but need not be calibrated."""

    def log_odds(self, inputs: Inputs) -> float:
        """Log-odds of fraud."""

    def log_odds_of(self, vectors: NDArray[np.float32], bins: Bins) -> NDArray[np.float64]:
        """Log-odds of fraud of many applications; both arguments are applications x columns."""

    def contributions(self, inputs: Inputs) -> tuple[float, NDArray[np.float64]]:
        """The base, and what each column adds to it; together the log-odds."""
