import copy
from datetime import UTC, datetime

import msgspec
import pytest

from models.events import Label
from models.facts import ApplicationFacts, LabelFacts
from models.identifiers import Tokeniser
from models.tokenise import InvalidValueError, label_facts
from tests.raw_records import RAW, TOKENISER, changed, device_event, entry, facts


def test_identifiers_come_in_a_fixed_order_with_contacts_last() -> None:
    assert [identifier.kind for identifier in facts().identifiers] == [
        "id_number",
        "phone",
        "profile",
        "bank_card",
        "email",
        "address",
        "employer",
        "device_id",
        "ip",
        "ip_block",
        "gps_cell",
        "face_id",
        "merchant_id",
        "store_id",
        "sales_rep_id",
        "gps_area",
        "device_like",
        "contact_phone",
        "contact_phone",
    ]


def test_every_identifier_is_the_token_of_its_normalised_value() -> None:
    application = facts()
    assert application.place is not None
    assert application.place.gps_cell is not None
    assert application.place.gps_area is not None
    values = {
        "id_number": "110101199003070038",
        "phone": "+8613800000001",
        "profile": "申请人甲\0+8613800000001",
        "bank_card": "6222020200000000001",
        "email": "jia@example.com",
        "address": "山东省青岛市某某路一号",
        "employer": "青岛某某公司",
        "device_id": "device-one",
        "ip": "203.0.113.9",
        "ip_block": "203.0.113.0/24",
        "gps_cell": application.place.gps_cell,
        "face_id": "face-one",
        "merchant_id": "M-7",
        "store_id": "S-7-1",
        "sales_rep_id": "R-7-1-3",
        "gps_area": application.place.gps_area,
        "device_like": f"huaweimate60\0android\0{application.place.gps_cell}",
    }
    for identifier in application.identifiers[: len(values)]:
        assert identifier.token == TOKENISER.token(identifier.kind, values[identifier.kind]), identifier.kind
    assert application.tokens("contact_phone") == [
        TOKENISER.token("phone", "+8613900000002"),
        TOKENISER.token("phone", "+8613900000003"),
    ]


def test_who_applies_is_the_token_of_the_id_number() -> None:
    assert facts().applicant_token == facts().token("id_number")


def test_the_least_application_has_three_identifiers_and_no_groups() -> None:
    required = {"name": "甲", "id_number": "110101199003070038", "phone": "13800000001"}
    optional = ("merchant_id", "store_id", "sales_rep_id", "device", "liveness", "credit")
    application = facts({key: value for key, value in RAW.items() if key not in optional} | {"applicant": required})
    assert [identifier.kind for identifier in application.identifiers] == ["id_number", "phone", "profile"]
    assert (application.device, application.place, application.liveness, application.credit) == (None, None, None, None)


def test_an_unusable_phone_leaves_neither_phone_nor_profile() -> None:
    application = facts(changed(phone="none"))
    assert (application.token("phone"), application.token("profile")) == (None, None)


def test_a_contact_named_twice_is_one_identifier() -> None:
    contacts = [{"phone": "13900000002"}, {"phone": "+86 139-0000-0002"}]
    application = facts(changed(contacts=contacts))
    assert len(application.tokens("contact_phone")) == 1
    assert application.identity.contacts == 2


def test_the_applicants_own_phone_is_no_contact() -> None:
    application = facts(changed(contacts=[{"phone": "0086 13800000001"}, {"phone": "13900000002"}]))
    assert application.tokens("contact_phone") == [TOKENISER.token("phone", "+8613900000002")]
    assert application.identity.contact_is_self is True


def test_the_same_person_typed_differently_has_the_same_tokens() -> None:
    typed = changed(
        name="申请人 甲",
        id_number="110101 19900307 0038",
        phone="+86 138-0000-0001",
        email="Jia@Example.com",
        bank_card="6222 0202 0000 0000 001",
    )
    assert facts(typed).identifiers == facts().identifiers


def test_an_id_number_of_nothing_is_refused_by_the_name_of_its_field() -> None:
    with pytest.raises(InvalidValueError) as caught:
        facts(changed(id_number=" -- "))
    assert caught.value.path == "applicant.id_number"


