"""Logistic regression under a Gaussian prior (ridge), fitted to few examples at once: what curves start from.

Each column has a line and a fold over its ranks, and its missing values a step: what little data can tell.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.learning.additive import AdditiveTable
from models.learning.encoder import Vector
from models.learning.one_thread import one_thread
from models.learning.quantile_bins import BINS, QuantileBins
from models.learning.ring import Ring

SPREAD = 2.0
"""Standard deviation of the log-odds over applications that is expected before anything was learned."""

BASIS = 3
"""A line, a fold, a step."""

SCALE = 1.8
"""Spread of the log-odds of ranks."""

MOST_STEPS = 60


def ridge(
    bins: QuantileBins,
    frauds: NDArray[np.float32],
    honest: NDArray[np.float32],
    weights: NDArray[np.float64],
    log_odds: float,
) -> AdditiveTable:
    """Fitted to vectors (each examples x columns) of these `weights`, those of the frauds first. `log_odds` are those
    of fraud among all applications; the sample has more."""
    from scipy.optimize import minimize  # noqa: PLC0415 - takes a while to import

    found = np.concatenate([bins.bins_of(frauds), bins.bins_of(honest)])
    labels = np.repeat([1.0, 0.0], [len(frauds), len(honest)])
    columns = found.shape[1]
    basis = _basis(found[len(frauds) :])
    used = np.flatnonzero(basis.reshape(columns, -1).any(axis=1))
    values = basis[used, found[:, used]].reshape(len(found), -1)
    share = len(frauds) / len(honest)
    penalty = max(1, len(used)) / SPREAD**2

    def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        slopes, start = parameters[:-1], parameters[-1]
        said = values @ slopes + start
        gradient = weights * (1.0 / (1.0 + np.exp(-np.clip(said, -50.0, 50.0))) - labels)
        log_loss = weights @ (np.logaddexp(0.0, said) - labels * said)
        return log_loss + 0.5 * penalty * slopes @ slopes, np.append(
            values.T @ gradient + penalty * slopes, gradient.sum()
        )

    start = np.append(np.zeros(values.shape[1]), np.log(share))
    with one_thread():
        best = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": MOST_STEPS}).x
    table = np.zeros((columns, BINS))
    table[used] = (basis[used] * best[:-1].reshape(len(used), 1, BASIS)).sum(axis=2)
    return AdditiveTable(float(best[-1]) + log_odds - float(np.log(share)), table)


def _basis(found: NDArray[np.intp]) -> NDArray[np.float64]:
    """Columns x bins x `BASIS`: each with mean 0 over these examples' bins, and 0 where all are alike. Scales are the
    same for all columns: a value that few have must not weigh the more for that."""
    columns = found.shape[1]
    cells = np.arange(columns) * BINS + found
    counts = np.bincount(cells.ravel(), minlength=columns * BINS).reshape(columns, BINS).astype(np.float64)
    present = counts.copy()
    present[:, 0] = 0.0
    total = np.maximum(present.sum(axis=1, keepdims=True), 1.0)
    ranks = (present.cumsum(axis=1) - present / 2.0) / total
    line = np.log((ranks + 0.01) / (1.01 - ranks)) / SCALE
    basis = np.stack([line, np.abs(line), np.zeros_like(line)], axis=2)
    basis[:, :, :2] -= (present[:, :, None] * basis[:, :, :2]).sum(axis=1, keepdims=True) / total[:, :, None]
    basis[:, 0] = 0.0, 0.0, 1.0
    shares = counts / len(found)
    basis -= (shares[:, :, None] * basis).sum(axis=1, keepdims=True)
    alike: NDArray[np.bool_] = (shares == 1.0).any(axis=1)
    basis[alike] = 0.0
    return basis


class EvenSample:
    """Of all examples that came, up to `capacity`, spread evenly over them: those with the smallest keys. (The newest
    would be of other days than frauds that are few, and hours, weekdays and all that changes would seem to tell.)"""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._below = 2**63
        self.ring = Ring(capacity)

    def add(self, key: int, vector: Vector, fraud: bool, weight: float) -> None:
        """An example more; every other goes when there is no room."""
        if key >= self._below:
            return
        if len(self.ring) == self._capacity:
            full, self.ring = self.ring, Ring(self._capacity)
            self._below //= 2
            for each in zip(full.keys.tolist(), full.vectors, full.frauds.tolist(), full.weights.tolist(), strict=True):
                self.add(*each)
            self.add(key, vector, fraud, weight)
            return
        self.ring.add(key, vector, fraud, weight)
