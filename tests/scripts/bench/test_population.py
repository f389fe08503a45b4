"""Multiples of applications, and rings."""

from itertools import combinations

import pytest
from pydantic import SecretStr

from config.settings import Settings
from models.facts import ApplicationFacts
from scripts.bench.population import MULTIPLES_MAX, SHOPS, multiple, ring, simulated_facts
from streams.index.memory import MemoryIndex


@pytest.fixture(scope="module")
def facts() -> list[ApplicationFacts]:
    settings = Settings(_env_file=None, pii_key=SecretStr("a key of sixteen bytes"))
    return simulated_facts(300, settings, lambda _: None)


def test_simulated_applications_come_in_event_time_order(facts: list[ApplicationFacts]) -> None:
    assert len(facts) == 300
    assert facts == sorted(facts, key=lambda each: each.occurred_at)


def test_a_multiple_is_another_person_in_the_same_shop(facts: list[ApplicationFacts]) -> None:
    original = next(each for each in facts if each.merchant_id)
    other = multiple(original, 5)
    assert (other.event_id, other.application_id) != (original.event_id, original.application_id)
    assert other.applicant_token == other.token("id_number") != original.applicant_token
    for before, after in zip(original.identifiers, other.identifiers, strict=True):
        assert before.kind == after.kind
        assert (before.token == after.token) is (before.kind in SHOPS)
        assert len(after.token) == len(before.token)


def test_the_multiple_of_number_0_is_the_application_itself(facts: list[ApplicationFacts]) -> None:
    assert multiple(facts[0], 0) is facts[0]


def test_no_two_multiples_are_of_one_person(facts: list[ApplicationFacts]) -> None:
    numbers = [0, 1, 63, 64, 65, MULTIPLES_MAX - 1]
    assert len({multiple(facts[0], number).applicant_token for number in numbers}) == len(numbers)


def test_people_who_share_something_share_it_in_every_multiple(facts: list[ApplicationFacts]) -> None:
    sharing = [(one, other) for one, other in combinations(facts, 2) if set(one.identifiers) & set(other.identifiers)]
    assert sharing
    for one, other in sharing[:50]:
        of_one, of_other = (set(multiple(each, 7).identifiers) for each in (one, other))
        assert len(of_one & of_other) == len(set(one.identifiers) & set(other.identifiers))


@pytest.mark.parametrize("size", [4, 32, 256])
async def test_the_last_of_a_ring_reaches_all_others(size: int, facts: list[ApplicationFacts]) -> None:
    index = MemoryIndex()
    *members, last = ring(facts[:size], "ring")
    await index.observe(members)
    (observation,) = await index.observe([last])
    reached = {each.application_id for each in observation.neighbours}
    assert reached >= {each.application_id for each in members[-255:]}


async def test_two_rings_have_nothing_in_common_but_what_their_members_had(facts: list[ApplicationFacts]) -> None:
    names = [{each for member in ring(facts[:4], name) for each in member.identifiers[:2]} for name in ("one", "two")]
    assert not names[0] & names[1]
