"""Which share of the honest applications all models score."""

from __future__ import annotations

import pytest

from models.learning.progress import FIRST_EXAMPLES, HONEST_PER_FRAUD, LEAST_SHARE, Progress
from tests.builders_learning import example


def after(*labels: bool) -> Progress:
    progress = Progress(champion="scorecard", next_look=50)
    for number, fraud in enumerate(labels):
        progress.count(example(number, fraud=fraud))
    return progress


def test_at_first_all_of_them_are_scored() -> None:
    assert after().honest_share == 1.0
    last = FIRST_EXAMPLES * (HONEST_PER_FRAUD - 1)
    assert after(*[False] * last).honest_share == pytest.approx(1.0)
    assert after(*[False] * (last + 1)).honest_share < 0.9999


def test_then_about_ten_for_each_fraud() -> None:
    progress = after(*([True] + [False] * 99) * 400)
    assert progress.honest_share == pytest.approx(HONEST_PER_FRAUD * 0.01, rel=0.2)


def test_where_frauds_are_common_all_of_them() -> None:
    assert after(*[True, False] * 2_000).honest_share == 1.0


def test_never_fewer_than_the_least_share() -> None:
    progress = after()
    progress.fraud_share = 0.0
    assert progress.honest_share == LEAST_SHARE


def test_the_share_follows_the_frauds_of_late() -> None:
    many = after(*([True] + [False] * 19) * 2_000)
    for number in range(100_000):
        many.count(example(number, fraud=number % 200 == 0))
    assert many.honest_share == pytest.approx(HONEST_PER_FRAUD * 0.005, rel=0.1)


def test_a_correction_is_an_example_but_not_another_application() -> None:
    progress = after(False, True)
    before = progress.fraud_share
    progress.count(example(1, fraud=False, corrects=True))
    assert (progress.fraud_share, progress.examples, progress.frauds) == (before, 3, 1)
