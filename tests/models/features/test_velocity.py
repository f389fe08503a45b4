import pytest

from models.enrichment import PersonCounts
from tests.builders import application
from tests.builders_network import features_of, observation, velocity

POSITIONS = {"1h": 0, "24h": 1, "7d": 2, "30d": 3, "90d": 4}
COUNTS, APPLICANTS = [11, 12, 13, 14, 15], [1, 2, 3, 4, 5]
KINDS = {"id": "id_number", "phone": "phone", "device": "device_id", "bank_card": "bank_card", "email": "email"} | {
    "address": "address"
}


@pytest.mark.parametrize(
    "name",
    [f"id_count_{window}" for window in ("1h", "24h", "7d", "30d")]
    + [f"{kind}_count_{window}" for kind in ("phone", "device") for window in ("1h", "24h", "7d")]
    + ["bank_card_count_7d", "phone_applicants_30d", "bank_card_applicants_90d", "email_applicants_90d"]
    + ["address_applicants_30d"],
)
def test_a_count_is_that_of_its_kind_and_window_alone(name: str) -> None:
    subject, _, window = name.rpartition("_")
    subject, _, counted = subject.rpartition("_")
    own = velocity(KINDS[subject], COUNTS, APPLICANTS)
    others = [velocity(kind, [99] * 5) for kind in KINDS.values() if kind != KINDS[subject]]
    expected = (COUNTS if counted == "count" else APPLICANTS)[POSITIONS[window]]
    assert features_of(application(), observation(velocity=[*others, own]))[name] == expected
    assert features_of(application(), observation(velocity=others))[name] is None


def test_cards_and_merchants_of_the_applicant_are_counted_in_their_windows() -> None:
    ones = [1] * 5
    person = PersonCounts(ones, ones, ones, bank_cards=[1, 2, 3, 4, 5], merchants=[6, 7, 8, 9, 10], refused=ones)
    features = features_of(application(), observation(person=person))
    assert (features["id_bank_cards_30d"], features["id_merchants_7d"]) == (4, 8)
