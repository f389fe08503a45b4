import copy
import unicodedata
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.events import Application, BlacklistEntry, DeviceEvent, Label
from models.facts import ApplicationFacts, DeviceEventFacts, LabelFacts, ListEntryFacts
from models.id_numbers import check_character
from models.identifiers import Tokeniser
from models.tokenise import (
    InvalidValueError,
    label_facts,
    tokenise_application,
    tokenise_device_event,
    tokenise_list_entry,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
TOKENISER = Tokeniser(b"a key for tests, of 32 bytes ...")

RAW: dict[str, Any] = {
    "event_id": "e-1",
    "application_id": "A-1",
    "occurred_at": "2026-11-24T10:15:30.123+08:00",
    "channel": "h5",
    "product": "appliance",
    "amount_cny": 6999.0,
    "term_months": 12,
    "merchant_id": "M-7",
    "store_id": "S-7-1",
    "sales_rep_id": "R-7-1-3",
    "applicant": {
        "name": "申请人甲",
        "id_number": "110101199003070038",
        "phone": "13800000001",
        "email": "jia@example.com",
        "bank_card": "6222020200000000001",
        "address": {"text": "山东省青岛市某某路一号", "lat": 36.060123, "lon": 120.380456},
        "employer": {"name": "青岛某某公司", "phone": "053212345678"},
        "contacts": [
            {"name": "联系人乙", "phone": "13900000002", "relation": "spouse"},
            {"name": "联系人丙", "phone": "13900000003", "relation": "parent"},
        ],
    },
    "device": {
        "device_id": "device-one",
        "ip": "203.0.113.9",
        "os": "Android 14",
        "session_id": "session-one",
        "gps": {"lat": 36.070789, "lon": 120.380321, "accuracy_m": 20.0},
        "emulator": False,
        "rooted": True,
        "vpn": None,
    },
    "liveness": {"score": 0.97, "face_match": 0.93, "attempts": 1, "face_id": "face-one"},
    "credit": {"bureau": {"queries_30d": 2}},
}

DEVICE_EVENT: dict[str, Any] = {
    "event_id": "de-1",
    "device_id": "device-one",
    "occurred_at": "2026-11-24T10:15:30.123+08:00",
    "kind": "form_fill",
}

ENTRY: dict[str, Any] = {
    "event_id": "le-1",
    "occurred_at": "2026-11-24T10:15:30+08:00",
    "action": "add",
    "list": "own",
    "kind": "phone",
    "value": "138 0000 0001",
}


def facts(raw: dict[str, Any] = RAW, tokeniser: Tokeniser = TOKENISER) -> ApplicationFacts:
    return tokenise_application(msgspec.convert(raw, Application), tokeniser, SHANGHAI)


def device_event(**fields: Any) -> DeviceEventFacts:
    return tokenise_device_event(msgspec.convert(DEVICE_EVENT | fields, DeviceEvent), TOKENISER)


def entry(**fields: Any) -> ListEntryFacts:
    return tokenise_list_entry(msgspec.convert(ENTRY | fields, BlacklistEntry), TOKENISER)


def changed(**fields: Any) -> dict[str, Any]:
    """The whole application with some fields of the applicant changed."""
    return RAW | {"applicant": RAW["applicant"] | fields}


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
        "contact_phone",
        "contact_phone",
    ]


def test_every_identifier_is_the_token_of_its_normalised_value() -> None:
    application = facts()
    assert application.place is not None
    assert application.place.gps_cell is not None
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


# What stands in the facts is looked for in every spelling that an eye or a grep would know.

NAMES = st.text("赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨", min_size=2, max_size=4)
MOBILES = st.from_regex(r"1[35789][0-9]{9}", fullmatch=True)
WRITTEN_MOBILES = st.builds(
    lambda number, form: form.format(number[:3], number[3:7], number[7:]),
    MOBILES,
    st.sampled_from(["{}{}{}", "{} {} {}", "{}-{}-{}", "+86{}{}{}", "0086 {}{}{}"]),
)
IDS = st.from_regex(r"[0-9]{6}(19[4-9][0-9])(0[1-9]|1[0-2])(0[1-9]|1[0-9]|2[0-8])[0-9]{3}", fullmatch=True).map(
    lambda body: body + check_character(body)
)
FULL_WIDTH = str.maketrans("0123456789", "0123456789")
OPAQUE = st.from_regex(r"[a-z]{2}[0-9a-f]{14}", fullmatch=True)
COORDINATES = st.builds(
    lambda lat, lon: {"lat": lat, "lon": lon},
    st.integers(18_100_001, 53_500_000).map(lambda micro: micro / 1e6),
    st.integers(73_500_001, 135_000_000).map(lambda micro: micro / 1e6),
)
ADDRESSES = st.ip_addresses().map(str).filter(lambda text: len(text) > 6)


