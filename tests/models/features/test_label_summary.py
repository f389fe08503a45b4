import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from models.enrichment import LabelFlag
from models.entities import LABELLED_KEPT
from models.features.label_summary import LabelSummary, summarise_labels
from tests.builders import NOON_MS
from tests.builders_entities import past, profile

SEVEN_HONEST: list[LabelFlag] = ["honest"] * 7


def summary_of(*labels: LabelFlag) -> LabelSummary:
    """Of one application a day, the newest yesterday's and named first."""
    return summarise_labels(profile(*(past(1 + day, label) for day, label in enumerate(labels))), NOON_MS)


def test_without_a_known_label_nothing_is_known() -> None:
    assert summarise_labels(None, NOON_MS) == LabelSummary(labelled=0, frauds=0)
    assert summary_of("", "") == LabelSummary(labelled=0, frauds=0)


def test_a_rate_is_smoothed_by_five_of_which_one_in_a_hundred_is_fraud() -> None:
    summary = summary_of("fraud", "honest", "", "honest")
    assert (summary.labelled, summary.frauds) == (3, 1)
    assert summary.fraud_rate == pytest.approx(1.05 / 8)


def test_the_newest_eight_have_a_rate_of_their_own() -> None:
    summary = summary_of("fraud", *SEVEN_HONEST, "fraud", "fraud")
    assert summary.fraud_rate == pytest.approx(3.05 / 15)
    assert summary.fraud_rate_newest == pytest.approx(1.05 / 13)


@pytest.mark.parametrize(("between", "in_week", "in_month"), [(6, 2, 2), (7, 1, 2), (29, 1, 2), (30, 1, 1)])
def test_windows_of_labels_end_at_the_newest_known_label(between: int, in_week: int, in_month: int) -> None:
    known = profile(past(0), past(1, "honest"), past(1 + between, "fraud"))
    summary = summarise_labels(known, NOON_MS)
    assert summary.fraud_rate_7d == pytest.approx((in_week - 1 + 0.05) / (in_week + 5))
    assert summary.fraud_rate_30d == pytest.approx((in_month - 1 + 0.05) / (in_month + 5))


def test_honest_ones_since_the_newest_fraud_are_counted_and_the_fraud_is_dated() -> None:
    summary = summary_of("honest", "honest", "fraud", "honest", "fraud")
    assert (summary.honest_since_fraud, summary.fraud_streak, summary.last_label) == (2, 0, False)
    assert (summary.last_label_age_d, summary.last_fraud_age_d, summary.first_fraud_age_d) == (1, 3, 5)
    assert summary.streak_age_d is None


def test_a_streak_of_frauds_is_counted_dated_and_bounded_by_the_honest_one_before() -> None:
    summary = summary_of("fraud", "fraud", "fraud", "honest", "fraud")
    assert (summary.honest_since_fraud, summary.fraud_streak, summary.last_label) == (0, 3, True)
    assert (summary.streak_age_d, summary.honest_before_streak_age_d) == (3, 4)


def test_a_streak_without_an_honest_one_before_has_no_such_bound() -> None:
    summary = summary_of("fraud", "fraud")
    assert (summary.streak_age_d, summary.honest_before_streak_age_d) == (2, None)


def test_an_entity_without_fraud_has_counts_and_no_ages() -> None:
    summary = summary_of("honest", "honest")
    assert (summary.frauds, summary.honest_since_fraud, summary.fraud_streak) == (0, 2, 0)
    assert summary.last_fraud_age_d is summary.usual_frauds_30d is summary.since_usual_fraud is None
    assert summary.usual_fraud_streak == 0


def test_honest_ones_are_counted_as_far_as_labels_are_remembered_one_by_one() -> None:
    assert LABELLED_KEPT < 35
    assert summary_of(*SEVEN_HONEST * 5).honest_since_fraud == LABELLED_KEPT


def test_frauds_are_told_apart_by_whether_their_amount_was_usual() -> None:
    known = profile(
        past(1, "honest"),
        past(3, "fraud", usual=False),
        past(4, "fraud", usual=None),
        past(13, "fraud", usual=False),
        past(29, "fraud", usual=True),
        past(31, "fraud", usual=True),
    )
    summary = summarise_labels(known, NOON_MS)
    assert (summary.usual_frauds_30d, summary.since_usual_fraud) == (2, 2)
    assert summary.first_usual_fraud_age_d == 31
    assert (summary.unusual_frauds_14d, summary.since_unusual_fraud) == (2, 1)


def test_the_streak_of_frauds_with_usual_amounts_ends_at_an_honest_one() -> None:
    labels: list[tuple[LabelFlag, bool | None]] = [("fraud", True), ("fraud", False), ("fraud", None), ("honest", True)]
    known = profile(*(past(1 + day, label, usual=usual) for day, (label, usual) in enumerate([*labels, *labels])))
    summary = summarise_labels(known, NOON_MS)
    assert (summary.fraud_streak, summary.usual_fraud_streak) == (3, 2)


@pytest.mark.parametrize(("days_ago", "usual", "unusual"), [(14.01, 1, 0), (13.99, 1, 1), (30.01, 0, 0)])
def test_frauds_are_counted_within_their_windows(days_ago: float, usual: int, unusual: int) -> None:
    known = profile(past(days_ago, "fraud", usual=True), past(days_ago, "fraud", usual=False))
    summary = summarise_labels(known, NOON_MS)
    assert (summary.usual_frauds_30d, summary.unusual_frauds_14d) == (usual, unusual)


@given(st.lists(st.sampled_from(["", "fraud", "honest"]), min_size=1, max_size=LABELLED_KEPT))
def test_streaks_are_what_counting_one_by_one_gives(labels: list[LabelFlag]) -> None:
    known = [label for label in labels if label]
    summary = summary_of(*labels)
    if known:
        honest = next((at for at, label in enumerate(known) if label == "fraud"), len(known))
        streak = next((at for at, label in enumerate(known) if label == "honest"), len(known))
        assert (summary.honest_since_fraud, summary.fraud_streak) == (honest, streak)


def test_in_brief_rates_of_windows_are_left_out() -> None:
    known = profile(past(1, "fraud"), past(2, "honest"))
    whole = summarise_labels(known, NOON_MS)
    assert summarise_labels(known, NOON_MS, brief=True) == replace(whole, fraud_rate_7d=None, fraud_rate_30d=None)


def test_a_late_application_finds_no_negative_ages() -> None:
    summary = summarise_labels(profile(past(1, "fraud")), NOON_MS - 5 * 86_400_000)
    assert summary.last_fraud_age_d == summary.last_label_age_d == summary.streak_age_d == 0
