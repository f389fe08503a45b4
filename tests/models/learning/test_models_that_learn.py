"""What every model that learns keeps, whatever its kind."""

from __future__ import annotations

import io
import math
import pickle
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import pytest

from models.learning.catalogue import default_models
from models.learning.protocol import Example, LearningModel
from models.learning.snapshot_classes import SNAPSHOT_CLASSES
from models.scoring.scorer import Score, probability
from tests.builders_learning import example

NAMES = tuple(default_models(1))
SEED = 7

FRAUD_LIKE: dict[str, float | None] = {"amount": 9_000.0, "linked": 4.0, "income": None, "nothing": None}
HONEST_LIKE: dict[str, float | None] = {"amount": 900.0, "linked": 0.0, "income": 6_000.0, "nothing": None}


def stream(count: int, *, first: int = 0, seed: int = 3, base: float = -4.4) -> Iterator[Example]:
    """About one fraud in twenty: large amounts, linked applications, a missing income, the channel `api`, and what is
    unusual speak for it."""
    rng = np.random.default_rng([seed, first])
    for number in range(first, first + count):
        amount, linked, anomaly = rng.lognormal(7, 1), float(rng.poisson(0.5)), rng.normal(0.4, 0.1)
        income = None if rng.random() < 0.3 else rng.lognormal(8.5, 0.5)
        channel = str(rng.choice(["h5", "app", "api"], p=[0.6, 0.3, 0.1]))
        log_odds = (
            base + 0.6 * (math.log(amount) - 7) + 0.9 * linked + 1.2 * (income is None) + 1.5 * (channel == "api")
        )
        fraud = bool(rng.random() < 1 / (1 + math.exp(-log_odds - 5 * (anomaly - 0.4))))
        features = {"amount": float(amount), "linked": linked, "income": income, "nothing": None}
        made = example(number, features, fraud=fraud)
        yield Example(**{**_fields(made), "categories": {"channel": channel}, "anomaly": float(anomaly)})


def _fields(made: Example) -> dict[str, Any]:
    return {name: getattr(made, name) for name in made.__struct_fields__}


def taught(number: int, features: dict[str, float | None], **fields: Any) -> Example:
    """As `ask` asks, with a label."""
    return Example(**{**_fields(example(number, features, **fields)), "anomaly": 0.4})


def ask(model: LearningModel, features: dict[str, float | None], channel: str | None = "h5") -> Score:
    return model.predict(features, {"channel": channel}, 0.4)


@cache
def snapshot_of(name: str) -> Any:
    """Of a model that has learned 3,000 examples."""
    model = default_models(SEED)[name]
    for each in stream(3_000):
        model.learn(each)
    return model.snapshot()


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def learned(name: str) -> LearningModel:
    model = default_models(SEED)[name]
    model.restore(snapshot_of(name))
    return model