@st.composite
def personal_applications(draw: st.DrawFn) -> tuple[dict[str, Any], set[str]]:
    """A full application and all the personal values in it, as written and as normalised."""
    id_number, phone, employer_phone = draw(IDS), draw(WRITTEN_MOBILES), draw(WRITTEN_MOBILES)
    contacts = draw(st.lists(st.fixed_dictionaries({"name": NAMES, "phone": WRITTEN_MOBILES}), min_size=1, max_size=4))
    applicant = {
        "name": draw(NAMES),
        "id_number": draw(st.sampled_from([id_number, id_number.translate(FULL_WIDTH), id_number.lower()])),
        "phone": phone,
        "email": draw(OPAQUE) + "@example.com",
        "bank_card": draw(st.from_regex(r"62[0-9]{17}", fullmatch=True)),
        "address": {"text": draw(NAMES) + "路" + draw(OPAQUE), **draw(COORDINATES)},
        "employer": {"name": draw(NAMES) + "公司", "phone": employer_phone},
        "contacts": contacts,
    }
    device = {
        "device_id": draw(OPAQUE),
        "ip": draw(ADDRESSES),
        "os": phone,
        "session_id": draw(OPAQUE),
        "gps": draw(COORDINATES),
    }
    face_id = draw(OPAQUE)
    raw = RAW | {"applicant": applicant, "device": device, "liveness": {"face_id": face_id}}
    numbers = [phone, employer_phone, *(str(contact["phone"]) for contact in contacts)]
    places = [applicant["address"], device["gps"]]
    values = {
        applicant["name"],
        id_number,
        id_number[6:14],
        applicant["email"],
        applicant["bank_card"],
        applicant["address"]["text"],
        applicant["employer"]["name"],
        device["device_id"],
        device["ip"],
        device["session_id"],
        face_id,
        *(contact["name"] for contact in contacts),
        *numbers,
        *("".join(filter(str.isdecimal, number))[-11:] for number in numbers),
        *(repr(place[axis]) for place in places for axis in ("lat", "lon")),
    }
    return raw, values | {unicodedata.normalize("NFKC", value) for value in values}


@given(personal_applications())
def test_no_personal_value_of_an_application_passes_the_edge(application: tuple[dict[str, Any], set[str]]) -> None:
    raw, values = application
    published = msgspec.json.encode(facts(raw)).decode()
    assert published.isascii()
    assert not [value for value in values if value in published]


@given(phone=WRITTEN_MOBILES, device_id=OPAQUE, ip=ADDRESSES, gps=COORDINATES)
def test_no_personal_value_of_a_device_event_passes_the_edge(
    phone: str, device_id: str, ip: str, gps: dict[str, float]
) -> None:
    published = msgspec.json.encode(device_event(phone=phone, device_id=device_id, ip=ip, gps=gps)).decode()
    digits = "".join(filter(str.isdecimal, phone))[-11:]
    personal = [phone, digits, device_id, ip, repr(gps["lat"]), repr(gps["lon"])]
    assert not [value for value in personal if value in published]


@given(phone=WRITTEN_MOBILES)
def test_no_listed_value_passes_the_edge_even_if_the_evidence_quotes_it(phone: str) -> None:
    digits = "".join(filter(str.isdecimal, phone))[-11:]
    published = msgspec.json.encode(entry(value=phone, evidence=f"rang {phone}, {digits}", reason=digits)).decode()
    assert digits not in published
    assert phone not in published


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
    assert label_facts(msgspec.convert(raw, Label)) == LabelFacts(
        event_id="l-1",
        application_id="A-1",
        occurred_at=datetime(2026, 11, 24, 2, 15, 30, tzinfo=UTC),
        kind="confirmed_fraud",
        source="analyst",
        amount_cny=10.5,
        days=3,
        analyst_id="an-1",
    )
