"""How suspicious rings are: by judgement, and how the figures become inputs."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.features.registry import FEATURE_NAMES
from models.rings.suspicion import (
    FIGURE_PREFIX,
    INPUTS,
    PRIOR_WEIGHTS,
    RARITY,
    RingFigures,
    SuspicionWeights,
    figures_in,
    inputs_of,
    suspicion,
)

COUPLE: dict[str, Any] = {
    "applicants": 2,
    "density": 1.0,
    "rarity": RARITY["device_id"],
    "insularity": 1.0,
    "size_24h": 1,
    "equal_amounts": 0.0,
    "same_sales_rep": 0.0,
    "same_address": 1.0,
    "frauds": 0,
    "listed": 0,
    "refused": 0,
    "honest": 0,
}


def suspected(**figures: Any) -> float:
    return suspicion(RingFigures(**{**COUPLE, **figures}))


def test_a_couple_on_one_phone_is_hardly_suspicious_and_ten_strangers_in_a_day_are() -> None:
    assert suspected() < 0.05
    assert suspected(applicants=10, size_24h=10, same_address=0.0) > 0.7


def test_two_with_one_face_are_more_suspicious_than_two_with_one_phone() -> None:
    assert suspected(rarity=RARITY["face_id"], same_address=0.0) > suspected(same_address=0.0)


@pytest.mark.parametrize(
    ("figure", "value", "more"),
    [
        ("applicants", 4, True),
        ("rarity", 1.0, True),
        ("size_24h", 2, True),
        ("equal_amounts", 1.0, True),
        ("same_sales_rep", 1.0, True),
        ("frauds", 1, True),
        ("listed", 1, True),
        ("refused", 1, True),
        ("honest", 1, False),
        ("same_address", 0.0, True),
    ],
)
def test_each_figure_moves_the_suspicion_its_own_way(figure: str, value: float, more: bool) -> None:
    assert (suspected(**{figure: value}) > suspected()) is more
    assert suspected(**{figure: value}) != suspected()


def test_three_known_frauds_say_what_ten_would_and_two_say_less() -> None:
    assert suspected(frauds=2) < suspected(frauds=3) == suspected(frauds=10)


figures = st.builds(
    RingFigures,
    **{name: st.floats(0, 1) for name in ("density", "rarity", "insularity", "equal_amounts")},
    **{name: st.floats(0, 1) for name in ("same_sales_rep", "same_address")},
    **{name: st.integers(0, 10**6).map(float) for name in ("applicants", "size_24h")},
    **{name: st.integers(0, 10**6).map(float) for name in ("frauds", "listed", "refused", "honest")},
)


@given(figures)
def test_any_ring_has_a_probability_and_one_input_for_each_weight(given: RingFigures) -> None:
    assert 0 <= suspicion(given) <= 1
    assert len(inputs_of(given)) == len(INPUTS) == len(PRIOR_WEIGHTS.values)


@given(figures)
def test_the_figures_are_found_again_in_the_features(given: RingFigures) -> None:
    features = dict.fromkeys(FEATURE_NAMES) | {
        FIGURE_PREFIX + name: float(getattr(given, name)) for name in RingFigures.__struct_fields__
    }
    assert set(features) == set(FEATURE_NAMES)
    assert figures_in(features) == given


def test_without_a_ring_or_with_a_figure_missing_there_are_none() -> None:
    assert figures_in(dict.fromkeys(FEATURE_NAMES)) is None
    assert figures_in({FIGURE_PREFIX + name: 1.0 for name in COUPLE if name != "rarity"}) is None


@pytest.mark.parametrize("values", [(), (1.0,) * (len(INPUTS) + 1), (math.nan,) * len(INPUTS)])
def test_weights_that_are_too_few_too_many_or_no_numbers_are_refused(values: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="finite weights"):
        SuspicionWeights(values)
