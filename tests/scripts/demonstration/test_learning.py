"""Recall against the scorecard: thresholds at equality, stretches that cover everything, changes of the model."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.demonstration.learning import (
    LEAST_IN_A_STRETCH,
    STRETCHES,
    Change,
    Scored,
    changes,
    in_order,
    recall,
    stretches,
)
from tests.scripts.demonstration.scored import START, honest, scored


@pytest.mark.parametrize(("false_positives", "caught"), [(1, 1.0), (2, 1.0), (3, 0.0)])
def test_a_fraud_is_caught_when_at_most_one_percent_of_the_honest_score_as_high(
    false_positives: int, caught: float
) -> None:
    fraud = scored(200, served=0.5 - false_positives / 400, scorecard=0.9, fraud=True)
    found = recall([*honest(200), fraud])
    assert (found.served, found.scorecard) == (caught, 1.0)


def test_one_typology_is_measured_at_the_threshold_of_all() -> None:
    known = [scored(200 + each, served=0.9, fraud=True, typology="device_farm") for each in range(3)]
    new = [scored(203, served=0.9, fraud=True, typology="new"), scored(204, served=0.1, fraud=True, typology="new")]
    found = recall([*honest(200), *known, *new], "new")
    assert (found.frauds, found.served, found.scorecard) == (2, 0.5, 0.0)


@pytest.mark.parametrize("applications", [[], honest(10), [scored(1, fraud=True)]])
def test_there_is_no_recall_without_frauds_or_without_honest_applications(applications: list[Scored]) -> None:
    assert recall(applications).served is None


@given(st.integers(0, 3 * LEAST_IN_A_STRETCH))
def test_every_application_is_in_one_stretch(count: int) -> None:
    found = stretches(honest(count), "new") if count else stretches([], "new")
    assert [number for each in found for number in range(each.first, each.last + 1)] == list(range(1, count + 1))


@pytest.mark.parametrize(
    ("applications", "expected"),
    [
        (1, 1),
        (LEAST_IN_A_STRETCH * 3 // 2, 2),
        (LEAST_IN_A_STRETCH * 3 // 2 - 1, 1),
        (2 * LEAST_IN_A_STRETCH, 2),
        (STRETCHES * LEAST_IN_A_STRETCH, STRETCHES),
        (2 * STRETCHES * LEAST_IN_A_STRETCH, STRETCHES),
    ],
)
def test_stretches_are_about_long_enough_and_not_too_many(applications: int, expected: int) -> None:
    assert len(stretches(honest(applications), "new")) == expected


def test_a_stretch_says_when_it_was() -> None:
    rows = [*honest(399), scored(399, 0.9, 0.9, fraud=True, typology="new")]
    [found] = stretches(rows, "new")
    assert (found.since, found.until) == (START, rows[-1].occurred_at)
    assert (found.every.frauds, found.new.frauds, found.new.served) == (1, 1, 1.0)


def test_no_stretch_spans_a_change_of_the_model() -> None:
    found = stretches([*honest(450), *honest(20, 450, "blend-7-0123abcd"), *honest(800, 470)], "new")
    assert [(each.first, each.last, each.model) for each in found] == [
        (1, 450, "scorecard"),
        (451, 470, "blend"),
        (471, 870, "scorecard"),
        (871, 1_270, "scorecard"),
    ]


def test_a_model_that_learned_on_is_no_change_and_another_one_is() -> None:
    models = ["scorecard-1", "blend-7-0123abcd", "blend-8-0123abcd", "logistic-9-0123abcd", "scorecard-1"]
    rows = [scored(number, model=model) for number, model in enumerate(models)]
    assert changes(rows) == [
        Change(first=2, occurred_at=rows[1].occurred_at, model="blend"),
        Change(first=4, occurred_at=rows[3].occurred_at, model="logistic"),
        Change(first=5, occurred_at=rows[4].occurred_at, model="scorecard"),
    ]


def test_applications_are_in_the_order_of_their_decisions() -> None:
    rows = honest(20)
    assert in_order(Random(1).sample(rows, 20)) == rows
