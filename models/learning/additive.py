"""Members whose columns add up: a table of log-odds by column and bin."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.learning.inputs import Inputs
from models.learning.quantile_bins import Bins, Matrix


class AdditiveTable:
    """A `Member`: log-odds are a base plus an entry of the table for each column's bin."""

    def __init__(self, base: float, table: Matrix) -> None:
        self.base = base
        self.table = table
        """Columns x bins."""
        self._columns = np.arange(len(table))

    def log_odds(self, inputs: Inputs) -> float:
        """Log-odds of fraud."""
        return self.base + float(self.table[self._columns, inputs.bins].sum())

    def log_odds_of(self, vectors: NDArray[np.float32], bins: Bins) -> NDArray[np.float64]:
        """Log-odds of fraud of many."""
        found: NDArray[np.float64] = self.base + self.table[self._columns, bins].sum(axis=1)
        return found

    def contributions(self, inputs: Inputs) -> tuple[float, NDArray[np.float64]]:
        """The base, and the table's entries."""
        found: NDArray[np.float64] = self.table[self._columns, inputs.bins]
        return self.base, found
