from hypothesis import given

from models.enrichment import DEGRADED_INDEX, Enrichment, Observation
from models.facts import ApplicationFacts
from models.features.case import Case
from models.features.extract import extract
from models.features.list_summary import summarise_lists
from models.features.needs import needs
from models.features.registry import REGISTRY
from models.network import Network, summarise
from tests.strategies import applications, observations


def one_by_one(facts: ApplicationFacts, enrichment: Enrichment, network: Network | None) -> dict[str, float | None]:
    """Every feature asked about the case itself."""
    case = Case(facts, enrichment.observation, network, summarise_lists(facts, enrichment, network))
    return {feature.name: None if (v := feature.value(case)) is None else float(v) for feature in REGISTRY}


@given(applications, observations())
def test_no_feature_is_skipped_that_would_have_been_there(facts: ApplicationFacts, answer: Observation) -> None:
    network = summarise(facts, answer)
    observed = Enrichment(observation=answer)
    assert extract(facts, observed, network) == one_by_one(facts, observed, network)
    assert extract(facts, DEGRADED_INDEX, None) == one_by_one(facts, DEGRADED_INDEX, None)


def test_what_reads_one_thing_alone_needs_it() -> None:
    of = {feature.name: needs(feature.value) for feature in REGISTRY}
    assert of["liveness_score"] != 0
    assert of["liveness_score"] == of["face_match"] != of["phone_count_1h"]
    assert of["merchant_count_1h"] != of["sales_rep_count_1h"] != 0
    assert of["local_hour"] == of["merchant_missing"] == of["liveness_missing"] == 0


def test_a_feature_that_reads_something_else_first_is_always_asked() -> None:
    assert needs(lambda case: case.device.emulator if case.facts.device else case.liveness.score) == 0
    assert needs(lambda case: None if case.liveness.score is None else 1.0) != 0
    assert needs(lambda case: 1.0 if case.liveness.score is None else None) == 0
