import pytest

from tests.builders import application
from tests.builders_network import features_of


@pytest.mark.parametrize(("minute", "night"), [(29, 0), (30, 1), (329, 1), (330, 0), (0, 0), (720, 0)])
def test_night_is_from_half_past_midnight_up_to_half_past_five(minute: int, night: float) -> None:
    assert features_of(application(local_minute=minute))["night"] == night


@pytest.mark.parametrize(("weekday", "weekend"), [(4, 0), (5, 1), (6, 1), (0, 0)])
def test_the_weekend_is_saturday_and_sunday(weekday: int, weekend: float) -> None:
    assert features_of(application(local_weekday=weekday))["weekend"] == weekend


def test_the_hour_is_a_fraction() -> None:
    assert features_of(application(local_minute=90))["local_hour"] == 1.5
