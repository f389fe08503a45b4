"""Models that share what they do alike learn what each would learn alone."""

from __future__ import annotations

import copy

import pytest

from models.learning.boosted_trees import BoostedTreesLearner
from models.learning.catalogue import default_models
from models.learning.logistic import LogisticLearner
from models.learning.online import OnlineModel
from models.learning.preparation import FIRST_BINS, Preparation
from models.learning.protocol import Example
from models.learning.pupil import Pupil
from models.learning.weight_of_evidence import WeightOfEvidenceLearner
from tests.builders_learning import example


def examples(count: int, first: int = 0) -> list[Example]:
    """A quarter more columns half-way; one in ten is fraud."""
    made = []
    for number in range(first, first + count):
        features: dict[str, float | None] = {"amount": float(number % 37) + 20 * (number % 10 == 0)}
        if number > 150:
            features["late"] = float(number % 7)
        made.append(example(number, features, fraud=number % 10 == 0))
    return made


def alone(name: str) -> OnlineModel:
    pupils = {
        "blend": [Pupil(BoostedTreesLearner(3)), Pupil(LogisticLearner())],
        "logistic": [Pupil(LogisticLearner())],
        "weight_of_evidence": [Pupil(WeightOfEvidenceLearner())],
    }
    return OnlineModel(name, pupils[name], Preparation(3), (0.0, 1.0) if name == "blend" else None)


@pytest.mark.parametrize("name", ["blend", "logistic", "weight_of_evidence"])
def test_a_model_beside_others_says_what_it_would_say_alone(name: str) -> None:
    beside, lone = default_models(3), alone(name)
    for each in examples(400):
        for model in beside.values():
            model.learn(each)
        lone.learn(each)
    for each in examples(20, first=1_000):
        asked = each.features, each.categories, each.anomaly
        assert beside[name].probability(*asked) == lone.probability(*asked)


def test_the_example_that_was_taken_last_is_not_taken_again() -> None:
    preparation = Preparation(1)
    first, second = examples(2)
    assert preparation.take(first) is preparation.take(first)
    assert preparation.take(second) is not preparation.take(first)
    assert preparation.sampling.frauds == 2  # the first one came again after another


def test_an_application_is_encoded_anew_when_something_was_learned_since() -> None:
    preparation = Preparation(1)
    *before, last = examples(FIRST_BINS + 1)
    for each in before:
        preparation.take(each)
    asked = last.features, last.categories, last.anomaly
    inputs = preparation.inputs(*asked)
    assert preparation.inputs(*asked) is inputs
    preparation.take(last)
    assert preparation.inputs(*asked) is not inputs


def test_models_that_are_restored_together_go_on_as_if_nothing_had_happened() -> None:
    models = default_models(3)
    for each in examples(300):
        for model in models.values():
            model.learn(each)
    again = default_models(3)
    for name, model in models.items():
        again[name].restore(copy.deepcopy(model.snapshot()))
    for each in examples(200, first=300):
        for name, model in models.items():
            asked = each.features, each.categories, each.anomaly
            assert again[name].probability(*asked) == model.probability(*asked)
        for both in (models, again):
            for model in both.values():
                model.learn(each)


def test_a_model_that_is_new_to_those_it_shares_with_starts_from_nothing_and_learns() -> None:
    old, models = default_models(3), default_models(3)
    for each in examples(300):
        for model in old.values():
            model.learn(each)
    for name in ("blend", "logistic", "hoeffding_bag"):
        models[name].restore(old[name].snapshot())
    new = models["weight_of_evidence"]
    assert new.probability({"amount": 56.0}, {}, None) == pytest.approx(0.01)
    for each in examples(400, first=300):
        for model in models.values():
            model.learn(each)
    assert new.probability({"amount": 56.0}, {}, None) > 2 * new.probability({"amount": 5.0}, {}, None)
