import pytest
from msgspec import convert

from models.enrichment import PersonCounts
from models.events import Channel
from models.facts import DeviceFacts
from tests.builders import HOUR_MS, NOON_MS, application, token
from tests.builders_network import SELF, device_state, features_of, link, neighbour, observation, velocity

WINDOWS = [1, 2, 3, 4, 5]


@pytest.mark.parametrize("sign", ["emulator", "rooted", "vpn"])
@pytest.mark.parametrize(
    ("application_says", "events_say", "expected"),
    [
        (True, None, 1),
        (None, True, 1),
        (False, True, 1),
        (True, False, 1),
        (False, None, 0),
        (None, False, 0),
        (None, None, None),
    ],
)
def test_a_sign_of_the_device_is_what_either_says_and_missing_when_neither_does(
    sign: str, application_says: bool | None, events_say: bool | None, expected: float | None
) -> None:
    facts = application(device_id="d-1", device=convert({sign: application_says}, DeviceFacts))
    features = features_of(facts, observation(device=device_state(**{sign: events_say})))
    assert features[f"device_{sign}"] == expected


def test_without_the_index_the_applications_own_word_stands() -> None:
    features = features_of(application(device_id="d-1", device=DeviceFacts(emulator=True)))
    assert features["device_emulator"] == 1
    assert features["device_rooted"] is None


@pytest.mark.parametrize("hooked", [True, False, None])
def test_only_device_events_tell_of_hooks(hooked: bool | None) -> None:
    assert features_of(application(), observation(device=device_state(hooked=hooked)))["device_hooked"] == hooked


@pytest.mark.parametrize(("first_seen_ms", "age_h"), [(NOON_MS - 36 * HOUR_MS, 36), (NOON_MS, 0), (NOON_MS + 1, 0)])
def test_a_devices_age_counts_from_its_first_event_and_is_never_negative(first_seen_ms: int, age_h: float) -> None:
    features = features_of(application(), observation(device=device_state(first_seen_ms=first_seen_ms)))
    assert features["device_age_h"] == age_h


def test_a_device_without_events_has_no_known_age() -> None:
    assert features_of(application(device_id="d-1"), observation())["device_age_h"] is None


def test_devices_alike_are_counted_and_held_against_all_of_their_cell() -> None:
    like = velocity("device_like", [9] * 5, WINDOWS)
    cell = velocity("gps_cell", [9] * 5, [1, 2, 3, 16, 20])
    block = velocity("ip_block", [9] * 5, [1, 2, 3, 40, 50])
    features = features_of(application(), observation(velocity=[like, cell, block]))
    assert (features["device_like_applicants_7d"], features["device_like_applicants_30d"]) == (3, 4)
    assert features["device_like_share"] == 4 / 16
    assert features_of(application(), observation(velocity=[like, block]))["device_like_share"] == 4 / 40
    assert features_of(application(), observation(velocity=[like]))["device_like_share"] is None
    assert features_of(application(), observation(velocity=[cell]))["device_like_share"] is None


def test_a_share_is_never_above_one() -> None:
    counted = [velocity("device_like", [9] * 5, [5] * 5), velocity("gps_cell", [9] * 5, [4] * 5)]
    assert features_of(application(), observation(velocity=counted))["device_like_share"] == 1


def test_the_rhythm_of_a_devices_forms_is_passed_on() -> None:
    state = device_state(models_30d=2, fills_7d=4, fill_spread_7d=0.1, fill_gap_spread_7d=0.2)
    features = features_of(application(), observation(device=state))
    names = ("device_models_30d", "device_fills_7d", "device_fill_spread_7d", "device_fill_gap_spread_7d")
    assert [features[name] for name in names] == [2, 4, 0.1, 0.2]


def test_what_the_devices_events_counted_is_passed_on() -> None:
    state = device_state(events_24h=2, events_30d=3, phones_30d=4, sim_changes_30d=5, otps_1h=6)
    features = features_of(application(), observation(device=state))
    names = ("device_events_24h", "device_events_30d", "device_phones_30d", "device_sim_changes_30d", "device_otps_1h")
    assert [features[name] for name in names] == [2, 3, 4, 5, 6]


def test_applicants_of_the_device_and_devices_of_the_applicant_are_counted_in_their_windows() -> None:
    ones = [1] * 5
    person = PersonCounts(
        devices=WINDOWS, phones=[2, 3, 4, 5, 6], profiles=ones, bank_cards=ones, merchants=ones, refused=ones
    )
    features = features_of(
        application(), observation(person=person, velocity=[velocity("device_id", [9] * 5, WINDOWS)])
    )
    assert [features[f"device_applicants_{window}"] for window in ("24h", "7d", "90d")] == [2, 3, 5]
    assert (features["id_devices_30d"], features["id_phones_30d"]) == (4, 5)


def test_the_store_share_is_that_of_the_devices_own_link_this_application_included() -> None:
    device = velocity("device_id", [4] * 5)
    other = link("device_id", 0, 1, token=token("device_id", "other"))
    own = link("device_id", SELF, 0, token=device.token, channels={"store": 3, "h5": 1})
    answer = observation([neighbour("N-0"), neighbour("N-1")], [other, own], velocity=[device])
    assert features_of(application(device_id="d-1"), answer)["device_store_share"] == 0.75


@pytest.mark.parametrize(("channel", "share"), [("store", 1), ("app", 0)])
def test_a_device_that_nobody_else_used_has_the_share_of_this_application(channel: Channel, share: float) -> None:
    facts = application(device_id="d-1", channel=channel)
    assert features_of(facts, observation(velocity=[velocity("device_id", [1] * 5)]))["device_store_share"] == share


def test_a_device_is_missing_when_the_application_names_none() -> None:
    assert features_of(application())["device_missing"] == 1
    assert features_of(application(device_id="d-1"))["device_missing"] == 0


@pytest.mark.parametrize("private", [True, False, None])
def test_a_private_address_is_passed_on(private: bool | None) -> None:
    facts = application(device=DeviceFacts(ip_private=private))
    assert features_of(facts)["ip_private"] == private


def test_colleagues_among_those_with_devices_alike_are_a_share_of_the_others() -> None:
    neighbours = [neighbour(f"A-{number}") for number in range(2, 6)]
    like, employer = link("device_like", SELF, 0, 1, 2, 3), link("employer", SELF, 1)
    counted = [velocity("device_like", [5] * 5)]
    answer = observation(neighbours, [like, employer], velocity=counted)
    assert features_of(application(), answer)["device_like_colleagues"] == 0.25
    assert features_of(application(), observation(velocity=counted))["device_like_colleagues"] is None
