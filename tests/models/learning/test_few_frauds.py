"""What the candidate to become champion makes of a handful of frauds."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from msgspec.structs import replace
from numpy.typing import NDArray

from models.learning.boosted_trees import FIRST_FRAUDS
from models.learning.catalogue import default_models
from models.learning.protocol import Example, LearningModel
from tests.builders_learning import example

COLUMNS = 12


def numbers(count: int, frauds: int, seed: int) -> Iterator[Example]:
    """Twelve columns of which four tell, on scales of their own; an anomaly score that knows nothing of them."""
    rng = np.random.default_rng(seed)
    fraudulent = set(rng.choice(np.arange(500, count), frauds, replace=False).tolist())
    for number in range(count):
        fraud, row = number in fraudulent, rng.normal(size=COLUMNS)
        row[:4] += fraud * np.array([2.0, -2.0, 1.7, 1.7])
        row[2], row[4], row[6] = np.exp(row[2]), np.exp(2 * row[4]), 1e6 * row[6]
        features = {f"n{column}": value for column, value in enumerate(row.tolist())}
        yield replace(example(number + seed * 1_000_000, features, fraud=fraud), anomaly=float(rng.normal()))


def taught(examples: Iterator[Example], name: str = "blend") -> LearningModel:
    model = default_models(1)[name]
    for each in examples:
        model.learn(each)
    return model


def area(blend: LearningModel, seed: int) -> float:
    """Under the ROC curve, of what was not learned."""
    fresh = list(numbers(2_500, 500, seed))
    said = np.array([blend.probability(each.features, each.categories, each.anomaly) for each in fresh])
    fraud: NDArray[np.bool_] = np.array([each.fraud for each in fresh])
    return float((said[fraud][:, None] > said[~fraud]).mean())


@pytest.mark.parametrize(("count", "frauds", "least"), [(6_000, 4, 0.95), (6_000, 8, 0.95), (800, 12, 0.95)])
def test_what_few_frauds_were_like_is_suspected(count: int, frauds: int, least: float) -> None:
    assert area(taught(numbers(count, frauds, seed=3)), seed=4) > least


def test_one_in_a_thousand_is_said_to_be_one_in_a_thousand() -> None:
    blend = taught(numbers(8_000, 8, seed=5))
    honest = list(numbers(2_500, 0, seed=6))
    said = [blend.probability(each.features, each.categories, each.anomaly) for each in honest]
    assert 0.0002 < np.mean(said) < 0.004


def test_until_there_are_trees_the_blend_is_the_curves() -> None:
    few = FIRST_FRAUDS - 1
    blend, curves = (taught(numbers(2_000, few, seed=7), name) for name in ("blend", "logistic"))
    for each in numbers(600, 20, seed=8):
        asked = each.features, each.categories, each.anomaly
        assert blend.probability(*asked) == pytest.approx(curves.probability(*asked), rel=0.02)
