"""What the learner remembers: nothing is learned twice, and what is restored goes on alike."""

from __future__ import annotations

import pickle
import random
from datetime import UTC, datetime, timedelta

import pytest

from models.features.registry import FEATURE_NAMES
from models.learning.catalogue import default_models
from models.learning.protocol import Example
from models.policy.policy import load_policy_file
from streams.learner import state as state_module
from streams.learner.state import LearnerState

POLICY = load_policy_file()
AT = datetime(2026, 11, 1, tzinfo=UTC)


def example(number: int, fraud: bool, name: str = "l", corrects: bool | None = None) -> Example:
    return Example(
        example_id=f"A-{number}:{name}",
        application_id=f"A-{number}",
        event_id=f"e-{number}",
        occurred_at=AT + timedelta(minutes=number),
        known_at=AT + timedelta(days=7, minutes=number),
        fraud=fraud,
        features=dict.fromkeys(FEATURE_NAMES) | {"amount_cny": random.Random(number).gauss(9.0 if fraud else 4.0, 1.0)},
        categories={"channel": "h5"},
        corrects=corrects,
    )


def new_state() -> LearnerState:
    return LearnerState(POLICY, default_models)


def test_an_example_is_learned_once() -> None:
    state = new_state()
    assert state.learn(example(1, True)) == []
    assert state.learn(example(1, True)) is None
    assert state.learn(example(1, True, "another label that says the same")) is None
    assert (state.tournament.examples, state.tournament.frauds) == (1, 1)


def test_a_correction_is_learned_once_and_the_corrected_one_does_not_come_back() -> None:
    state = new_state()
    state.learn(example(1, True, "f"))
    assert state.learn(example(1, False, "h", corrects=True)) is not None
    assert state.learn(example(1, False, "h", corrects=True)) is None
    assert state.learn(example(1, True, "f")) is None  # told late, by a worker that had lost the partition
    assert state.tournament.examples == 2


def test_memory_is_bounded_by_the_newest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_module, "REMEMBERED", 3)
    monkeypatch.setattr(state_module, "SPARE", 2)
    state = new_state()
    for number in range(5):
        state.learn(example(number, False))
    assert state.learn(example(4, False)) is None
    assert state.learn(example(2, False)) is None
    assert state.learn(example(1, False)) == []


def test_a_restored_state_goes_on_as_the_one_that_was_saved() -> None:
    state, numbers = new_state(), range(60)
    for number in numbers:
        state.learn(example(number, number % 5 == 0))
    restored = new_state()
    restored.restore(pickle.loads(pickle.dumps(state.snapshot())))  # noqa: S301 - our own
    assert restored.learn(example(7, False)) is None
    for number in range(60, 120):
        for each in (state, restored):
            each.learn(example(number, number % 5 == 0))
    for name in default_models(0):
        probe = example(1_000, True)
        scores = [
            each.tournament.scorer(name).score(probe.features, probe.categories, None) for each in (state, restored)
        ]
        assert scores[0] == scores[1]
    assert restored.tournament.examples == 120


def test_a_held_champion_is_kept_and_what_was_learned_as_well() -> None:
    state = new_state()
    for number in range(10):
        state.learn(example(number, number % 2 == 0))
    state.tournament.promote("logistic", AT)
    state.hold(True)
    assert (state.tournament.champion, state.tournament.examples, state.held) == ("logistic", 10, True)
    restored = new_state()
    restored.restore(state.snapshot())
    assert restored.held
