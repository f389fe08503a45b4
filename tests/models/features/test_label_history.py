import pytest

from models.entities import ENTITY_KINDS
from models.facts import IdentifierKind
from models.features.label_history import FEATURES
from models.features.slots import SLOTS, Slot
from tests.builders import application
from tests.builders_entities import features_with, past, profile

EVERYTHING = application(merchant_id="M", store_id="S", sales_rep_id="R", device_id="D", bank_card="B")
SCHEME = profile(past(1), past(8, "fraud", usual=True), past(9, "fraud", usual=False), past(10, "honest"))


@pytest.mark.parametrize("kind", ENTITY_KINDS)
def test_labels_are_those_of_their_own_slot_alone(kind: IdentifierKind) -> None:
    features = features_with(EVERYTHING, {kind: SCHEME})
    for slot in SLOTS:
        own = slot.kind == kind
        assert features[f"{slot.name}_labelled"] == (3 if own else 0)
        assert features[f"{slot.name}_frauds"] == (2 if own else 0)
        assert features[f"{slot.name}_last_fraud_age_d"] == (8 if own else None)
        assert features[f"{slot.name}_honest_since_fraud"] == (0 if own else None)
        assert features[f"{slot.name}_usual_frauds_30d"] == (1 if own else None)


@pytest.mark.parametrize("slot", [slot for slot in SLOTS if slot.main], ids=lambda slot: slot.name)
def test_of_the_main_slots_streaks_are_told_too(slot: Slot) -> None:
    name = slot.name
    features = features_with(EVERYTHING, {slot.kind: SCHEME})
    assert features[f"{name}_fraud_streak"] == 2
    assert features[f"{name}_last_label_fraud"] == 1
    assert features[f"{name}_fraud_streak_age_d"] == 9
    assert features[f"{name}_honest_before_streak_age_d"] == 10


def test_a_slot_that_the_application_does_not_fill_is_missing() -> None:
    features = features_with(application(), {})
    for feature in FEATURES:
        if feature.name.startswith(("merchant_", "store_", "device_")):
            assert features[feature.name] is None
    assert features["person_labelled"] == 0
    assert features["person_fraud_rate"] is None