class OnlyAllowed(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in SNAPSHOT_CLASSES:
            raise pickle.UnpicklingError(f"{module}.{name}")
        return super().find_class(module, name)


def reloaded(thing: Any) -> Any:
    """Written and read as the store of models does, by allow-listed classes alone."""
    return OnlyAllowed(io.BytesIO(pickle.dumps(thing, protocol=5))).load()


def test_there_are_a_candidate_and_at_least_three_challengers_of_different_kinds() -> None:
    kinds = [model.kind for model in default_models(SEED).values()]
    assert len(set(kinds)) == len(kinds) >= 4


def test_a_model_that_learned_nothing_gives_one_in_a_hundred(name: str) -> None:
    score = ask(default_models(SEED)[name], FRAUD_LIKE)
    assert (score.fraud_score, score.contributions) == (0.01, [])


def test_what_frauds_were_like_scores_higher(learned: LearningModel) -> None:
    fraud_like, honest_like = ask(learned, FRAUD_LIKE, "api"), ask(learned, HONEST_LIKE)
    assert fraud_like.fraud_score > 2 * honest_like.fraud_score


def test_contributions_add_up_to_the_log_odds(learned: LearningModel) -> None:
    for each in stream(200, first=50_000):
        score = learned.predict(each.features, each.categories, each.anomaly)
        added = score.base_log_odds + sum(part.contribution for part in score.contributions)
        assert added == pytest.approx(score.log_odds, abs=1e-9)
        assert score.fraud_score == probability(score.log_odds)


def test_the_probability_alone_is_that_of_the_score(learned: LearningModel) -> None:
    for each in stream(200, first=50_000):
        score = learned.predict(each.features, each.categories, each.anomaly)
        alone = learned.probability(each.features, each.categories, each.anomaly)
        assert math.log(alone / (1 - alone)) == pytest.approx(score.log_odds, abs=1e-9)


def test_contributions_name_features_categories_and_the_anomaly_score_once(learned: LearningModel) -> None:
    [each] = stream(1, first=50_000)
    told = {
        part.name: part.value for part in learned.predict(each.features, each.categories, each.anomaly).contributions
    }
    assert told.items() <= {**each.features, **each.categories, "anomaly": each.anomaly}.items()
    assert "linked" in told


def test_the_frozen_scorer_scores_as_the_model(learned: LearningModel) -> None:
    scorer = reloaded(learned.scorer())
    for each in stream(200, first=50_000):
        frozen = scorer.score(each.features, each.categories, each.anomaly)
        live = learned.predict(each.features, each.categories, each.anomaly)
        assert frozen.log_odds == pytest.approx(live.log_odds, abs=1e-9)
        assert [part.name for part in frozen.contributions] == [part.name for part in live.contributions]


def test_later_learning_changes_neither_a_scorer_nor_a_snapshot(learned: LearningModel) -> None:
    scorer, snapshot = learned.scorer(), learned.snapshot()
    before = pickle.dumps(scorer), pickle.dumps(snapshot)
    for each in stream(600, first=60_000):
        learned.learn(each)
    assert (pickle.dumps(scorer), pickle.dumps(snapshot)) == before
    assert ask(learned, FRAUD_LIKE) != scorer.score(FRAUD_LIKE, {"channel": "h5"}, 0.4)


def test_a_restored_model_goes_on_as_the_one_that_was_kept(name: str, learned: LearningModel) -> None:
    other = default_models(SEED + 1)[name]
    other.restore(reloaded(learned.snapshot()))
    for each in stream(300, first=60_000):
        assert other.predict(each.features, each.categories, each.anomaly) == learned.predict(
            each.features, each.categories, each.anomaly
        )
        learned.learn(each)
        other.learn(each)


def test_a_snapshot_of_another_kind_is_refused(name: str) -> None:
    other = next(each for each in NAMES if each != name)
    with pytest.raises(ValueError, match=f"not a snapshot of a {name} model"):
        default_models(SEED)[name].restore(default_models(SEED)[other].snapshot())


def test_the_same_seed_and_examples_give_the_same_scores(name: str, learned: LearningModel) -> None:
    again = default_models(SEED)[name]
    for each in stream(3_000):
        again.learn(each)
    assert [again.predict(e.features, e.categories, e.anomaly) for e in stream(50, first=50_000)] == [
        learned.predict(e.features, e.categories, e.anomaly) for e in stream(50, first=50_000)
    ]


def test_predicting_never_learns(learned: LearningModel) -> None:
    before = pickle.dumps(learned.snapshot())
    for each in stream(100, first=50_000):
        learned.predict({**each.features, "new": 1.0}, {**each.categories, "new": "x"}, each.anomaly)
        learned.probability(each.features, each.categories, each.anomaly)
    learned.scorer()
    assert pickle.dumps(learned.snapshot()) == before


def test_missing_is_not_zero(learned: LearningModel) -> None:
    missing, zero = ask(learned, {**HONEST_LIKE, "income": None}), ask(learned, {**HONEST_LIKE, "income": 0.0})
    assert missing.log_odds != zero.log_odds
    assert missing.log_odds > ask(learned, HONEST_LIKE).log_odds


def test_a_name_that_is_absent_is_missing_and_an_unknown_one_has_no_effect(learned: LearningModel) -> None:
    absent = {name: value for name, value in FRAUD_LIKE.items() if value is not None}
    missing = learned.predict(FRAUD_LIKE, {"channel": None}, None)
    assert learned.predict(absent, {}, None).log_odds == missing.log_odds
    assert learned.predict({**FRAUD_LIKE, "new": 9.0}, {"channel": None, "new": "x"}, None).log_odds == missing.log_odds


def test_a_feature_that_comes_later_is_learned(name: str, learned: LearningModel) -> None:
    for number in range(70_000, 72_000):
        fraud = number % 10 == 0
        learned.learn(taught(number, {**HONEST_LIKE, "late": 5.0 if fraud else float(number % 4)}, fraud=fraud))
    suspicious, usual = (ask(learned, {**HONEST_LIKE, "late": late}).fraud_score for late in (5.0, 1.0))
    assert suspicious > 2 * usual


def test_weights_count(name: str) -> None:
    scores = []
    for weight in (1.0, 20.0):
        model = default_models(SEED)[name]
        model.restore(snapshot_of(name))
        for number in range(70_000, 70_060):
            model.learn(taught(number, HONEST_LIKE, fraud=True, weight=weight))
        scores.append(ask(model, HONEST_LIKE).log_odds)
    assert scores[1] > scores[0]


def test_corrections_undo_what_was_learned(name: str, learned: LearningModel) -> None:
    before = ask(learned, HONEST_LIKE).log_odds
    for number in range(70_000, 70_150):
        learned.learn(taught(number, HONEST_LIKE, fraud=True))
    wrong = ask(learned, HONEST_LIKE).log_odds
    for number in range(70_000, 70_150):
        learned.learn(taught(number, HONEST_LIKE, fraud=False, corrects=True))
    corrected = ask(learned, HONEST_LIKE).log_odds
    assert wrong > before + 1
    assert abs(corrected - before) < (wrong - before) / 2


def test_the_probability_is_calibrated(learned: LearningModel) -> None:
    fresh = list(stream(6_000, first=80_000))
    said = np.array([learned.probability(each.features, each.categories, each.anomaly) for each in fresh])
    fraud = np.array([each.fraud for each in fresh])
    assert said.mean() == pytest.approx(fraud.mean(), rel=0.2)
    for some in np.array_split(np.argsort(said)[len(said) // 2 :], 3):
        assert said[some].mean() == pytest.approx(fraud[some].mean(), rel=0.6, abs=0.01)


def test_a_fraud_share_that_drifts_is_followed(learned: LearningModel) -> None:
    for each in stream(4_000, first=90_000, base=-3.0):
        learned.learn(each)
    fresh = list(stream(2_000, first=95_000, base=-3.0))
    said = [learned.probability(each.features, each.categories, each.anomaly) for each in fresh]
    assert np.mean(said) == pytest.approx(np.mean([each.fraud for each in fresh]), rel=0.25)


def test_before_frauds_are_known_what_is_unusual_scores_higher(name: str) -> None:
    model = default_models(SEED)[name]
    for each in stream(500, base=-50.0):
        model.learn(each)
    usual, unusual = (model.predict(HONEST_LIKE, {}, anomaly) for anomaly in (0.3, 0.7))
    assert unusual.log_odds > usual.log_odds + 1
    assert [part.name for part in unusual.contributions] == ["anomaly"]
