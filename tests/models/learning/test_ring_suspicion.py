"""What labels teach about rings, and when it is believed."""

from __future__ import annotations

import math
from random import Random

import pytest

from models.learning.ring_suspicion import LEAST_OF_EACH, RingSuspicion
from models.rings.suspicion import (
    FIGURE_PREFIX,
    INPUTS,
    PRIOR_WEIGHTS,
    RARITY,
    RingFigures,
    SuspicionWeights,
    inputs_of,
    log_odds,
)
from tests.builders_learning import example


def features_of(figures: RingFigures) -> dict[str, float | None]:
    return {FIGURE_PREFIX + name: float(getattr(figures, name)) for name in RingFigures.__struct_fields__}


def some_ring(rng: Random) -> RingFigures:
    size = 2 + int(rng.expovariate(0.5))
    return RingFigures(
        applicants=size,
        density=rng.uniform(0.3, 1.0),
        rarity=rng.choice(list(RARITY.values())),
        insularity=rng.uniform(0.5, 1.0),
        size_24h=rng.randint(1, size),
        equal_amounts=rng.random(),
        same_sales_rep=rng.random(),
        same_address=float(rng.random() < 0.4),
        frauds=0,
        listed=0,
        refused=rng.randint(0, 1),
        honest=0,
    )


def taught(truth: dict[str, float], rings: int, seed: int = 3) -> RingSuspicion:
    """Learned from rings that are fraud as often as these weights say; what they leave out is as the prior has it."""
    rng, learner = Random(seed), RingSuspicion()
    weights = tuple(truth.get(name, prior) for name, prior in zip(INPUTS, PRIOR_WEIGHTS.values, strict=True))
    for number in range(rings):
        ring = some_ring(rng)
        fraud = rng.random() < 1 / (1 + math.exp(-log_odds(inputs_of(ring), weights)))
        learner.learn(example(number, features_of(ring), fraud=fraud))
    return learner


ELSEWHERE = {"same_address": 3.0, "same_sales_rep": 4.0, "rarity": -1.0, "equal_amounts": -2.0}
"""A place where rings give one address and one rep, and rare identifiers mean nothing."""


def test_weights_that_are_better_on_later_labels_are_served_in_place_of_the_prior_ones() -> None:
    learner = taught(ELSEWHERE, 1_500)
    assert learner.better
    serving = learner.serving()
    assert serving == learner.learned() != PRIOR_WEIGHTS
    assert serving.examples == 1_500
    by_name = dict(zip(INPUTS, serving.values, strict=True))
    assert by_name["same_address"] > 0 > by_name["equal_amounts"]


@pytest.mark.parametrize("seed", range(4))
def test_where_the_prior_is_right_it_stays(seed: int) -> None:
    learner = taught({}, 600, seed)
    assert not learner.better
    assert learner.serving() is PRIOR_WEIGHTS


def test_nothing_is_compared_before_there_are_frauds_and_honest_applications_enough() -> None:
    learner = RingSuspicion()
    ring = features_of(some_ring(Random(1)))
    for number in range(LEAST_OF_EACH):
        learner.learn(example(number, ring, fraud=True))
    for number in range(LEAST_OF_EACH - 1):
        learner.learn(example(1_000 + number, ring))
    assert learner.mean_gain is None
    learner.learn(example(5_000, ring))
    assert learner.mean_gain is not None


def test_an_application_in_no_ring_teaches_nothing() -> None:
    learner = RingSuspicion()
    learner.learn(example(1, {"amount_cny": 1.0}, fraud=True))
    assert learner.learned() == SuspicionWeights(PRIOR_WEIGHTS.values)


def test_a_correction_takes_the_step_back_the_other_way() -> None:
    ring = features_of(some_ring(Random(1)))
    corrected, right = RingSuspicion(), RingSuspicion()
    corrected.learn(example(1, ring, fraud=True))
    corrected.learn(example(1, ring, fraud=False, corrects=True))
    right.learn(example(1, ring, fraud=False))
    assert (corrected.frauds, corrected.honest) == (0, 1)
    assert corrected.learned().values == pytest.approx(right.learned().values)


def test_what_is_restored_goes_on_alike() -> None:
    one, other = taught(ELSEWHERE, 200), RingSuspicion()
    kept = one.snapshot()
    other.restore(kept)
    for number in range(300, 330):
        ring = features_of(some_ring(Random(number)))
        for learner in (one, other):
            learner.learn(example(number, ring, fraud=number % 2 == 0))
    assert one.learned() == other.learned()
    assert one.mean_gain == other.mean_gain
    again = RingSuspicion()
    again.restore(kept)
    assert again.learned() != one.learned()


def test_a_snapshot_of_other_inputs_is_not_gone_on_from() -> None:
    learner = RingSuspicion()
    learner.restore(taught(ELSEWHERE, 100).snapshot() | {"inputs": ["bias"]})
    assert learner.learned() == SuspicionWeights(PRIOR_WEIGHTS.values)
