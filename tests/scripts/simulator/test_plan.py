"""The plan: exactly as many applications of each kind as asked for."""

from collections import Counter
from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.simulator.fraud import FRAUD, SHIFT
from scripts.simulator.honest import HONEST
from scripts.simulator.plan import SHIFT_SHARE, plan_groups
from scripts.simulator.stream import SimulationConfig
from scripts.simulator.timeline import DAY_S, Window

WEEK = Window(1_800_000_000, 1_800_000_000 + 7 * DAY_S)
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
DEFAULT = SimulationConfig(start=EPOCH, end=EPOCH)
APPLICATIONS, FRAUD_SHARE = DEFAULT.applications, DEFAULT.fraud_share


@given(st.randoms(use_true_random=False), st.integers(1, 600), st.floats(0, 1), st.floats(0, 60 * DAY_S))
def test_the_plan_has_the_applications_and_the_frauds_asked_for(
    rng: Random, applications: int, fraud_share: float, span_s: float
) -> None:
    span = Window(WEEK.start, WEEK.start + span_s)
    groups = plan_groups(rng, applications, fraud_share, span)
    assert sum(group.size for group in groups) == applications
    assert sum(group.size for group in groups if group.fraud) == round(applications * fraud_share)
    for group in groups:
        assert span.start <= group.window.start <= group.window.end <= span.end


@given(st.randoms(use_true_random=False), st.integers(1, 400))
def test_no_ring_is_smaller_or_larger_than_its_typology_allows(rng: Random, frauds: int) -> None:
    for group in plan_groups(rng, frauds, 1.0, WEEK):
        smallest, largest = group.typology.sizes
        assert smallest <= group.size <= largest


@pytest.mark.parametrize("seed", range(20))
def test_every_typology_occurs_in_a_run_of_the_default_size(seed: int) -> None:
    names = {group.typology.name for group in plan_groups(Random(seed), APPLICATIONS, FRAUD_SHARE, WEEK)}
    assert names == {typology.name for typology in (*FRAUD, *HONEST)}


def test_one_ring_of_each_typology_fits_into_a_default_run_at_their_largest() -> None:
    assert sum(typology.sizes[1] for typology in FRAUD) <= APPLICATIONS * FRAUD_SHARE


def test_rings_take_turns_so_that_no_typology_outnumbers_another_by_more_than_one() -> None:
    rings = Counter(group.typology.name for group in plan_groups(Random(1), 2_000, 1.0, WEEK))
    assert max(rings.values()) - min(rings.values()) <= 1


def test_look_alikes_have_their_shares_of_the_honest() -> None:
    groups = plan_groups(Random(1), 2_000, 0.05, WEEK)
    honest = sum(group.size for group in groups if not group.fraud)
    for typology in HONEST:
        members = sum(group.size for group in groups if group.typology is typology)
        assert members == pytest.approx(typology.share * honest, abs=1.5)


def test_groups_come_in_the_order_of_their_windows() -> None:
    starts = [group.window.start for group in plan_groups(Random(1), 2_000, 0.05, WEEK)]
    assert starts == sorted(starts)


def test_without_a_shift_its_typology_never_occurs() -> None:
    assert all(group.typology is not SHIFT for group in plan_groups(Random(1), 2_000, 0.5, WEEK))


@given(st.randoms(use_true_random=False), st.integers(1, 600), st.floats(0, 1), st.floats(0, 1))
def test_a_shift_brings_its_share_of_the_fraud_and_nothing_before_its_time(
    rng: Random, applications: int, fraud_share: float, shift_at: float
) -> None:
    groups = plan_groups(rng, applications, fraud_share, WEEK, shift_at)
    fraudulent = sum(group.size for group in groups if group.fraud)
    shifted = [group for group in groups if group.typology is SHIFT]
    assert sum(group.size for group in groups) == applications
    assert fraudulent == round(applications * fraud_share)
    assert sum(group.size for group in shifted) == round(fraudulent * SHIFT_SHARE * (1 - shift_at))
    assert all(group.fraud and group.window.start >= WEEK.start + shift_at * WEEK.length_s for group in shifted)
