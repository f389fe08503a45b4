"""The anomaly model: silent at first, then it tells the unusual from the usual, the same way every time."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.features.registry import FEATURE_NAMES
from models.scoring.anomaly import COORDINATES, SCALED, WARM_UP, AnomalyModel, unit_cube

Features = dict[str, float | None]


def usual(chance: random.Random) -> Features:
    return {
        scaled.name: scaled.typical + (scaled.high - scaled.low) * 0.02 * chance.uniform(-1, 1) for scaled in SCALED
    }


def unusual() -> Features:
    return {scaled.name: scaled.high for scaled in SCALED}


def point(features: Features) -> dict[str, float]:
    return dict(zip(COORDINATES, unit_cube(features), strict=True))


def trained(applications: int, seed: int = 1) -> AnomalyModel:
    model, chance = AnomalyModel(), random.Random(seed)
    for _ in range(applications):
        model.learn(usual(chance))
    return model


def test_its_features_are_of_the_registry() -> None:
    assert {scaled.name for scaled in SCALED} <= set(FEATURE_NAMES)


def test_it_says_nothing_until_it_has_learned_a_window() -> None:
    model = trained(WARM_UP - 1)
    assert model.score(unusual()) is None
    model.learn(usual(random.Random(2)))
    assert model.learned == WARM_UP
    assert model.score(unusual()) is not None


def test_the_unusual_scores_higher_than_the_usual() -> None:
    model, chance = trained(2 * WARM_UP), random.Random(3)
    highest = max(model.score(usual(chance)) or 0 for _ in range(100))
    assert (model.score(unusual()) or 0) > highest


def test_the_same_stream_gives_the_same_scores() -> None:
    assert trained(300).score(unusual()) == trained(300).score(unusual())


def test_scoring_changes_nothing() -> None:
    model = trained(300)
    first = model.score(unusual())
    assert [model.score(unusual()) for _ in range(20)] == [first] * 20


def test_its_size_does_not_grow_with_what_it_learns() -> None:
    model = trained(WARM_UP)
    size = model.state_bytes()
    for _ in range(1_000):
        model.learn(usual(random.Random(4)))
    assert size < 300_000
    assert abs(model.state_bytes() - size) < 0.05 * size


def test_a_missing_value_stands_at_its_typical_place_and_is_said_to_be_missing() -> None:
    typical: Features = {scaled.name: scaled.typical for scaled in SCALED}
    known, missing = point(typical), point({**typical, "lenders_30d": None})
    assert known["credit_missing"] == 0.0
    assert missing == {**known, "credit_missing": 1.0}


@pytest.mark.parametrize("end", [0.0, 1.0])
def test_the_ends_of_a_range_are_the_ends_of_the_cube(end: float) -> None:
    features: Features = {scaled.name: scaled.high if end else scaled.low for scaled in SCALED}
    found = point(features)
    assert {found[scaled.name] for scaled in SCALED} == {end}


numbers = st.none() | st.floats(allow_nan=False, allow_infinity=False)


@settings(deadline=None)
@given(st.fixed_dictionaries({scaled.name: numbers for scaled in SCALED}))
def test_every_value_lands_in_the_unit_cube(features: Features) -> None:
    assert all(0.0 <= coordinate <= 1.0 for coordinate in unit_cube(features))
