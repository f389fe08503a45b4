import pytest

from models.facts import LivenessFacts
from tests.builders import application
from tests.builders_network import device_state, features_of, observation, velocity


def test_the_face_check_is_passed_on() -> None:
    features = features_of(application(liveness=LivenessFacts(score=0.9, face_match=0.8, attempts=3)))
    names = ("liveness_score", "face_match", "liveness_attempts", "liveness_missing")
    assert [features[name] for name in names] == [0.9, 0.8, 3, 0]


@pytest.mark.parametrize("liveness", [None, LivenessFacts(attempts=2)])
def test_a_face_check_without_a_score_is_missing(liveness: LivenessFacts | None) -> None:
    features = features_of(application(liveness=liveness))
    assert features["liveness_missing"] == 1
    assert features["liveness_score"] is None


def test_applicants_with_the_face_and_failures_on_the_device_are_counted() -> None:
    answer = observation(
        velocity=[velocity("face_id", [9] * 5, [1, 1, 1, 1, 4])], device=device_state(liveness_failures_24h=2)
    )
    features = features_of(application(), answer)
    assert (features["face_applicants_90d"], features["device_liveness_failures_24h"]) == (4, 2)
