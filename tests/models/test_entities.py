from functools import reduce
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.enrichment import LabelFlag
from models.entities import (
    DAY_MS,
    DAYS_KEPT,
    FRAUDS_KEPT,
    LABELLED_KEPT,
    RECENT_KEPT,
    EntityProfile,
    amount_bin,
    amount_cents,
    with_application,
    with_label,
    without_application,
)

NOON = 20_000 * DAY_MS + DAY_MS // 2
Told = tuple[int, float | None, bool | None, LabelFlag]

moments = st.integers(NOON - 60 * DAY_MS, NOON)
amounts = st.none() | st.floats(0, 100_000)
told_applications = st.tuples(moments, amounts, st.none() | st.booleans(), st.sampled_from(["", "fraud", "honest"]))


def tell(profile: EntityProfile | None, told: Told) -> EntityProfile:
    occurred_ms, amount_cny, usual, flag = told
    profile = with_application(profile, occurred_ms, amount_cny)
    return with_label(profile, occurred_ms, amount_cny, usual, "", flag)


def test_the_first_application_makes_the_profile() -> None:
    assert with_application(None, NOON, 120.5) == EntityProfile(
        newest_day=20_000,
        applications=1,
        cents=12_050,
        frauds=0,
        honest=0,
        days=[20_000, 1, 12_050, 0, 0],
        bins=[amount_bin(12_050), 1],
        recent=[NOON // 1000, 12_050],
        labelled=[],
        known_frauds=[],
    )


def test_a_known_fraud_is_remembered_and_its_amount_forgotten() -> None:
    profile = tell(with_application(None, NOON - DAY_MS, 100), (NOON, 900, True, "fraud"))
    assert (profile.applications, profile.frauds, profile.honest, profile.cents) == (2, 1, 0, 10_000)
    assert profile.days == [20_000, 1, 0, 1, 0, 19_999, 1, 10_000, 0, 0]
    assert profile.bins == [amount_bin(10_000), 1]
    assert profile.labelled == profile.known_frauds == [NOON // 1000, 5]
    assert len(profile.recent) == 4


def test_a_label_counts_on_the_day_of_its_application_and_tells_whether_the_amount_was_usual() -> None:
    profile = None
    for days_ago, usual in enumerate((True, None, False)):
        profile = tell(profile, (NOON - days_ago * DAY_MS, 10, usual, "honest"))
    assert profile is not None
    assert profile.days[3::5] == [0, 0, 0]
    assert profile.days[4::5] == [1, 1, 1]
    assert profile.labelled[1::2] == [2, 1, 0]


def test_a_day_is_remembered_up_to_the_last_that_is_kept() -> None:
    kept = with_application(with_application(None, NOON - (DAYS_KEPT - 1) * DAY_MS, 1), NOON, 1)
    assert kept.days[::5] == [20_000, 20_000 - DAYS_KEPT + 1]
    dropped = with_application(with_application(None, NOON - DAYS_KEPT * DAY_MS, 1), NOON, 1)
    assert dropped.days[::5] == [20_000]
    assert dropped == with_application(with_application(None, NOON, 1), NOON - DAYS_KEPT * DAY_MS, 1)


def test_only_the_newest_are_remembered_one_by_one() -> None:
    many: list[Told] = [(NOON + 1000 * i, 5.0, None, "fraud") for i in range(2 * LABELLED_KEPT)]
    profile = reduce(tell, many, None)
    assert profile is not None
    newest = NOON // 1000 + 2 * LABELLED_KEPT - 1
    assert profile.recent[::2] == list(range(newest, newest - RECENT_KEPT, -1))
    assert profile.labelled[::2] == list(range(newest, newest - LABELLED_KEPT, -1))
    assert profile.known_frauds[::2] == list(range(newest, newest - FRAUDS_KEPT, -1))
    assert profile.frauds == 2 * LABELLED_KEPT


@given(st.lists(told_applications, min_size=1, max_size=80), st.randoms(use_true_random=False))
def test_the_order_of_telling_does_not_matter(told: list[Told], random: Random) -> None:
    in_order = reduce(tell, told, None)
    shuffled = told[:]
    random.shuffle(shuffled)
    assert reduce(tell, shuffled, None) == in_order


@given(st.lists(told_applications, min_size=1, max_size=20), st.sampled_from(["", "fraud", "honest"]))
def test_a_correction_leaves_what_the_right_label_would_have_made(told: list[Told], first: LabelFlag) -> None:
    right = reduce(tell, told, None)
    wrong = reduce(tell, [*told[:-1], (*told[-1][:3], first)], None)
    assert wrong is not None
    occurred_ms, amount_cny, usual, flag = told[-1]
    assert with_label(wrong, occurred_ms, amount_cny, usual, first, flag) == right


@given(st.lists(told_applications, max_size=RECENT_KEPT - 1), moments, amounts)
def test_an_application_that_is_taken_out_leaves_no_trace_but_the_newest_day(
    told: list[Told], occurred_ms: int, amount_cny: float | None
) -> None:
    others = with_application(reduce(tell, told, None), NOON, 3.0)  # the newest day is known
    with_it = with_application(others, occurred_ms, amount_cny)
    assert without_application(with_it, occurred_ms, amount_cny) == others


@pytest.mark.parametrize(
    ("cents", "number"), [(0, 0), (1, 0), (2, 8), (3, 12), (8, 24), (9, 25), (15, 31), (16, 32), (17, 32), (18, 33)]
)
def test_a_bin_is_an_eighth_of_an_octave(cents: int, number: int) -> None:
    assert amount_bin(cents) == number


@given(st.integers(1, 10**12))
def test_a_bin_begins_at_or_below_its_amounts_and_ends_above(cents: int) -> None:
    octave, step = divmod(amount_bin(cents), 8)
    assert 2**octave * (8 + step) <= 8 * cents < 2**octave * (9 + step)


@pytest.mark.parametrize(("amount", "cents"), [(-3, 0), (0, 0), (0.005, 1), (1.004, 100), (1e12, 10**12)])
def test_an_amount_is_whole_cents_within_bounds(amount: float, cents: int) -> None:
    assert amount_cents(amount) == cents
