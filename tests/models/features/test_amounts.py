import pytest

from models.entities import ENTITY_KINDS, EntityProfile
from models.facts import IdentifierKind
from models.features.amounts import usual_amount
from models.features.slots import SLOTS
from tests.builders import application
from tests.builders_entities import features_with, past, profile

EVERYTHING = application(
    merchant_id="M", store_id="S", sales_rep_id="R", device_id="D", bank_card="B", amount_cny=300.0
)


def test_there_is_a_slot_for_every_entity() -> None:
    assert tuple(slot.kind for slot in SLOTS) == ENTITY_KINDS
    assert [slot.name for slot in SLOTS if slot.main] == ["person", "merchant"]


@pytest.mark.parametrize("kind", ENTITY_KINDS)
def test_an_amount_is_compared_with_the_past_of_its_own_slot_alone(kind: IdentifierKind) -> None:
    features = features_with(EVERYTHING, {kind: profile(past(1), past(2))})
    for slot in SLOTS:
        own = slot.kind == kind
        assert features[f"{slot.name}_known_applications"] == (2 if own else 0)
        assert features[f"{slot.name}_amount_ratio"] == (3.0 if own else None)


def test_of_the_main_slots_windows_are_told_too() -> None:
    features = features_with(EVERYTHING, {slot.kind: profile(past(1), past(20, amount_cny=200.0)) for slot in SLOTS})
    for slot in SLOTS:
        names = {name.removeprefix(f"{slot.name}_") for name in features if name.startswith(f"{slot.name}_amount_")}
        assert names >= {"amount_ratio", "amount_robust_z", "amount_share_above"}
        assert ("amount_ratio_7d" in names) == slot.main
    assert (features["merchant_amount_ratio_7d"], features["merchant_amount_ratio_30d"]) == (3.0, 2.0)
    assert (features["person_amount_sum_7d"], features["person_amount_sum_30d"]) == (100.0, 300.0)


def test_a_slot_that_the_application_does_not_fill_is_missing() -> None:
    features = features_with(application(), {"merchant_id": profile(past(1))})
    assert features["merchant_known_applications"] is None
    assert features["merchant_amount_sum_7d"] is None
    assert features["person_known_applications"] == 0


def test_the_past_of_another_identifier_that_the_application_had_before_is_not_taken_for_its_own() -> None:
    other = application(bank_card="another")
    assert other.token("bank_card") != EVERYTHING.token("bank_card")
    known: dict[IdentifierKind, EntityProfile] = {"bank_card": profile(past(1))}
    assert features_with(other, known)["bank_card_known_applications"] == 1
    features = features_with(other, known, of=EVERYTHING)
    assert features["bank_card_known_applications"] == 0


@pytest.mark.parametrize(("robust_z", "usual"), [(2.99, True), (3.0, False), (-50.0, True), (None, None)])
def test_an_amount_is_unusual_from_three_deviations_on(robust_z: float | None, usual: bool | None) -> None:
    assert usual_amount({"person_amount_robust_z": robust_z}) is usual


def test_features_of_before_amounts_were_compared_say_nothing() -> None:
    assert usual_amount({}) is None
