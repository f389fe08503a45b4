"""The stream as others see it: valid records in order, the same for the same config, with the truth about each."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise

import msgspec
import pytest

from models.events import EVENT_TYPES, Application, BlacklistEntry, DeviceEvent, Label
from models.identifiers import Tokeniser
from models.tokenise import tokenise_application, tokenise_device_event, tokenise_list_entry
from scripts.simulator.fraud import FRAUD, SHIFT
from scripts.simulator.fraud.merchant_cash_out import colluding_stores
from scripts.simulator.honest import HONEST
from scripts.simulator.records import GroundTruth, TimedRecord
from scripts.simulator.stream import SimulationConfig, simulated_stream
from scripts.simulator.timeline import LEAD_S, LOCAL
from scripts.simulator.world import the_world

END = datetime(2026, 11, 24, 4, tzinfo=UTC)
WEEK = SimulationConfig(start=END - timedelta(days=7), end=END)
QUARTER = SimulationConfig(start=END - timedelta(days=90), end=END, applications=600)
MINUTE = SimulationConfig(start=END - timedelta(minutes=1), end=END, applications=300, fraud_share=0.2)


@pytest.fixture(scope="module", params=[WEEK, QUARTER, MINUTE], ids=["week", "quarter", "minute"])
def config(request: pytest.FixtureRequest) -> SimulationConfig:
    assert isinstance(request.param, SimulationConfig)
    return request.param


@pytest.fixture(scope="module")
def records(config: SimulationConfig) -> list[TimedRecord]:
    return list(simulated_stream(config))


def _truths(records: list[TimedRecord]) -> Iterator[GroundTruth]:
    return (record.truth for record in records if record.truth is not None)


def test_every_record_reads_back_as_the_contracts_type(records: list[TimedRecord]) -> None:
    for record in records:
        read = msgspec.json.decode(msgspec.json.encode(record.value), type=EVENT_TYPES[record.topic], strict=True)
        assert read == record.value


def test_the_edge_takes_every_record_and_finds_valid_identities(records: list[TimedRecord]) -> None:
    tokeniser = Tokeniser(b"a key for tests alone, 32 bytes.")
    for record in records:
        match record.value:
            case Application() as application:
                facts = tokenise_application(application, tokeniser, LOCAL)
                assert facts.identity.id_valid
                assert facts.identity.phone_mobile
                assert facts.identity.card_luhn in (True, None)
                assert facts.identity.contact_is_self in (False, None)
                assert facts.device is None or facts.device.ip_private in (False, None)
            case DeviceEvent() as event:
                tokenise_device_event(event, tokeniser)
            case BlacklistEntry() as entry:
                tokenise_list_entry(entry, tokeniser)


def test_records_come_in_event_time_order(records: list[TimedRecord]) -> None:
    assert all(one.occurred_at <= other.occurred_at for one, other in pairwise(records))
    assert all(record.occurred_at == record.value.occurred_at for record in records)


def test_applications_are_within_the_span_and_nothing_is_later(
    config: SimulationConfig, records: list[TimedRecord]
) -> None:
    for record in records:
        earliest = config.start if record.truth else config.start - timedelta(seconds=LEAD_S)
        assert earliest <= record.occurred_at <= config.end


def test_keys_are_those_of_the_contract(records: list[TimedRecord]) -> None:
    for record in records:
        match record.value:
            case Application(application_id=key) | Label(application_id=key) | DeviceEvent(device_id=key):
                assert record.key == key
            case BlacklistEntry(kind=kind, value=value):
                assert record.key == f"{kind}:{value}"


def test_every_id_is_given_once(records: list[TimedRecord]) -> None:
    event_ids = Counter(record.value.event_id for record in records)
    assert max(event_ids.values()) == 1


def test_the_same_config_gives_the_same_stream(config: SimulationConfig, records: list[TimedRecord]) -> None:
    assert list(simulated_stream(config)) == records


def test_the_truth_covers_every_application_exactly_once(config: SimulationConfig, records: list[TimedRecord]) -> None:
    assert all((record.truth is not None) == (record.topic == "applications") for record in records)
    ids = [truth.application_id for truth in _truths(records)]
    assert len(ids) == len(set(ids)) == config.applications


def test_the_fraud_share_is_the_one_asked_for(config: SimulationConfig, records: list[TimedRecord]) -> None:
    frauds = sum(truth.fraud for truth in _truths(records))
    assert frauds == round(config.applications * config.fraud_share)


def test_positions_in_a_ring_count_from_one_in_event_time_order(records: list[TimedRecord]) -> None:
    rings = defaultdict(list)
    for truth in _truths(records):
        if truth.ring is not None:
            rings[truth.ring].append((truth.typology, truth.position))
    for members in rings.values():
        assert [position for _, position in members] == list(range(1, len(members) + 1))
        assert len({typology for typology, _ in members}) == 1


def test_rings_are_fraud_and_fraud_is_in_rings(records: list[TimedRecord]) -> None:
    frauds = {typology.name for typology in FRAUD}
    for truth in _truths(records):
        assert truth.fraud == (truth.ring is not None) == (truth.position is not None) == (truth.typology in frauds)


def test_labels_follow_their_application(records: list[TimedRecord]) -> None:
    applied_at = {record.key: record.occurred_at for record in records if record.truth}
    for record in records:
        if record.topic == "labels":
            assert record.occurred_at > applied_at[record.key]


def test_device_events_that_name_an_application_precede_it(records: list[TimedRecord]) -> None:
    applied_at = {record.key: record.occurred_at for record in records if record.truth}
    named = [
        record.value for record in records if isinstance(record.value, DeviceEvent) and record.value.application_id
    ]
    assert named
    for event in named:
        assert event.occurred_at < applied_at[event.application_id or ""]


def test_a_default_run_has_every_typology_and_no_confirmed_fraud_yet() -> None:
    records = list(simulated_stream(WEEK))
    assert {truth.typology for truth in _truths(records)} == {typology.name for typology in (*FRAUD, *HONEST)}
    assert all(record.value.kind != "confirmed_fraud" for record in records if isinstance(record.value, Label))


def test_a_quarter_of_a_year_has_confirmed_frauds_and_only_among_the_fraudulent() -> None:
    records = list(simulated_stream(QUARTER))
    fraudulent = {truth.application_id for truth in _truths(records) if truth.fraud}
    confirmed = {
        record.key for record in records if isinstance(record.value, Label) and record.value.kind == "confirmed_fraud"
    }
    assert confirmed
    assert confirmed < fraudulent


def test_another_seed_or_another_run_has_other_ids_and_other_people() -> None:
    def people(config: SimulationConfig) -> set[str]:
        values = (record.value for record in simulated_stream(config))
        return {value.applicant.id_number for value in values if isinstance(value, Application)}

    small = msgspec.structs.replace(WEEK, applications=200)
    assert not people(small) & people(msgspec.structs.replace(small, seed=8))
    assert not people(small) & people(msgspec.structs.replace(small, run_id="next"))


def test_a_long_stream_starts_without_being_made_whole() -> None:
    long = msgspec.structs.replace(QUARTER, applications=20_000)
    assert len(list(islice(simulated_stream(long), 100))) == 100


def test_honest_applications_miss_what_real_ones_miss() -> None:
    values = [record.value for record in simulated_stream(WEEK) if record.truth and record.truth.typology == "none"]
    applications = [value for value in values if isinstance(value, Application)]

    def missing(share_of: list[bool]) -> float:
        return sum(share_of) / len(share_of)

    assert 0.1 < missing([each.credit is None or each.credit.bureau is None for each in applications]) < 0.25
    assert 0.02 < missing([each.device is None or each.device.device_id is None for each in applications]) < 0.1
    assert 0.05 < missing([each.device is None or each.device.gps is None for each in applications]) < 0.25
    assert 0.01 < missing([bool(each.device and each.device.vpn) for each in applications]) < 0.06


def test_what_a_shift_brings_occurs_after_half_of_the_time_alone_and_is_labelled_like_other_fraud() -> None:
    config = msgspec.structs.replace(QUARTER, applications=2_000, shift_at=0.5, label_delay_days=3.0)
    records = list(simulated_stream(config))
    new = {record.key for record in records if record.truth and record.truth.typology == SHIFT.name}
    half_way = config.start + (config.end - config.start) / 2
    assert len(new) == 15
    assert all(record.occurred_at >= half_way for record in records if record.key in new)
    confirmed = [each.value for each in records if each.topic == "labels" and each.key in new]
    assert any(isinstance(label, Label) and label.kind == "confirmed_fraud" for label in confirmed)


def test_honest_people_apply_at_the_shops_that_cash_out_as_well() -> None:
    values = [record.value for record in simulated_stream(msgspec.structs.replace(QUARTER, applications=5_000))]
    stores = {store.store_id for store in colluding_stores(the_world())}
    visited = {value.store_id for value in values if isinstance(value, Application)}
    assert stores <= visited
