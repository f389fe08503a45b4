"""Which honest examples are learned."""

from __future__ import annotations

import math

import numpy as np
import pytest

from models.learning.sampling import HALVE_AT, HONEST_PER_FRAUD, LEAST_HONEST, HonestSampling


def sampling(frauds: int, honest: int) -> HonestSampling:
    made = HonestSampling(1)
    made.frauds, made.honest = float(frauds), float(honest)
    return made


@pytest.mark.parametrize(
    ("frauds", "honest", "rate"),
    [
        (0, 0, 1.0),
        (0, LEAST_HONEST, 1.0),
        (0, 4 * LEAST_HONEST, 0.25),
        (LEAST_HONEST // HONEST_PER_FRAUD, 4 * LEAST_HONEST, 0.25),
        (2 * LEAST_HONEST // HONEST_PER_FRAUD, 4 * LEAST_HONEST, 0.5),
    ],
)
def test_all_are_taken_while_there_are_few_and_then_so_many_for_each_fraud(
    frauds: int, honest: int, rate: float
) -> None:
    assert sampling(frauds, honest).rate == rate


def test_the_share_taken_is_the_rate() -> None:
    made = sampling(0, 4 * LEAST_HONEST)
    keys = [made.key(f"A-{number}") for number in range(20_000)]
    taken = [made.takes(key) for key in keys]
    assert np.mean(taken) == pytest.approx(0.25, abs=0.01)
    assert made.would_take(np.array(keys)).tolist() == taken


def test_who_is_taken_at_a_lower_rate_is_taken_at_a_higher_one() -> None:
    low, high = sampling(0, 8 * LEAST_HONEST), sampling(0, 2 * LEAST_HONEST)
    keys = [low.key(f"A-{number}") for number in range(1_000)]
    assert {key for key in keys if low.takes(key)} < {key for key in keys if high.takes(key)}


def test_a_key_depends_on_the_application_and_the_seed_alone() -> None:
    assert HonestSampling(1).key("A-1") == HonestSampling(1).key("A-1")
    assert HonestSampling(1).key("A-1") != HonestSampling(2).key("A-1")
    assert 0 <= HonestSampling(1).key("A-1") < 2**63


def test_old_counts_fade() -> None:
    made = sampling(1_000, HALVE_AT - 1)
    made.count(False)
    assert (made.frauds, made.honest) == (500, HALVE_AT / 2)


def test_counting_away_is_the_reverse_of_counting() -> None:
    made = sampling(3, 300)
    before = made.log_odds
    made.count(True)
    assert made.log_odds > before
    made.count(True, -1.0)
    assert made.log_odds == before


def test_without_examples_one_in_a_hundred_is_fraud() -> None:
    assert HonestSampling(1).log_odds == pytest.approx(math.log(1 / 99))
