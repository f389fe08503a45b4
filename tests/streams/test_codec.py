"""What the codec accepts, and how it names what it does not."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from models.events import EVENT_TYPES, Application
from streams.codec import MAX_EVENT_BYTES, Decoded, InvalidRecord, RecordDecoder, decode, encode
from streams.untyped_json import MAX_NESTING

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
NOW = datetime(2026, 12, 31, tzinfo=UTC)
Change = Callable[[dict[str, Any]], None]


def example(topic: str = "applications") -> dict[str, Any]:
    record: dict[str, Any] = json.loads((EXAMPLES / f"{topic}.json").read_text())
    return record


def refused(raw: bytes | None, topic: str = "applications", now: datetime = NOW) -> tuple[str, str]:
    """Code and path of the error that decoding ends in."""
    with pytest.raises(InvalidRecord) as caught:
        decode(topic, raw, now)
    return caught.value.code, caught.value.path


def changed(change: Change, topic: str = "applications") -> bytes:
    record = example(topic)
    change(record)
    return json.dumps(record).encode()


def application(**fields: Any) -> bytes:
    return changed(lambda record: record.update(fields))


@pytest.mark.parametrize("topic", sorted(EVENT_TYPES))
def test_the_example_of_each_topic_in_is_accepted_and_survives_a_round_trip(topic: str) -> None:
    raw = (EXAMPLES / f"{topic}.json").read_bytes()
    decoded = decode(topic, raw, NOW)
    assert type(decoded.record) is EVENT_TYPES[topic]
    assert decoded.unknown == ()
    assert decode(topic, encode(decoded.record), NOW) == decoded


@pytest.mark.parametrize("raw", [b"not json", b"", None, b"{", b"{}x", b'{"a": 1,}', b"\xef\xbb\xbf{}", b"'{}'"])
def test_what_is_not_json_is_named_so(raw: bytes | None) -> None:
    assert refused(raw) == ("not_json", "$")


def test_invalid_utf8_is_not_json_wherever_it_stands() -> None:
    assert refused(application(note="x").replace(b'"x"', b'"\xff\xfe"')) == ("not_json", "$")
    assert refused(application().replace(b'"M-7"', b'"\xc3"')) == ("not_json", "$")
    assert refused(application().replace("甲".encode("unicode_escape"), b"\xe7\x94")) == ("not_json", "$")


@pytest.mark.parametrize("raw", [b"[]", b"[{}]", b"1", b'"text"', b"null", b"true"])
def test_json_that_is_no_object_is_named_so(raw: bytes) -> None:
    assert refused(raw) == ("not_an_object", "$")


@pytest.mark.parametrize("depth", [200, 900, 5_000, 30_000])
@pytest.mark.parametrize("field", ["event_id", "an_unknown_field", "applicant"])
def test_deeply_nested_json_is_not_json_in_any_field(depth: int, field: str) -> None:
    nested = b"[" * depth + b"]" * depth
    raw = application(**{field: "HERE"}).replace(b'"HERE"', nested)
    assert refused(raw) == ("not_json", "$")
    assert refused(nested) == ("not_json", "$")


def test_nesting_in_an_unknown_field_is_accepted_up_to_the_limit() -> None:
    def nested(levels: int) -> bytes:  # the record itself is one level
        return application(x="HERE").replace(b'"HERE"', b"[" * (levels - 1) + b"]" * (levels - 1))

    assert decode("applications", nested(MAX_NESTING), NOW).unknown == ("x",)
    assert refused(nested(MAX_NESTING + 1)) == ("not_json", "$")


def missing(*path: str) -> Change:
    def remove(record: dict[str, Any]) -> None:
        for name in path[:-1]:
            record = record[name]
        del record[path[-1]]

    return remove


REQUIRED = [
    ("event_id",),
    ("application_id",),
    ("occurred_at",),
    ("channel",),
    ("product",),
    ("amount_cny",),
    ("term_months",),
    ("applicant",),
    ("applicant", "name"),
    ("applicant", "id_number"),
    ("applicant", "phone"),
]


@pytest.mark.parametrize("path", REQUIRED, ids=".".join)
def test_each_required_field_that_is_missing_is_named(path: tuple[str, ...]) -> None:
    assert refused(changed(missing(*path))) == ("missing_field", ".".join(path))


def test_a_field_missing_in_a_list_is_named_with_its_position() -> None:
    def second_contact_without_phone(record: dict[str, Any]) -> None:
        record["applicant"]["contacts"].append({"name": "联系人丙"})

    assert refused(changed(second_contact_without_phone)) == ("missing_field", "applicant.contacts[1].phone")


def test_a_wrong_type_is_named_by_its_field() -> None:
    assert refused(application(term_months="12")) == ("invalid_field", "term_months")
    assert refused(application(term_months=12.5)) == ("invalid_field", "term_months")
    assert refused(application(device=[])) == ("invalid_field", "device")
    assert refused(application(device={"gps": {"lat": 91, "lon": 0}})) == ("invalid_field", "device.gps.lat")
    assert refused(application(applicant=None)) == ("invalid_field", "applicant")

    def number_as_contact_phone(record: dict[str, Any]) -> None:
        record["applicant"]["contacts"][0]["phone"] = 13900000002

    assert refused(changed(number_as_contact_phone)) == ("invalid_field", "applicant.contacts[0].phone")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400", "9" * 400, "9" * 5000])
def test_a_number_that_is_not_finite_is_named_by_its_field(number: str) -> None:
    amount = application(amount_cny="HERE").replace(b'"HERE"', number.encode())
    assert refused(amount) == ("invalid_field", "amount_cny")

    def in_the_gps(record: dict[str, Any]) -> None:
        record["device"]["gps"]["lat"] = "HERE"

    assert refused(changed(in_the_gps).replace(b'"HERE"', number.encode())) == ("invalid_field", "device.gps.lat")


def test_nan_in_json_that_is_broken_elsewhere_is_not_json() -> None:
    assert refused(application(amount_cny=float("nan"))[:-1]) == ("not_json", "$")
    assert refused(b"NaN") == ("invalid_field", "$")


def test_the_size_is_checked_first_and_64_kib_are_allowed() -> None:
    raw = application()
    assert decode("applications", raw + b" " * (MAX_EVENT_BYTES - len(raw)), NOW).record.event_id == "e-1"
    assert refused(raw + b" " * (MAX_EVENT_BYTES - len(raw) + 1)) == ("too_large", "$")
    assert refused(b"x" * 200 * 1024) == ("too_large", "$")


def test_event_time_may_be_five_minutes_ahead_and_no_more() -> None:
    occurred_at = datetime(2026, 11, 24, 2, 15, 30, 123_000, tzinfo=UTC)
    limit = occurred_at - timedelta(minutes=5)
    assert decode("applications", application(), limit).record.occurred_at == occurred_at
    assert refused(application(), now=limit - timedelta(microseconds=1)) == ("clock_ahead", "occurred_at")
    assert refused(application(occurred_at="2100-01-01T00:00:00Z")) == ("clock_ahead", "occurred_at")
    assert refused(application(occurred_at="9999-12-31T23:59:59-14:00")) == ("clock_ahead", "occurred_at")


def test_a_late_event_is_accepted_back_to_1970() -> None:
    assert decode("applications", application(occurred_at="1970-01-01T08:00:00+08:00"), NOW).record
    assert refused(application(occurred_at="1970-01-01T07:59:59+08:00")) == ("invalid_field", "occurred_at")
    assert refused(application(occurred_at="0001-01-01T00:00:00+14:00")) == ("invalid_field", "occurred_at")


@pytest.mark.parametrize("time", ["2026-11-24T10:15:30", "2026-11-24", "yesterday", "", 1_700_000_000, None])
def test_a_time_without_offset_or_in_another_form_is_invalid(time: object) -> None:
    assert refused(application(occurred_at=time)) == ("invalid_field", "occurred_at")


@pytest.mark.parametrize("text", ["a" * 65, "", "a b", "a\n", "号", "a/b", "a\x00"])
def test_an_id_that_the_contract_does_not_allow_is_named(text: str) -> None:
    assert refused(application(event_id=text)) == ("invalid_field", "event_id")
    assert refused(application(device={"device_id": text})) == ("invalid_field", "device.device_id")


def test_an_id_of_64_characters_and_every_allowed_kind_is_accepted() -> None:
    longest = "Az0._:-" + "x" * 57
    assert decode("applications", application(event_id=longest), NOW).record.event_id == longest


def test_the_contracts_limits_hold_at_equality() -> None:
    good: list[dict[str, Any]] = [
        {"amount_cny": 1_000_000},
        {"amount_cny": 0.01},
        {"term_months": 1},
        {"term_months": 60},
        {"liveness": {"score": 0, "face_match": 1, "attempts": 0}},
        {"device": {"gps": {"lat": -90, "lon": 180}}},
        {"applicant": {"name": "n" * 256, "id_number": "1", "phone": "1", "contacts": [{"phone": "1"}] * 20}},
    ]
    for fields in good:
        assert decode("applications", application(**fields), NOW).record
    bad: list[tuple[dict[str, Any], str]] = [
        ({"amount_cny": 1_000_000.01}, "amount_cny"),
        ({"amount_cny": 0}, "amount_cny"),
        ({"term_months": 0}, "term_months"),
        ({"term_months": 61}, "term_months"),
        ({"liveness": {"score": 1.01}}, "liveness.score"),
        ({"liveness": {"attempts": -1}}, "liveness.attempts"),
        ({"device": {"gps": {"lat": 0, "lon": -180.01}}}, "device.gps.lon"),
        ({"channel": "fax"}, "channel"),
        ({"applicant": {"name": "n" * 257, "id_number": "1", "phone": "1"}}, "applicant.name"),
        (
            {"applicant": {"name": "n", "id_number": "1", "phone": "1", "contacts": [{"phone": "1"}] * 21}},
            "applicant.contacts",
        ),
    ]
    for fields, path in bad:
        assert refused(application(**fields)) == ("invalid_field", path)


def test_absent_and_null_are_the_same_and_not_zero() -> None:
    absent = changed(lambda record: record.pop("liveness"))
    assert decode("applications", absent, NOW) == decode("applications", application(liveness=None), NOW)
    decoded: Decoded[Application] = RecordDecoder(Application)(application(credit={"bureau": {}}), NOW)
    assert decoded.record.credit is not None
    assert decoded.record.credit.bureau is not None
    assert decoded.record.credit.bureau.queries_30d is None


def test_unknown_fields_are_ignored_and_told_apart_by_path() -> None:
    def add_fields(record: dict[str, Any]) -> None:
        record["added"] = {"inner": 1}
        record["device"]["gps"]["altitude_m"] = 3
        record["applicant"]["contacts"] = [{"phone": "1", "wechat": "a"}, {"phone": "2", "wechat": "b"}]

    decoded = decode("applications", changed(add_fields), NOW)
    assert decoded.unknown == ("added", "applicant.contacts.wechat", "device.gps.altitude_m")


def test_a_mistake_beside_an_unknown_field_is_still_named() -> None:
    assert refused(application(added=1, term_months="x")) == ("invalid_field", "term_months")
    assert refused(application(added=1).replace(b"channel", b"chanel")) == ("missing_field", "channel")


@pytest.mark.parametrize("name", ["13800000001", "申请人", "a b", "a" * 65, ""])
def test_a_field_name_made_of_data_is_not_shown(name: str) -> None:
    assert decode("applications", application(**{name: 1}), NOW).unknown == ("?",)


def test_a_list_entry_needs_a_value_or_a_token() -> None:
    assert refused(changed(missing("value"), "blacklist-entries"), "blacklist-entries") == ("missing_field", "value")
    tokenised = changed(lambda r: r.update(value=None, token="t" * 22), "blacklist-entries")
    assert decode("blacklist-entries", tokenised, NOW).record


def test_a_policy_to_load_needs_its_document() -> None:
    load = changed(lambda record: record.update(action="load"), "policies")
    assert refused(load, "policies") == ("missing_field", "document")


SECRET = "申请人13800000001"


@pytest.mark.parametrize(
    "fields",
    [
        {"channel": SECRET},
        {"event_id": SECRET},
        {"occurred_at": SECRET},
        {"amount_cny": SECRET},
        {"device": SECRET},
        {"applicant": {"name": SECRET, "id_number": SECRET, "phone": SECRET, SECRET: SECRET, "contacts": SECRET}},
        {SECRET: float("nan")},
    ],
)
def test_an_error_quotes_no_value_of_the_record(fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidRecord) as caught:
        decode("applications", application(**fields), NOW)
    shown = f"{caught.value!r} {caught.value} {caught.value.path} {caught.value.message}"
    assert "申请人" not in shown
    assert "138" not in shown
    assert "\\u" not in shown


def test_times_are_written_in_utc_with_z() -> None:
    decoded = RecordDecoder(Application)(application(occurred_at="2026-11-24T02:15:30.123Z"), NOW)
    assert b'"occurred_at":"2026-11-24T02:15:30.123000Z"' in encode(decoded.record)
