"""Boosted trees: our reading of scikit-learn's, and when they are fitted."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

from models.learning.boosted_trees import FIRST_FRAUDS, BoostedTreesLearner, _tree, fit
from models.learning.inputs import Inputs
from models.learning.learner import Lesson
from models.learning.sampling import HonestSampling
from models.learning.tree_ensemble import TreeEnsemble

COLUMNS = 5


def vectors(rng: np.random.Generator, count: int, shift: float = 0.0) -> NDArray[np.float32]:
    """Normal values, one in ten missing; the last column always 1."""
    made = rng.normal(shift, 1.0, size=(count, COLUMNS)).astype(np.float32)
    made[rng.random(made.shape) < 0.1] = np.nan
    made[:, -1] = 1.0
    return made


def inputs(vector: NDArray[np.float32]) -> Inputs:
    return Inputs(vector, np.zeros(len(vector), dtype=np.intp), vector.tolist())


def lesson(rng: np.random.Generator, key: int, *, fraud: bool, weight: float = 1.0) -> Lesson:
    return Lesson(inputs(vectors(rng, 1, 1.5 if fraud else 0.0)[0]), fraud, weight, key)


def taught(learner: BoostedTreesLearner, sampling: HonestSampling, *, frauds: int, honest: int) -> list[TreeEnsemble]:
    """Honest ones first; the members there were."""
    rng, members = np.random.default_rng(5), [learner.member]
    for key in range(honest + frauds):
        sampling.count(key >= honest)
        learner.learn(lesson(rng, key, fraud=key >= honest), sampling)
        if learner.member is not members[-1]:
            members.append(learner.member)
    return members


def test_our_trees_score_as_scikit_learns() -> None:
    rng = np.random.default_rng(1)
    seen = vectors(rng, 3_000)
    fraud = (np.nan_to_num(seen[:, 0]) + 2.0 * np.isnan(seen[:, 1]) + rng.normal(size=3_000)) > 2
    boosting = HistGradientBoostingClassifier(max_iter=30, max_leaf_nodes=12, random_state=1).fit(seen, fraud)
    trees = TreeEnsemble(
        float(boosting._baseline_prediction.item()),
        [_tree(predictor.nodes, np.arange(COLUMNS)) for [predictor] in boosting._predictors],
    )
    fresh = vectors(rng, 500)
    ours = [trees.log_odds(inputs(vector)) for vector in fresh]
    assert ours == pytest.approx(boosting.decision_function(fresh).tolist(), abs=1e-9)
    explained = [trees.contributions(inputs(vector)) for vector in fresh]
    assert [base + added.sum() for base, added in explained] == pytest.approx(ours, abs=1e-9)


def test_odds_are_those_of_all_applications_and_not_of_the_sample() -> None:
    rng = np.random.default_rng(2)
    frauds, honest = vectors(rng, 500), vectors(rng, 500)  # nothing tells them apart
    trees = fit(frauds, honest, math.log(1 / 99), seed=1)
    assert np.mean([trees.log_odds(inputs(vector)) for vector in honest]) == pytest.approx(math.log(1 / 99), abs=0.3)


def test_columns_that_are_constant_make_no_trees() -> None:
    same = np.ones((50, 2), dtype=np.float32)
    assert fit(same, same, -3.0, seed=1).log_odds(inputs(same[0])) == -3.0


def test_vectors_that_became_longer_are_fitted_with_the_shorter() -> None:
    rng = np.random.default_rng(3)
    longer, shorter = vectors(rng, 60, 1.5), vectors(rng, 600)[:, :3]
    assert fit(longer, shorter, -3.0, seed=1).log_odds(inputs(longer[0])) > -3.0


def test_the_first_fit_waits_for_enough_frauds() -> None:
    learner, sampling = BoostedTreesLearner(1), HonestSampling(1)
    members = taught(learner, sampling, frauds=FIRST_FRAUDS - 1, honest=300)
    assert not any(member._trees for member in members)
    rng = np.random.default_rng(6)
    sampling.count(True)
    learner.learn(lesson(rng, 999, fraud=True), sampling)
    assert learner.member._trees


def test_fits_become_rarer_as_frauds_become_many() -> None:
    learner, sampling = BoostedTreesLearner(1), HonestSampling(1)
    fits = [member for member in taught(learner, sampling, frauds=60, honest=600) if member._trees]
    assert 4 <= len(fits) <= 6  # at 10, 15, 23, 35, 53


def test_a_fit_is_due_after_so_many_examples_though_few_of_them_are_frauds() -> None:
    learner, sampling = BoostedTreesLearner(1), HonestSampling(1)
    taught(learner, sampling, frauds=100, honest=600)
    before, rng = learner.member, np.random.default_rng(7)
    for key in range(10_000, 12_000):
        fraud = key % 400 == 0
        sampling.count(fraud)
        learner.learn(lesson(rng, key, fraud=fraud), sampling)
    assert learner.member is not before


def test_what_is_taken_back_is_not_fitted_to() -> None:
    learner, sampling = BoostedTreesLearner(1), HonestSampling(1)
    taught(learner, sampling, frauds=20, honest=300)
    learner.unlearn(lesson(np.random.default_rng(1), 310, fraud=True), sampling)
    learner.unlearn(lesson(np.random.default_rng(1), 10, fraud=False), sampling)
    assert 310 not in learner._frauds.keys
    assert 10 not in learner._honest.keys
    assert (len(learner._frauds), len(learner._honest)) == (19, 299)
