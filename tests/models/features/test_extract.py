from math import isfinite

from hypothesis import given

from models.enrichment import DEGRADED_INDEX, Enrichment, Observation
from models.facts import ApplicationFacts
from models.features.extract import extract
from models.features.registry import FEATURE_NAMES
from models.network import summarise
from tests.builders import application
from tests.builders_network import device_state, observation, velocity
from tests.strategies import applications, observations

FROM_THE_APPLICATION_ALONE = {
    "device_missing",
    "liveness_missing",
    "merchant_missing",
    "amount_cny",
    "amount_to_maximum",
    "term_months",
    "local_hour",
    "night",
    "weekend",
}
"""What even the barest application says without the index."""
KINDS = ["id_number", "phone", "device_id", "gps_cell", "ip", "merchant_id"]


def test_the_barest_application_without_the_index_has_nothing_else_and_no_zeroes_in_their_place() -> None:
    features = extract(application(), DEGRADED_INDEX, None)
    assert {name for name, value in features.items() if value is not None} == FROM_THE_APPLICATION_ALONE


def test_with_the_index_an_application_that_shares_nothing_has_counts_of_zero_and_one() -> None:
    answer = observation(velocity=[velocity("phone", [1] * 5)])
    facts = application()
    features = extract(facts, Enrichment(observation=answer), summarise(facts, answer))
    assert features["phone_count_24h"] == 1
    assert features["blacklist_hits_own"] == 0
    assert features["linked_applications"] == 0
    assert features["ring_size"] == 1


def test_a_kind_that_the_application_does_not_have_is_missing_even_with_the_index() -> None:
    answer = observation()
    facts = application()
    features = extract(facts, Enrichment(observation=answer), summarise(facts, answer))
    for name in ("device_applicants_7d", "device_store_share", "bank_card_applicants_90d", "merchant_count_1h"):
        assert features[name] is None


@given(applications, observations())
def test_any_case_gives_every_feature_once_in_order_finite_or_missing(
    facts: ApplicationFacts, answer: Observation
) -> None:
    features = extract(facts, Enrichment(observation=answer), summarise(facts, answer))
    assert tuple(features) == FEATURE_NAMES
    for name, value in features.items():
        assert value is None or (type(value) is float and isfinite(value)), name


@given(applications)
def test_without_the_index_only_the_application_speaks(facts: ApplicationFacts) -> None:
    degraded = extract(facts, DEGRADED_INDEX, None)
    answer = observation(velocity=[velocity(kind, [9] * 5) for kind in KINDS], device=device_state())
    asked = extract(facts, Enrichment(observation=answer), summarise(facts, answer))
    for name, value in degraded.items():
        assert value is None or asked[name] is not None
