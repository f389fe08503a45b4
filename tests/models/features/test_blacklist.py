import pytest

from models.enrichment import Enrichment, ListAnswer, Neighbour
from models.features.extract import extract
from models.near.form import NearForm
from models.network import summarise
from tests.builders import application, token
from tests.builders_network import SELF, features_of, hit, link, neighbour, observation

SILENT = ListAnswer(name="external:slow", silent=True)


def with_services(*answers: ListAnswer, hits: tuple[object, ...] = ()) -> dict[str, float | None]:
    seen = observation(hits=list(hits))
    facts = application()
    return extract(facts, Enrichment(observation=seen, external_lists=list(answers)), summarise(facts, seen))


def test_own_and_external_entries_and_contacts_are_counted_apart() -> None:
    hits = [hit("phone"), hit("device_id"), hit("id_number", "external:shared"), hit("contact_phone", severity="high")]
    features = features_of(application(), observation(hits=hits))
    assert features["blacklist_hits_own"] == 2
    assert features["blacklist_hits_external"] == 1
    assert features["blacklist_contact_hits"] == 1
    assert features["blacklist_severity"] == 2


@pytest.mark.parametrize(("severities", "level"), [([], 0), (["low"], 1), (["high", "low"], 3)])
def test_the_severity_is_the_highest_of_the_applicants_own(severities: list[str], level: float) -> None:
    hits = [hit(severity=severity) for severity in severities]
    assert features_of(application(), observation(hits=hits))["blacklist_severity"] == level


def test_lists_that_could_not_be_asked_say_nothing() -> None:
    features = features_of(application())
    assert {value for name, value in features.items() if name.startswith("blacklist_")} == {None}


def test_a_hit_of_a_list_service_counts_as_external() -> None:
    features = with_services(ListAnswer(name="external:shared", hits=[hit("phone", "external:shared", "high")]))
    assert (features["blacklist_hits_own"], features["blacklist_hits_external"]) == (0, 1)
    assert (features["blacklist_severity"], features["blacklist_services_silent"]) == (3, 0)


def test_where_a_list_service_is_silent_nobody_is_clean() -> None:
    features = with_services(ListAnswer(name="external:shared", hits=[]), SILENT)
    assert features["blacklist_services_silent"] == 1
    assert features["blacklist_hits_own"] == 0
    unknown = ("blacklist_hits_external", "blacklist_severity", "blacklist_contact_hits")
    assert {features[name] for name in unknown} == {None}


def test_a_hit_stands_although_a_list_service_is_silent() -> None:
    features = with_services(SILENT, hits=(hit("phone"), hit("contact_phone")))
    assert (features["blacklist_severity"], features["blacklist_contact_hits"]) == (2, 1)
    assert features["blacklist_hits_external"] is None


def test_a_list_service_is_heard_while_the_index_is_away() -> None:
    answer = ListAnswer(name="external:shared", hits=[hit("phone", "external:shared")])
    features = extract(application(), Enrichment(degraded=("links",), external_lists=[answer]), None)
    assert (features["blacklist_hits_own"], features["blacklist_hits_external"]) == (None, 1)


@pytest.mark.parametrize(("kinds", "distance"), [([], None), (["phone"], 0), (["device_id"], 1), (["ip", "email"], 0)])
def test_the_distance_is_that_of_the_nearest_listed_identifier(kinds: list[str], distance: float | None) -> None:
    features = features_of(application(), observation(hits=[hit(kind) for kind in kinds]))
    assert features["blacklist_distance"] == distance


def named_by(*others: Neighbour, holders: tuple[int, ...] = ()) -> dict[str, float | None]:
    facts = application(phone="n")
    links = [link("contact_phone", SELF, *range(len(others)), token=token("phone", "n"))]
    if holders:
        links.append(link("phone", SELF, *holders, token=token("phone", "n")))
    return features_of(facts, observation(list(others), links))


def test_a_listed_person_who_names_the_applicant_as_contact_is_a_hop_away() -> None:
    features = named_by(neighbour("A-2", listed=True), neighbour("A-3"))
    assert (features["blacklist_naming"], features["blacklist_near_distance"]) == (1, 1)


def test_who_is_not_listed_or_has_the_same_phone_names_nobody() -> None:
    assert named_by(neighbour("A-2"))["blacklist_naming"] == 0
    assert named_by(neighbour("A-2", listed=True), holders=(0,))["blacklist_naming"] == 0


def test_a_linked_application_that_is_listed_is_as_many_hops_away_as_links() -> None:
    others = [neighbour("A-2"), neighbour("A-3", listed=True, hop=2)]
    links = [link("bank_card", SELF, 0), link("device_id", 0, 1)]
    assert features_of(application(), observation(others, links))["blacklist_near_distance"] == 2


def test_similarities_are_of_the_forms_that_the_applicant_has() -> None:
    features = features_of(application(near=[NearForm("address", "a", ["x", "y"])]), observation())
    assert features["blacklist_address_similarity"] == 0
    assert features["blacklist_name_by_id_similarity"] is None
