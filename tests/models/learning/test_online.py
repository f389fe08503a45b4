"""What the model around the learners does: sampling, order, bins."""

from __future__ import annotations

from typing import Any

import pytest

from models.learning import sampling
from models.learning.additive import AdditiveTable
from models.learning.learner import Lesson
from models.learning.online import OnlineModel
from models.learning.preparation import FIRST_BINS, Preparation
from models.learning.pupil import Pupil
from models.learning.quantile_bins import QuantileBins, Rebinning
from models.learning.sampling import HonestSampling
from models.learning.weight_of_evidence import WeightOfEvidenceLearner
from tests.builders_learning import example


class Noting:
    """A learner that notes what it is given."""

    kind = "noting"

    def __init__(self) -> None:
        self.inner = WeightOfEvidenceLearner()
        self.learned: list[Lesson] = []
        self.unlearned: list[Lesson] = []
        self.placed = 0

    @property
    def member(self) -> AdditiveTable:
        return self.inner.member

    def frozen(self) -> AdditiveTable:
        return self.inner.frozen()

    def learn(self, lesson: Lesson, sampling: HonestSampling) -> None:
        self.learned.append(lesson)
        self.inner.learn(lesson, sampling)

    def unlearn(self, lesson: Lesson, sampling: HonestSampling) -> None:
        self.unlearned.append(lesson)
        self.inner.unlearn(lesson, sampling)

    def rebin(self, bins: QuantileBins, rebinning: Rebinning) -> None:
        self.placed += 1
        self.inner.rebin(bins, rebinning)


def model() -> tuple[OnlineModel, Noting]:
    learner = Noting()
    return OnlineModel("noting", [Pupil(learner)], Preparation(1)), learner


def teach(made: OnlineModel, numbers: range, **fields: Any) -> None:
    for number in numbers:
        made.learn(example(number, {"amount": float(number % 50)}, fraud=number % 10 == 0, **fields))


def test_what_came_before_there_were_bins_is_learned_when_they_are_placed() -> None:
    made, learner = model()
    teach(made, range(FIRST_BINS - 1))
    assert (learner.placed, learner.learned) == (0, [])
    teach(made, range(FIRST_BINS - 1, FIRST_BINS))
    assert learner.placed == 1
    assert [lesson.fraud for lesson in learner.learned] == [number % 10 == 0 for number in range(FIRST_BINS)]


def test_bins_are_placed_again_ever_more_rarely() -> None:
    made, learner = model()
    teach(made, range(3_000))
    assert learner.placed == 3  # after 128, 512 and 2,048 more


def test_new_columns_have_bins_at_once_and_better_ones_soon() -> None:
    made, learner = model()
    teach(made, range(200))
    before = learner.placed
    for number in range(200, 200 + FIRST_BINS):
        made.learn(example(number, {"amount": 1.0, "late": float(number)}, fraud=False))
    assert learner.placed == before + 1
    made.learn(example(500, {"amount": 1.0, "late": 1.0}, fraud=False))
    assert learner.placed == before + 2


def test_of_many_honest_examples_only_a_share_is_learned_and_every_fraud(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "LEAST_HONEST", 500)
    made, learner = model()
    for number in range(5_000):
        made.learn(example(number, {"amount": 1.0}, fraud=number % 250 == 0))
    assert sum(lesson.fraud for lesson in learner.learned) == 20
    honest = sum(not lesson.fraud for lesson in learner.learned)
    assert 500 < honest < 2_500


def test_a_large_weight_counts_no_more_than_the_largest() -> None:
    made, learner = model()
    teach(made, range(FIRST_BINS + 1), weight=1_000.0)
    assert learner.learned[-1].weight == 20.0


def test_a_correction_takes_back_what_was_learned_and_learns_the_truth() -> None:
    made, learner = model()
    teach(made, range(300))
    made.learn(example(290, {"amount": 40.0}, fraud=False, corrects=True))
    [taken_back] = learner.unlearned
    assert (taken_back.fraud, learner.learned[-1].fraud) == (True, False)
    assert taken_back.key == learner.learned[-1].key
    assert made._live.cold_start.frauds == 29


def test_a_category_is_read_before_its_own_label_is_counted() -> None:
    made, learner = model()
    teach(made, range(300))
    before = made._live.encoder.encode({"amount": 1.0}, {"channel": "h5"}, None).tolist()
    made.learn(example(300, {"amount": 1.0}, fraud=True))
    assert learner.learned[-1].inputs.vector.tolist()[1:] == before[1:]
