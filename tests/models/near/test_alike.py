"""From which similarity on an entry is about somebody much like the applicant."""

from models.enrichment import ListHit, NearCandidate
from models.near.alike import ALIKE, Lookalike, lookalikes
from models.near.form import NearBasis, NearForm
from models.near.similarity import similarity
from tests.builders import NOON_MS, application
from tests.builders_network import observation

HIT = ListHit("id_number", "T", "own", "high", None, None, None, NOON_MS, None)


def lookalike(basis: NearBasis, value: float) -> Lookalike:
    return Lookalike(basis=basis, similarity=value, hit=HIT)


def test_at_the_threshold_it_is_alike_and_just_below_it_is_not() -> None:
    for basis, least in ALIKE.items():
        assert lookalike(basis, least).alike
        assert not lookalike(basis, least - 0.0001).alike


def test_one_character_of_three_may_differ_and_not_two() -> None:
    assert similarity("id_number", ["a", "b", "c"], ["a", "x", "c"]) >= ALIKE["id_number"]
    assert similarity("id_number", ["a", "b", "c"], ["b", "a", "c"]) >= ALIKE["id_number"]
    assert similarity("id_number", ["a", "b", "c"], ["x", "y", "c"]) < ALIKE["id_number"]
    assert similarity("id_number", ["a", "b"], ["a", "x"]) < ALIKE["id_number"]


def test_one_character_of_a_street_of_four_may_differ() -> None:
    assert similarity("address", list("abcd"), list("abxd")) == ALIKE["address"]
    assert similarity("address", list("abc"), list("abx")) < ALIKE["address"]


def test_an_entry_is_named_once_by_what_it_is_most_like() -> None:
    forms = [NearForm("id_number", "a", ["x", "y", "z"]), NearForm("birth_date", "b", ["u", "v", "w"])]
    near = [NearCandidate("id_number", ["x", "y", "q"], HIT), NearCandidate("birth_date", ["u", "v", "w"], HIT)]
    (found,) = lookalikes(application(near=forms), observation(near=near))
    assert (found.basis, found.similarity) == ("birth_date", 1.0)


def test_an_entry_that_is_a_hit_is_no_lookalike_besides() -> None:
    near = [NearCandidate("id_number", ["x", "y"], HIT)]
    facts = application(near=[NearForm("id_number", "a", ["x", "y"])])
    assert lookalikes(facts, observation(near=near, hits=[HIT])) == []
