import pytest
from hypothesis import given

from models.enrichment import DEGRADED_INDEX, Enrichment, Observation
from models.facts import ApplicationFacts, IdentityFacts
from models.features.case import Case
from models.features.extract import extract
from models.features.list_summary import summarise_lists
from models.features.registry import REGISTRY
from models.features.told import Told, applicants, fields_told, told_together
from models.network import Network, summarise
from tests.builders import application
from tests.builders_network import observation, velocity
from tests.strategies import applications, observations

YOUNG = IdentityFacts(age_years=20.0, name_length=4)


def one_by_one(facts: ApplicationFacts, enrichment: Enrichment, network: Network | None) -> dict[str, float | None]:
    """Every feature asked about the case itself."""
    case = Case(facts, enrichment.observation, network, summarise_lists(facts, enrichment, network))
    return {feature.name: None if (v := feature.value(case)) is None else float(v) for feature in REGISTRY}


@given(applications, observations())
def test_told_together_features_are_what_each_says_by_itself(facts: ApplicationFacts, answer: Observation) -> None:
    network = summarise(facts, answer)
    observed = Enrichment(observation=answer)
    assert extract(facts, observed, network) == one_by_one(facts, observed, network)
    assert extract(facts, DEGRADED_INDEX, None) == one_by_one(facts, DEGRADED_INDEX, None)


def test_a_part_that_is_missing_tells_nothing() -> None:
    nobody = Case(application(), None, None)
    assert Told("person", "devices[0]")(nobody) is None
    assert applicants("phone", 0)(nobody) is None


def test_a_form_says_what_becomes_of_a_value_that_is_there() -> None:
    shy, young = (Case(application(identity=identity), None, None) for identity in (IdentityFacts(), YOUNG))
    for form, told in (("not value", 0.0), ("value / part.name_length", 5.0)):
        value = Told("identity", "age_years", form)
        features: dict[str, float | None] = {"it": None}
        told_together([("it", value)], {})(shy, features)
        assert (value(shy), features) == (None, {"it": None})
        told_together([("it", value)], {})(young, features)
        assert (value(young), features) == (told, {"it": told})


def test_a_part_that_is_absent_is_not_asked() -> None:
    shy = Case(application(), None, None)
    told_together([("it", Told("identity", "shoe_size"))], {"identity": shy.identity})(shy, {})


def test_what_is_told_is_a_float_and_what_is_missing_is_left_out() -> None:
    features: dict[str, float | None] = {}
    tell = fields_told([("free", "email_free"), ("length", "name_length"), ("same", "contact_same_name")])
    tell(IdentityFacts(email_free=True, name_length=3), features)
    assert features == {"free": 1.0, "length": 3.0}
    assert {type(value) for value in features.values()} == {float}


def test_an_expression_that_a_part_does_not_have_is_no_missing_value() -> None:
    case = Case(application(), observation(velocity=[velocity("phone", [1] * 5)]), None)
    with pytest.raises(AttributeError):
        Told("identity", "shoe_size")(case)
    with pytest.raises(IndexError):
        applicants("phone", 7)(case)
