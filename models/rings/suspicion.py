"""How much a ring looks like a fraud ring: a probability, as log-odds that add up over a dozen figures.

The weights below are a judgement, each with its reason; they serve until labels have taught better ones
(`models.learning.ring_suspicion`). Figures are scaled so that each input is 0 where there is nothing to see and about 1
where there is all there can be: a weight is what that adds to the log-odds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from msgspec import Struct

from models.scoring.scorer import probability

FIGURE_PREFIX = "ring_"
"""The features of an application name the figures of its ring after it."""
MOST_OF_A_KIND = 3
"""Three known frauds (listed, refused, honest applications) in a ring say what ten would."""


class RingFigures(Struct, frozen=True, kw_only=True, gc=False):
    """A ring in numbers, this application included. Each is also a feature, `ring_` before its name."""

    applicants: float
    density: float
    """Share of the pairs that can be seen from here which are strongly linked, 0 to 1."""
    rarity: float
    """Of the rarest thing that two or more applicants of the ring share, 0 to 1: see `RARITY`."""
    insularity: float
    """Share of the weight of its members' links that stays inside the ring, 0 to 1: 1 minus the conductance, which
    tells real communities best among a dozen measures (J. Yang, J. Leskovec, "Defining and evaluating network
    communities based on ground-truth", ICDM 2012)."""
    size_24h: float
    """Applications in the 24 h up to this one."""
    equal_amounts: float
    """How many of the other applications that can be seen ask for nearly what one of them asks, 0 to 1."""
    same_sales_rep: float
    """Share of the other applications that can be seen which came through this one's sales rep, 0 to 1."""
    same_address: float
    """Share of them that gave this one's address, 0 to 1."""
    frauds: float
    """Applications of the ring that are confirmed fraud; likewise the next three."""
    listed: float
    refused: float
    honest: float


PRIOR: dict[str, float] = {
    # Most rings that can be seen are couples and families: with nothing else, one in ninety is fraud.
    "bias": -4.5,
    # Families end at three or four; whoever brings ten strangers together means it.
    "applicants": 5.0,
    # All with all is a hub that everybody passes through; but families are dense as well.
    "density": 0.5,
    # Two people with one face or one account cannot be; two on one phone are a couple.
    "rarity": 3.0,
    # A ring apart from the world was made for the purpose; friends are linked to others too.
    "insularity": 0.5,
    # Stolen identities are used before they are noticed; relatives do not all apply on one day.
    "size_24h": 1.5,
    # A ring asks for what its organiser found to pass.
    "equal_amounts": 1.0,
    # Rings go where nobody looks closely; but a shop's customers have the same rep as well.
    "same_sales_rep": 0.7,
    # Who lives together shares things for that reason.
    "same_address": -1.5,
    "frauds": 4.0,
    # A list's word is not a verdict, and a refusal is our own suspicion coming back.
    "listed": 2.0,
    "refused": 1.5,
    "honest": -4.0,
}
"""Input -> weight in log-odds, by judgement."""

INPUTS: tuple[str, ...] = tuple(PRIOR)

RARITY: dict[str, float] = {
    "face_id": 1.0,  # one person's, always
    "bank_card": 1.0,  # in one person's name
    "device_id": 0.5,  # households share them; likewise the next two
    "phone": 0.5,
    "email": 0.5,
    "contact_phone": 0.4,  # siblings name one mother
    "address": 0.2,
    "employer": 0.1,
    "gps_cell": 0.1,
    "device_like": 0.1,
    "ip": 0.05,
}
"""How seldom honest people who are no household share such an identifier, 0 to 1; what is not here does not count: an
ID number is the person, and to share a shop is no secret."""


class SuspicionWeights(Struct, frozen=True):
    """Weights by input, in the order of `INPUTS`."""

    values: tuple[float, ...]
    examples: int = 0
    """Labelled applications in rings that they were learned from; 0 is the prior."""
    frauds: int = 0

    def __post_init__(self) -> None:
        if len(self.values) != len(INPUTS) or not all(map(math.isfinite, self.values)):
            raise ValueError(f"{len(INPUTS)} finite weights are needed")


PRIOR_WEIGHTS = SuspicionWeights(tuple(PRIOR.values()))


def suspicion(figures: RingFigures, weights: SuspicionWeights = PRIOR_WEIGHTS) -> float:
    """Probability that the ring is fraud, 0 to 1, rounded to four decimals."""
    return probability(log_odds(inputs_of(figures), weights.values))


def log_odds(inputs: tuple[float, ...], weights: tuple[float, ...]) -> float:
    """Sum of weight times input."""
    return math.fsum(map(float.__mul__, inputs, weights))


def inputs_of(figures: RingFigures) -> tuple[float, ...]:
    """The inputs in the order of `INPUTS`, each 0 to 1, or little more."""
    known = (figures.frauds, figures.listed, figures.refused, figures.honest)
    return (
        1.0,
        math.log2(max(figures.applicants, 2.0) / 2.0) / 4.0,  # 32 applicants are 1
        figures.density,
        figures.rarity,
        figures.insularity,
        math.log2(max(figures.size_24h, 1.0)) / 4.0,  # 16 a day are 1
        figures.equal_amounts,
        figures.same_sales_rep,
        figures.same_address,
        *(min(each, MOST_OF_A_KIND) / MOST_OF_A_KIND for each in known),
    )


def figures_in(features: Mapping[str, float | None]) -> RingFigures | None:
    """The figures among an application's features; None when it is in no ring, or one of them was not known yet."""
    found = [features.get(FIGURE_PREFIX + name) for name in RingFigures.__struct_fields__]
    known = [float(each) for each in found if each is not None]
    if features.get("ring_density") is None or len(known) < len(found):
        return None
    return RingFigures(**dict(zip(RingFigures.__struct_fields__, known, strict=True)))
