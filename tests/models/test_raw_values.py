"""What stands in the facts is looked for in every spelling that an eye or a grep would know."""

import unicodedata
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from models.id_numbers import check_character
from tests.raw_records import RAW, device_event, entry, facts

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
        "model": phone,
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