def test_a_bad_check_digit_is_decided_on() -> None:
    assert facts(changed(id_number="110101199003070039")).identity.id_valid is False


def test_times_are_utc_and_hours_are_the_lenders() -> None:
    application = facts(RAW | {"occurred_at": "2026-11-24T16:05:00.123Z"})
    assert application.occurred_at == datetime(2026, 11, 24, 16, 5, 0, 123_000, UTC)
    assert application.occurred_at.tzinfo is UTC
    # Wednesday already, five past midnight
    assert (application.local_minute, application.local_weekday) == (5, 2)


@pytest.mark.parametrize(("occurred_at", "age"), [("2026-03-06T15:59:59Z", 35.0), ("2026-03-06T16:00:00Z", 36.0)])
def test_the_birthday_begins_at_the_lenders_midnight(occurred_at: str, age: float) -> None:
    assert facts(RAW | {"occurred_at": occurred_at}).identity.age_years == age


def test_the_device_tells_what_it_said_and_its_kind_of_address() -> None:
    device = facts().device
    assert device is not None
    assert (device.os, device.emulator, device.rooted, device.vpn) == ("android", False, True, None)
    assert (device.ip_private, device.ip_version) == (False, 4)


@pytest.mark.parametrize(("accuracy_m", "known"), [(None, True), (1_000, True), (1_000.1, False)])
def test_a_place_known_badly_is_in_no_cell_and_no_area(accuracy_m: float | None, known: bool) -> None:
    gps = {"lat": 36.07, "lon": 120.38, "accuracy_m": accuracy_m}
    application = facts(RAW | {"device": {"gps": gps}})
    assert application.place is not None
    assert application.place.gps_cell is not None  # where it was about
    assert ((application.token("gps_cell") is None), (application.token("gps_area") is None)) == (not known, not known)


def test_a_device_event_tells_model_and_system_as_one_token() -> None:
    event = device_event(model="HUAWEI Mate 60", os="HarmonyOS 4.2")
    assert event.model_token == TOKENISER.token("device_like", "huaweimate60\0harmonyos")
    assert device_event(os="HarmonyOS 4.2").model_token is None


def test_an_unreadable_ip_is_missing() -> None:
    application = facts(RAW | {"device": {"ip": "unknown"}})
    assert application.device is not None
    assert (application.device.ip_private, application.device.ip_version) == (None, None)
    assert (application.token("ip"), application.token("ip_block")) == (None, None)


@pytest.mark.parametrize(
    ("text", "system"),
    [
        ("Android 14", "android"),
        ("iOS", "ios"),
        ("iPhone OS 17_2", "ios"),
        ("iPadOS", "ios"),
        ("HarmonyOS NEXT", "harmonyos"),
        ("鸿蒙 4.2", "harmonyos"),
        ("Windows 11", "windows"),
        ("macOS 15", "macos"),
        ("Linux x86_64", "linux"),
        ("13800000001", "other"),
        (" ", None),
        (None, None),
    ],
)
def test_only_the_family_of_the_operating_system_passes(text: str | None, system: str | None) -> None:
    device = facts(RAW | {"device": {"os": text}}).device
    assert device is not None
    assert device.os == system


def test_face_check_and_credit_pass_as_they_are() -> None:
    application = facts()
    assert application.liveness is not None
    assert (application.liveness.score, application.liveness.face_match, application.liveness.attempts) == (
        0.97,
        0.93,
        1,
    )
    assert application.credit is not None
    assert application.credit.bureau is not None
    assert application.credit.bureau.queries_30d == 2


def test_the_same_record_and_key_give_the_same_facts() -> None:
    assert facts(copy.deepcopy(RAW), Tokeniser(b"key one of tests")) == facts(RAW, Tokeniser(b"key one of tests"))


def test_another_key_gives_other_tokens_for_everything() -> None:
    one, other = facts(), facts(RAW, Tokeniser(b"another key of the tests"))
    pairs = zip(one.identifiers, other.identifiers, strict=True)
    assert all(a.kind == b.kind and a.token != b.token for a, b in pairs)


