"""Where a tournament is, and which share of the honest applications its models score."""

from __future__ import annotations

from msgspec import Struct

from models.learning.protocol import Example

HONEST_PER_FRAUD = 10
"""Honest applications that all models score for each fraud. More would hardly say more: the variance of a comparison
goes with 1/frauds + 1/honest, so all the honest there are would take off a tenth."""
LEAST_SHARE = 0.001
"""Of the honest, that is scored however rare frauds are."""
FRAUD_SHARE_MEMORY = 20_000
"""Examples that the share of frauds is the running mean of."""
FIRST_EXAMPLES = 100
"""Counted as frauds before the first example, so that the first thousand honest ones are all scored."""


class Progress(Struct, kw_only=True):
    """Where a tournament is."""

    champion: str
    next_look: int
    """Scored frauds from which the models are compared again."""
    scored_frauds: int = 0
    examples: int = 0
    frauds: int = 0
    cool_until: int = 0
    """Examples from which there may be another promotion."""
    fraud_share: float = 1.0
    """Running mean."""
    counted: int = FIRST_EXAMPLES
    """Examples that it is the mean of."""

    def count(self, example: Example) -> None:
        """One more example; a correction is not another application."""
        self.examples += 1
        self.frauds += example.fraud
        if example.corrects is None:
            self.counted = min(self.counted + 1, FRAUD_SHARE_MEMORY)
            self.fraud_share += (example.fraud - self.fraud_share) / self.counted

    @property
    def honest_share(self) -> float:
        """Of the honest, that is scored now."""
        return min(1.0, max(LEAST_SHARE, HONEST_PER_FRAUD * self.fraud_share))
