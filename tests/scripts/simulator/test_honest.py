"""Honest look-alikes share what their kind shares, and nothing else."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from scripts.simulator.draw import Draw, Story
from scripts.simulator.honest import acquaintances, dormitory, family_phone, kiosk, office, reapplicant, street
from scripts.simulator.places import distance_km
from scripts.simulator.timeline import DAY_S, Window
from scripts.simulator.world import the_world

NOW = datetime(2026, 11, 24, 4, tzinfo=UTC).timestamp()
SEEDS = range(8)


def told(story: Callable[[Draw, int], Story], size: int, seed: int) -> Story:
    return story(Draw(str(seed), "test", 1, Window(NOW - 7 * DAY_S, NOW), the_world()), size)


def people_in(story: Story) -> set[str]:
    return {attempt.person.id_number for attempt in story.attempts}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("size", [2, 3])
def test_a_family_has_one_phone_and_one_address(seed: int, size: int) -> None:
    story = told(family_phone, size, seed)
    members = [attempt.person for attempt in story.attempts]
    assert len(people_in(story)) == size
    assert len({member.handset.device_id for member in members}) == 1
    assert len({member.address for member in members}) == 1
    numbers = {member.phone for member in members}
    if len(numbers) == 1:
        assert all(member.phone not in {contact.phone for contact in member.contacts} for member in members)
    else:
        for member in members:
            assert numbers - {member.phone} <= {contact.phone for contact in member.contacts}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_dormitory_is_one_building_and_one_network_but_everybodys_own_phone(seed: int) -> None:
    attempts = told(dormitory, 30, seed).attempts
    assert len({attempt.person.handset.device_id for attempt in attempts}) == 30
    assert len({attempt.person.phone for attempt in attempts}) == 30
    assert len({attempt.ip for attempt in attempts if not attempt.person.handset.vpn}) == 1
    places = [attempt.gps for attempt in attempts if attempt.gps]
    assert max(distance_km(places[0], place) for place in places) < 0.3
    contacts = [contact.phone for attempt in attempts for contact in attempt.person.contacts]
    assert len(contacts) == len(set(contacts))


@pytest.mark.parametrize("seed", SEEDS)
def test_an_office_is_one_employer_and_one_network(seed: int) -> None:
    attempts = told(office, 20, seed).attempts
    assert len({attempt.person.employer.name for attempt in attempts if attempt.person.employer}) == 1
    assert len({attempt.ip for attempt in attempts if not attempt.person.handset.vpn}) == 1
    assert len({attempt.person.handset.device_id for attempt in attempts}) == 20


@pytest.mark.parametrize("seed", SEEDS)
def test_a_street_has_one_address_of_its_carrier_and_homes_within_reach(seed: int) -> None:
    attempts = told(street, 40, seed).attempts
    assert len({attempt.ip for attempt in attempts if not attempt.person.handset.vpn}) == 1
    homes = [attempt.person.home for attempt in attempts]
    assert max(distance_km(homes[0], home) for home in homes) < 1.2
    assert len(people_in(told(street, 40, seed))) == 40
    assert len({attempt.person.handset.device_id for attempt in attempts}) >= 30
    assert len({attempt.person.address for attempt in attempts}) >= 30


@pytest.mark.parametrize("seed", SEEDS)
def test_a_kiosk_is_one_device_in_one_store_in_opening_hours(seed: int) -> None:
    attempts = told(kiosk, 200, seed).attempts
    assert len({attempt.handset.device_id for attempt in attempts if attempt.handset}) == 1
    assert len({attempt.store.store_id for attempt in attempts if attempt.store}) == 1
    assert {attempt.channel for attempt in attempts} == {"store"}
    assert len({attempt.person.id_number for attempt in attempts}) == 200
    hours = {datetime.fromtimestamp(attempt.at, UTC).hour for attempt in attempts}
    assert hours <= set(range(1, 14))  # 9 to 21 h in China


@pytest.mark.parametrize("seed", SEEDS)
def test_a_reapplicant_asks_for_the_same_again(seed: int) -> None:
    first, again = told(reapplicant, 2, seed).attempts
    assert again.at > first.at
    assert (again.person, again.request, again.handset) == (first.person, first.request, first.handset)
    assert (again.product, again.channel, again.store) == (first.product, first.channel, first.store)


@pytest.mark.parametrize("seed", SEEDS)
def test_an_acquaintance_is_named_or_lent_a_phone_and_shares_nothing_else(seed: int) -> None:
    first, other = (attempt.person for attempt in told(acquaintances, 2, seed).attempts)
    named = other.phone in {contact.phone for contact in first.contacts}
    assert named == (first.handset.device_id != other.handset.device_id)
    assert first.phone not in {contact.phone for contact in other.contacts}
    assert first.address != other.address