def test_facts_read_back_as_they_were_written() -> None:
    application = facts()
    assert msgspec.json.decode(msgspec.json.encode(application), type=ApplicationFacts) == application


def test_a_device_event_has_the_same_tokens_and_cell_as_an_application() -> None:
    event = device_event(phone="138 0000 0001", ip="203.0.113.9", gps=RAW["device"]["gps"])
    application = facts()
    assert event.device_token == application.token("device_id")
    assert event.phone_token == application.token("phone")
    assert event.ip_token == application.token("ip")
    assert application.place is not None
    assert (event.gps_cell, event.gps_accuracy_m) == (application.place.gps_cell, 20.0)


def test_what_a_device_event_says_of_the_device_passes() -> None:
    said = {"emulator": True, "rooted": False, "vpn": True, "hooked": False, "liveness_passed": True}
    event = device_event(fill_ms=1_200, paste_count=3, application_id="A-1", **said)
    assert (event.kind, event.fill_ms, event.paste_count, event.application_id) == ("form_fill", 1_200, 3, "A-1")
    assert {name: getattr(event, name) for name in said} == said
    assert event.occurred_at == datetime(2026, 11, 24, 2, 15, 30, 123_000, UTC)
    assert event.occurred_at.tzinfo is UTC


def test_what_a_device_event_does_not_say_is_missing() -> None:
    event = device_event(phone="none", ip="unknown", gps={"lat": 0, "lon": 0, "accuracy_m": 1})
    assert (event.phone_token, event.ip_token, event.gps_cell, event.gps_accuracy_m) == (None, None, None, None)
    assert (event.emulator, event.hooked, event.fill_ms) == (None, None, None)


def test_a_listed_value_has_the_token_that_applications_have() -> None:
    assert entry().token == facts().token("phone")
    assert entry(kind="ip", value="::ffff:203.0.113.9").token == facts().token("ip")


def test_a_list_entry_may_come_as_a_token() -> None:
    token = TOKENISER.token("phone", "+8613800000001")
    assert entry(value=None, token=token).token == token


def test_a_raw_value_goes_before_a_token() -> None:
    assert entry(token="x" * 22).token == facts().token("phone")


def test_a_list_entry_keeps_what_is_said_of_it() -> None:
    listed = entry(
        severity="high", reason="sold", source="court", evidence="case 7", expires_at="2027-01-01T08:00:00+08:00"
    )
    assert (listed.severity, listed.reason, listed.source, listed.evidence) == ("high", "sold", "court", "case 7")
    assert listed.expires_at == datetime(2027, 1, 1, tzinfo=UTC)
    assert (listed.list, listed.action, listed.kind) == ("own", "add", "phone")
    assert listed.occurred_at.tzinfo is UTC


def test_a_listed_value_of_nothing_is_refused_without_quoting_it() -> None:
    with pytest.raises(InvalidValueError) as caught:
        entry(kind="ip", value="10.0.0.999")
    assert caught.value.path == "value"
    assert "10.0.0.999" not in str(caught.value)


def test_an_expiry_past_the_end_of_the_calendar_is_refused() -> None:
    assert entry(expires_at="9999-12-31T23:59:59Z").expires_at == datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    with pytest.raises(InvalidValueError) as caught:
        entry(expires_at="9999-12-31T23:59:59-01:00")
    assert caught.value.path == "expires_at"


def test_a_label_leaves_its_note_behind() -> None:
    raw = {
        "event_id": "l-1",
        "application_id": "A-1",
        "occurred_at": "2026-11-24T10:15:30+08:00",
        "kind": "confirmed_fraud",
        "source": "analyst",
        "amount_cny": 10.5,
        "days": 3,
        "note": "申请人甲 13800000001",
        "analyst_id": "an-1",
    }
    label = label_facts(msgspec.convert(raw, Label))
    assert label.occurred_at.tzinfo is UTC
    assert label == LabelFacts(
        event_id="l-1",
        application_id="A-1",
        occurred_at=datetime(2026, 11, 24, 2, 15, 30, tzinfo=UTC),
        kind="confirmed_fraud",
        source="analyst",
        amount_cny=10.5,
        days=3,
        analyst_id="an-1",
    )
