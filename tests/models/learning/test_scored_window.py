"""What is kept of scored applications: the newest, frauds and honest of the same time."""

from __future__ import annotations

import numpy as np

from models.learning.scored_window import MOST_PER_FRAUD, ScoredWindow


def test_the_oldest_go_when_there_is_one_fraud_too_many_and_honest_ones_with_them() -> None:
    window = ScoredWindow(("a",), 2)
    for number, fraud in enumerate([False, True, False, True, False]):
        window.add(f"A-{number}", fraud, 1.0, [number / 10])
    assert window.frauds == 2
    assert window.arrays()[2][:, 0].tolist() == [0.0, 0.1, 0.2, 0.3, 0.4]
    window.add("A-5", True, 1.0, [0.5])
    assert window.frauds == 2
    assert window.arrays()[2][:, 0].tolist() == [0.2, 0.3, 0.4, 0.5]


def test_it_is_bounded_where_frauds_are_rare() -> None:
    window = ScoredWindow(("a",), 2)
    for number in range(2 * MOST_PER_FRAUD + 1):
        window.add(f"A-{number}", number == 0, 1.0, [0.0])
    fraud, _, _ = window.arrays()
    assert len(fraud) == 2 * MOST_PER_FRAUD
    assert window.frauds == 0


def test_a_correction_changes_the_label_and_the_weight_and_keeps_the_scores() -> None:
    window = ScoredWindow(("a", "b"), 5)
    window.add("A-1", False, 10.0, [0.2, 0.3])
    assert window.correct("A-1", True, 1.0)
    fraud, weight, scores = window.arrays()
    assert (fraud.tolist(), weight.tolist(), scores.tolist(), window.frauds) == ([True], [1.0], [[0.2, 0.3]], 1)
    assert not window.correct("A-2", True, 1.0)


def test_an_application_that_has_gone_cannot_be_corrected() -> None:
    window = ScoredWindow(("a",), 1)
    window.add("A-1", True, 1.0, [0.2])
    window.add("A-2", True, 1.0, [0.2])
    assert not window.correct("A-1", False, 1.0)
    assert window.correct("A-2", False, 1.0)
    assert window.frauds == 0


def test_an_application_that_came_twice_is_corrected_where_it_is_newest() -> None:
    window = ScoredWindow(("a",), 1)
    window.add("A-1", True, 1.0, [0.1])
    window.add("A-1", True, 1.0, [0.9])
    assert window.correct("A-1", False, 1.0)
    assert window.arrays()[2].tolist() == [[0.9]]


def test_without_applications_there_are_empty_arrays() -> None:
    fraud, weight, scores = ScoredWindow(("a", "b"), 1).arrays()
    assert (fraud.shape, weight.shape, scores.shape) == ((0,), (0,), (0, 2))


def test_a_model_that_is_new_has_no_scores_for_what_was_before() -> None:
    old = ScoredWindow(("a", "gone"), 5)
    old.add("A-1", True, 2.0, [0.1, 0.9])
    new = ScoredWindow(("new", "a"), 5)
    new.restore(old.snapshot())
    fraud, weight, scores = new.arrays()
    assert (fraud.tolist(), weight.tolist(), new.frauds) == ([True], [2.0], 1)
    assert np.isnan(scores[0, 0]) and scores[0, 1] == 0.1
    assert new.correct("A-1", False, 1.0)
