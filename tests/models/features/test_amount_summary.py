import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.features.amount_summary import FEW, AmountSummary, summarise_amounts
from tests.builders import NOON_MS
from tests.builders_entities import past, profile


def test_of_an_unknown_entity_only_the_number_of_applications_is_known() -> None:
    assert summarise_amounts(None, NOON_MS, 100.0) == AmountSummary(applications=0)


def test_applications_without_an_amount_are_counted_and_say_nothing_else() -> None:
    assert summarise_amounts(profile(past(1, amount_cny=None)), NOON_MS, 100.0) == AmountSummary(applications=1)


def test_an_amount_is_compared_with_the_mean_of_all_of_a_week_and_of_a_month() -> None:
    known = profile(
        past(40, amount_cny=40.0), past(20, amount_cny=20.0), past(2, amount_cny=10.0), past(1, amount_cny=30.0)
    )
    summary = summarise_amounts(known, NOON_MS, 100.0)
    assert (summary.ratio, summary.ratio_7d, summary.ratio_30d) == (4.0, 5.0, 5.0)
    assert (summary.sum_7d, summary.sum_30d) == (40.0, 60.0)
    assert (summary.recent_ratio, summary.recent_max_ratio) == (1.0, 1.6)


@pytest.mark.parametrize(("days_ago", "sum_7d", "sum_30d"), [(6, 9, 9), (7, 0, 9), (29, 0, 9), (30, 0, 0)])
def test_a_window_has_today_and_the_days_before(days_ago: int, sum_7d: float, sum_30d: float) -> None:
    summary = summarise_amounts(profile(past(days_ago, amount_cny=9.0)), NOON_MS, 9.0)
    assert (summary.sum_7d, summary.sum_30d) == (sum_7d, sum_30d)
    assert (summary.ratio_7d is None, summary.ratio_30d is None) == (sum_7d == 0, sum_30d == 0)


def test_known_frauds_are_left_out_of_what_is_usual() -> None:
    honest = [past(day, amount_cny=100.0 + day) for day in range(1, 9)]
    assert _without_recent(summarise_amounts(profile(*honest, past(3, "fraud", 9000.0)), NOON_MS, 200.0)) == (
        _without_recent(summarise_amounts(profile(*honest), NOON_MS, 200.0))
    )


def _without_recent(summary: AmountSummary) -> tuple[float | None, ...]:
    return summary.ratio, summary.median_ratio, summary.robust_z, summary.share_above, summary.ratio_7d


def test_the_robust_z_is_known_from_the_fifth_amount_on() -> None:
    few = [past(day, amount_cny=100.0 + 10 * day) for day in range(1, FEW)]
    assert summarise_amounts(profile(*few), NOON_MS, 100.0).robust_z is None
    summary = summarise_amounts(profile(*few, past(9, amount_cny=150.0)), NOON_MS, 130.0)
    assert summary.robust_z == pytest.approx(0, abs=0.3)
    assert summary.unusual_14d == 0


def test_one_wild_amount_hardly_moves_the_robust_z() -> None:
    calm = [past(day, amount_cny=100.0 + day % 5) for day in range(1, 21)]
    usual = summarise_amounts(profile(*calm), NOON_MS, 150.0).robust_z
    wild = summarise_amounts(profile(*calm, past(3, amount_cny=90_000.0)), NOON_MS, 150.0).robust_z
    assert usual is not None
    assert wild == pytest.approx(usual, rel=0.3)


def test_amounts_that_are_all_the_same_have_a_spread_of_a_tenth() -> None:
    same = profile(*(past(day, amount_cny=100.0) for day in range(1, 9)))
    z = summarise_amounts(same, NOON_MS, 200.0).robust_z
    assert z == pytest.approx(10, rel=0.15)


@pytest.mark.parametrize(("amount", "share"), [(20.0, 1.0), (21.0, 1.0), (30.0, 0.5), (40.0, 0.25), (50.0, 0.0)])
def test_the_share_above_counts_amounts_as_large(amount: float, share: float) -> None:
    known = profile(*(past(1, amount_cny=each) for each in (20.5, 21.0, 30.0, 40.0)))
    assert summarise_amounts(known, NOON_MS, amount).share_above == share


def test_unusual_amounts_of_a_fortnight_are_counted_and_the_newest_is_dated() -> None:
    calm = [past(20 + day, amount_cny=100.0 + day) for day in range(10)]
    known = profile(*calm, past(15, amount_cny=900.0), past(13, amount_cny=900.0), past(2, amount_cny=900.0))
    summary = summarise_amounts(known, NOON_MS, 100.0)
    assert summary.unusual_14d == 2
    assert summary.unusual_age_d == pytest.approx(2)


def test_in_brief_windows_and_newest_amounts_are_left_out() -> None:
    known = profile(*(past(day, amount_cny=100.0 + day) for day in range(1, 9)))
    whole, brief = (summarise_amounts(known, NOON_MS, 300.0, brief=brief) for brief in (False, True))
    assert brief == AmountSummary(
        whole.applications, whole.ratio, whole.median_ratio, whole.robust_z, whole.share_above
    )


def test_without_an_amount_of_its_own_only_the_past_is_told() -> None:
    known = profile(*(past(day, amount_cny=100.0) for day in range(1, 9)))
    summary = summarise_amounts(known, NOON_MS, None)
    assert (summary.ratio, summary.median_ratio, summary.robust_z, summary.share_above, summary.ratio_7d) == (None,) * 5
    assert (summary.applications, summary.sum_7d, summary.unusual_14d) == (8, 600.0, 0)


@given(st.lists(st.floats(0.01, 1e6), min_size=FEW, max_size=40), st.floats(0.01, 1e6))
def test_the_median_is_that_of_the_amounts_within_a_bin(amounts: list[float], amount: float) -> None:
    summary = summarise_amounts(profile(*(past(1, amount_cny=each) for each in amounts)), NOON_MS, amount)
    ordered = sorted(max(1, round(100 * each)) for each in amounts)
    low, high = ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2]
    cents = max(0, round(100 * amount))
    assert summary.median_ratio is not None
    assert cents / high * 0.88 <= summary.median_ratio <= cents / low * 1.13
