"""One raw record of each kind, as upstream systems publish them, and what the edge makes of them with some fields
changed."""

from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from models.events import Application, BlacklistEntry, DeviceEvent
from models.facts import ApplicationFacts, DeviceEventFacts, ListEntryFacts
from models.identifiers import Tokeniser
from models.tokenise import tokenise_application, tokenise_device_event, tokenise_list_entry

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
        "model": "HUAWEI Mate 60",
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
