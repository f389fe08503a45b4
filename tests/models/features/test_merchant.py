import pytest

from tests.builders import application
from tests.builders_network import features_of, observation, velocity

COUNTS = [1, 2, 3, 4, 5]


def test_applications_at_merchant_store_and_sales_rep_are_counted_in_their_windows() -> None:
    kinds = ("merchant_id", "store_id", "sales_rep_id")
    answer = observation(velocity=[velocity(kind, COUNTS, [0] * 5) for kind in kinds])
    features = features_of(application(), answer)
    for subject in ("merchant", "sales_rep"):
        assert [features[f"{subject}_count_{window}"] for window in ("1h", "24h", "30d")] == [1, 2, 4]
    assert features["store_count_24h"] == 2


@pytest.mark.parametrize(("in_30_days", "ratio"), [(1440, 5), (720, 10), (719, 10), (10, 10)])
def test_a_merchants_burst_is_over_its_average_hour_which_counts_as_one_at_least(in_30_days: int, ratio: float) -> None:
    merchant = velocity("merchant_id", [10, 10, 10, in_30_days, in_30_days])
    assert features_of(application(), observation(velocity=[merchant]))["merchant_burst_ratio"] == ratio


def test_a_sales_reps_share_needs_both_counts() -> None:
    rep, merchant = velocity("sales_rep_id", [0, 3, 3, 3, 3]), velocity("merchant_id", [0, 4, 4, 4, 4])
    for known, share in [([rep, merchant], 0.75), ([rep], None), ([merchant], None)]:
        assert features_of(application(), observation(velocity=known))["sales_rep_share_24h"] == share


def test_a_merchant_is_missing_when_the_application_names_none() -> None:
    assert features_of(application())["merchant_missing"] == 1
    assert features_of(application(merchant_id="M-1"))["merchant_missing"] == 0
