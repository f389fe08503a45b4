"""Rings share what their typology says, most of the time, and not what it does not."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

import pytest

from models.events import BlacklistEntry, DeviceEvent
from scripts.simulator.attempts import Attempt
from scripts.simulator.draw import Draw, Story
from scripts.simulator.fraud import (
    FRAUD,
    SHIFT,
    account_takeover,
    colluding_sales_rep,
    device_farm,
    emulator_hook_farm,
    gps_cell_crowd,
    identity_mules,
    listed_return,
    merchant_cash_out,
    merging_rings,
    multi_lender_burst,
    resetting_farm,
    reused_face,
    shared_bank_card,
)
from scripts.simulator.places import Place, distance_km
from scripts.simulator.products import PRODUCTS
from scripts.simulator.timeline import DAY_S, HOUR_S, Window
from scripts.simulator.typology import Typology
from scripts.simulator.world import the_world

NOW = datetime(2026, 11, 24, 4, tzinfo=UTC).timestamp()
SEEDS = range(12)

Shared = Callable[[Attempt], str | None]

SHARED: dict[str, Shared] = {
    "id_number": lambda attempt: attempt.person.id_number,
    "phone": lambda attempt: attempt.person.phone,
    "bank_card": lambda attempt: attempt.person.bank_card,
    "device": lambda attempt: attempt.handset.device_id if attempt.handset else None,
    "face": lambda attempt: attempt.liveness.face_id if attempt.liveness else None,
    "address": lambda attempt: attempt.person.address,
}

MAY_SHARE = {
    "account_takeover": set(SHARED),
    "colluding_sales_rep": {"device", "address"},
    "device_farm": {"device"},
    "emulator_hook_farm": set(),
    "gps_cell_crowd": set(),
    "identity_mules": set(),
    "listed_return": set(SHARED),
    "merchant_cash_out": set(),
    "merging_rings": set(SHARED),
    "multi_lender_burst": set(SHARED),
    "resetting_farm": set(),
    "reused_face": {"face"},
    "shared_bank_card": {"bank_card"},
}


def told(typology: Typology, seed: int, size: int | None = None) -> Story:
    window = Window(NOW - typology.spread_h[1] * HOUR_S, NOW)
    return typology.story(Draw(str(seed), "test", 1, window, the_world()), size or typology.sizes[1])


def most_common_share(values: Iterable[str | None]) -> float:
    """Share of the most frequent value among those present."""
    counts = Counter(value for value in values if value is not None)
    return max(counts.values()) / counts.total()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("typology", (*FRAUD, SHIFT), ids=lambda typology: typology.name)
def test_a_ring_shares_no_identifier_that_its_typology_does_not_name(typology: Typology, seed: int) -> None:
    attempts = told(typology, seed).attempts
    for name, shared in SHARED.items():
        values = [value for value in map(shared, attempts) if value is not None]
        if name not in MAY_SHARE[typology.name]:
            assert len(set(values)) == len(values), name


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("typology", (*FRAUD, SHIFT), ids=lambda typology: typology.name)
def test_a_ring_has_the_size_and_the_window_it_was_given(typology: Typology, seed: int) -> None:
    for size in (typology.sizes[0], typology.sizes[1]):
        attempts = told(typology, seed, size).attempts
        assert len(attempts) == size
        assert all(NOW - typology.spread_h[1] * HOUR_S <= attempt.at <= NOW for attempt in attempts)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_device_farm_runs_many_identities_through_few_phones_mostly_by_machine(seed: int) -> None:
    attempts = told(device_farm.TYPOLOGY, seed).attempts
    devices = {attempt.person.handset.device_id for attempt in attempts}
    assert len(devices) <= 3
    by_machine = sum(attempt.form.fill_ms <= 6_000 for attempt in attempts)
    assert len(attempts) / 3 < by_machine


@pytest.mark.parametrize("seed", SEEDS)
def test_mules_share_contacts_or_an_employer(seed: int) -> None:
    attempts = told(identity_mules.TYPOLOGY, seed).attempts
    contacts = Counter(contact.phone for attempt in attempts for contact in attempt.person.contacts)
    employers = [attempt.person.employer.name or "" for attempt in attempts if attempt.person.employer]
    assert max(contacts.values()) >= 4 or most_common_share(employers) == 1.0


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("size", [8, 14])
def test_two_crews_share_nothing_but_one_person_who_comes_late(seed: int, size: int) -> None:
    attempts = told(merging_rings.TYPOLOGY, seed, size).attempts
    phone = Counter(attempt.person.handset.device_id for attempt in attempts).most_common(1)[0][0]
    card = Counter(attempt.person.bank_card for attempt in attempts).most_common(1)[0][0]
    with_phone = {attempt.person.id_number for attempt in attempts if attempt.person.handset.device_id == phone}
    with_card = {attempt.person.id_number for attempt in attempts if attempt.person.bank_card == card}
    assert len(with_phone) + len(with_card) == size
    [both] = with_phone & with_card
    turns = [turn for turn, attempt in enumerate(attempts) if attempt.person.id_number == both]
    assert len(turns) == 2
    assert turns[0] >= size / 2
    assert not any(
        attempt.person.handset.device_id == phone and attempt.person.bank_card == card for attempt in attempts
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_one_card_or_two_take_the_money_of_a_whole_ring(seed: int) -> None:
    attempts = told(shared_bank_card.TYPOLOGY, seed).attempts
    assert len({attempt.person.bank_card for attempt in attempts}) <= 2
    assert len({attempt.person.bank_card for attempt in told(shared_bank_card.TYPOLOGY, seed, 5).attempts}) == 1


@pytest.mark.parametrize("seed", SEEDS)
def test_one_face_stands_for_all_identities(seed: int) -> None:
    attempts = told(reused_face.TYPOLOGY, seed).attempts
    assert len({attempt.liveness.face_id for attempt in attempts if attempt.liveness}) == 1
    assert all(attempt.liveness for attempt in attempts)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_gps_crowd_is_in_one_room_and_at_home_elsewhere(seed: int) -> None:
    attempts = told(gps_cell_crowd.TYPOLOGY, seed).attempts
    rooms = [attempt.gps for attempt in attempts if attempt.gps]
    assert len(rooms) == len(attempts)
    assert max(distance_km(rooms[0], room) for room in rooms) < 0.2
    away = sum(distance_km(rooms[0], attempt.person.home) > 20 for attempt in attempts)
    assert away >= len(attempts) / 4


@pytest.mark.parametrize("seed", SEEDS)
def test_a_multi_lender_burst_is_one_person_whom_ever_more_lenders_know(seed: int) -> None:
    attempts = told(multi_lender_burst.TYPOLOGY, seed).attempts
    assert len({attempt.person.id_number for attempt in attempts}) == 1
    lenders = [attempt.credit.transaction.lenders_7d for attempt in attempts if attempt.credit.transaction]
    assert len(lenders) == len(attempts)
    assert all(count is not None and count >= 3 for count in lenders)
    assert len({attempt.store.merchant_id for attempt in attempts if attempt.store}) >= 4


@pytest.mark.parametrize("seed", SEEDS)
def test_most_of_an_emulator_farm_gives_itself_away_in_some_way_but_not_in_every_way(seed: int) -> None:
    attempts = told(emulator_hook_farm.TYPOLOGY, seed).attempts
    signs = [
        (attempt.person.handset.emulator, attempt.person.handset.hooked, attempt.form.fill_ms <= 6_000)
        for attempt in attempts
    ]
    assert sum(any(each) for each in signs) >= len(signs) - 2
    assert any(not all(each) for each in signs)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_listed_come_back_with_a_new_number_and_one_listed_thing(seed: int) -> None:
    story = told(listed_return.TYPOLOGY, seed)
    listed = {each.kind: each.value for each in story.extra if isinstance(each, BlacklistEntry)}
    assert len(listed) == len(story.extra) == 2
    first_at = min(attempt.at for attempt in story.attempts)
    assert all(entry.occurred_at.timestamp() < first_at for entry in story.extra)
    for attempt in story.attempts:
        face = attempt.liveness.face_id if attempt.liveness else None
        person = attempt.person
        now = {"id_number": person.id_number, "device_id": person.handset.device_id, "face_id": face}
        assert person.phone != listed["phone"]
        assert any(now[kind] == value for kind, value in listed.items() if kind != "phone")


@pytest.mark.parametrize("seed", SEEDS)
def test_before_each_takeover_the_owner_was_seen_too_far_away(seed: int) -> None:
    story = told(account_takeover.TYPOLOGY, seed)
    sightings = [each for each in story.extra if isinstance(each, DeviceEvent)]
    assert len(sightings) == len(story.extra)
    for attempt in story.attempts:
        assert attempt.gps is not None
        speeds_km_h = [
            distance_km(Place(seen.gps.lat, seen.gps.lon), attempt.gps)
            / ((attempt.at - seen.occurred_at.timestamp()) / HOUR_S)
            for seen in sightings
            if seen.gps and seen.phone == attempt.person.phone and attempt.at - seen.occurred_at.timestamp() > 0
        ]
        assert max(speeds_km_h) > 1_500
        assert attempt.handset is not None
        assert attempt.handset.device_id not in {seen.device_id for seen in sightings}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_colluding_rep_pushes_near_maximum_amounts_through_one_store(seed: int) -> None:
    attempts = told(colluding_sales_rep.TYPOLOGY, seed).attempts
    assert len({attempt.sales_rep_id for attempt in attempts}) == 1
    assert len({attempt.store.store_id for attempt in attempts if attempt.store}) == 1
    for attempt in attempts:
        assert attempt.store is not None
        assert 0.88 <= attempt.request.amount_cny / PRODUCTS[attempt.product].maximum_cny <= 1
        assert attempt.gps is not None
        assert distance_km(attempt.gps, attempt.store.place) < 0.1


@pytest.mark.parametrize("seed", SEEDS)
def test_cash_out_is_one_shop_and_term_and_nearly_one_amount_on_clean_handsets(seed: int) -> None:
    attempts = told(merchant_cash_out.TYPOLOGY, seed).attempts
    stores = {attempt.store.store_id for attempt in attempts if attempt.store}
    assert len(stores) == 1
    assert stores <= {store.store_id for store in merchant_cash_out.colluding_stores(the_world())}
    for attempt in attempts:
        assert attempt.request.term_months == merchant_cash_out.TERM_MONTHS
        assert 0.25 < attempt.request.amount_cny / PRODUCTS[attempt.product].maximum_cny < 0.35
        assert attempt.handset is not None
        assert not (attempt.handset.emulator or attempt.handset.hooked)
        assert 11 <= datetime.fromtimestamp(attempt.at + 8 * HOUR_S, UTC).hour < 17


@pytest.mark.parametrize("seed", SEEDS)
def test_a_resetting_farm_has_one_model_and_one_room_and_a_new_device_for_everybody(seed: int) -> None:
    attempts = told(resetting_farm.TYPOLOGY, seed).attempts
    handsets = [attempt.handset for attempt in attempts if attempt.handset is not None]
    assert len({handset.device_id for handset in handsets}) == len(attempts)
    assert len({handset.model for handset in handsets}) == 1
    places = [attempt.gps for attempt in attempts if attempt.gps]
    assert len(places) >= len(attempts) / 2
    assert max(distance_km(places[0], place) for place in places) < 0.2
    assert min(attempt.form.fill_ms for attempt in attempts) > 30_000
    assert len({attempt.ip for attempt in attempts}) >= len(attempts) - 2


def test_rings_work_at_night_more_often_than_honest_people_do() -> None:
    stories = [told(typology, seed) for typology in FRAUD for seed in SEEDS]
    hours = [
        datetime.fromtimestamp(attempt.at + 8 * HOUR_S, UTC).hour for story in stories for attempt in story.attempts
    ]
    assert 0.1 < sum(hour < 6 for hour in hours) / len(hours) < 0.5


def test_no_ring_lasts_longer_than_a_week() -> None:
    assert all(typology.spread_h[1] * HOUR_S <= 7 * DAY_S for typology in FRAUD)
