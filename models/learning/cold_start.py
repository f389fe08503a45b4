"""Before frauds are known, what is unusual is what is suspected."""

from __future__ import annotations

import math

HALF_AT = 2.0
"""Known frauds at which the model has as much to say as the anomaly score: the weight of the model is k / (k + 2) for
k known frauds. From the second on the model makes the most of all it is given, of the anomaly score too."""

SLOPE = 1.0
"""Log-odds for each standard deviation by which an anomaly score lies above the mean, before frauds are known, ..."""

SURE = 2.0
"""... as if so many had been. For scores that are normal and that fraud shifts, the log-odds are the shift: what counts
is the mean of the deviations of the known frauds."""

LARGEST = 3.0
"""Standard deviations that count, either way."""


class ColdStart:
    """How much the anomaly score has to say, and what. Learns the scores' mean and spread, and how unusual frauds are:
    where they are no more so than others, it soon says nothing."""

    _shifts = 0.0
    """Sum of the known frauds' deviations, ..."""
    _shifted = 0.0
    """... of so many. Both are 0 in what was learned before they were counted."""

    def __init__(self) -> None:
        self.frauds = 0
        """Known so far."""
        self._scores = 0
        self._mean = 0.0
        self._squares = 0.0

    @property
    def weight(self) -> float:
        """Of the model; the rest is that of the anomaly score."""
        return self.frauds / (self.frauds + HALF_AT)

    def log_odds(self, anomaly: float | None) -> float:
        """What the anomaly score adds to the log-odds of fraud overall; 0 when it is missing."""
        slope = (SURE * SLOPE + self._shifts) / (SURE + self._shifted)
        return max(0.0, slope) * self._deviations(anomaly)

    def _deviations(self, anomaly: float | None) -> float:
        if anomaly is None or self._scores < 2 or not self._squares:
            return 0.0
        deviations = (anomaly - self._mean) / math.sqrt(self._squares / self._scores)
        return max(-LARGEST, min(LARGEST, deviations))

    def count_fraud(self, anomaly: float | None, times: int = 1) -> None:
        """Count a known fraud; `times` is -1 to take one away again."""
        self.frauds += times
        if anomaly is not None:
            self._shifts += times * self._deviations(anomaly)
            self._shifted += times

    def learn(self, anomaly: float | None) -> None:
        """Take a score into the mean and the spread (B. P. Welford, Technometrics 4, 1962)."""
        if anomaly is None:
            return
        self._scores += 1
        before = anomaly - self._mean
        self._mean += before / self._scores
        self._squares += before * (anomaly - self._mean)
