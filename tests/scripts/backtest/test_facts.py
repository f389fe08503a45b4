from typing import Any

import pytest

from models.facts import Extra, IdentityFacts
from scripts.backtest.facts import FactsOfRows
from scripts.backtest.mapping import EventColumns, ExtraColumns, HistoryMapping, LabelColumn

NOON_MS = 1_767_614_400_000
"""2026-01-05 12:00 UTC, a Monday."""
SHANDONG_ID = "370102199003074559"


def facts_of(event: Any = None, identifiers: Any = None, extra: Any = None, **values: Any) -> Any:
    """The facts of a row; `values` by the names of `columns`, dots and colons as `__`."""
    mapping = HistoryMapping(
        event=EventColumns(time="t", **(event or {})),
        identifiers=identifiers or {},
        extra=extra or ExtraColumns(),
        label=LabelColumn(column="y", fraud=(1,), honest=(0,), delay="1d"),
    )
    named = {name.replace("___", ":").replace("__", "."): value for name, value in values.items()}
    row = {"row": 7, "event.time": NOON_MS, "label.column": None, **named}
    return FactsOfRows(mapping, list(row), seed=1).facts(list(row.values()))


def test_a_bare_row_has_nothing_but_its_time() -> None:
    facts = facts_of()
    assert (facts.application_id, facts.event_id) == ("7", "7")
    assert facts.occurred_ms == NOON_MS
    assert (facts.local_minute, facts.local_weekday) == (720, 0)
    assert (facts.channel, facts.product, facts.amount_cny, facts.term_months) == (None, None, None, None)
    assert facts.identifiers == []
    assert facts.identity == IdentityFacts()
    assert (facts.device, facts.place, facts.extra) == (None, None, None)


def test_hours_and_weekdays_are_those_of_the_mappings_time_zone() -> None:
    facts = facts_of({"timezone": "Pacific/Auckland"})
    assert (facts.local_minute, facts.local_weekday) == (60, 1)


def test_equal_values_have_equal_tokens_and_each_kind_its_own() -> None:
    event, kinds = {"merchant_id": "m"}, {"id_number": "c"}
    one = facts_of(event, kinds, identifiers__id_number="5", identifiers__merchant_id="5")
    other = facts_of(event, kinds, identifiers__id_number="5", identifiers__merchant_id="6")
    assert [each.kind for each in one.identifiers] == ["id_number", "merchant_id"]
    assert one.token("id_number") == other.token("id_number")
    assert one.token("id_number") != one.token("merchant_id") != other.token("merchant_id")
    assert one.merchant_id == "5"
    assert "5" not in (one.token("id_number"), one.token("merchant_id"))


def test_the_applicant_is_who_can_best_be_told_apart() -> None:
    kinds = {"device_id": "d", "phone": "p"}
    both = facts_of(identifiers=kinds, identifiers__phone="code-1", identifiers__device_id="d1")
    assert both.applicant_token == both.token("phone")
    one = facts_of(identifiers=kinds, identifiers__phone=None, identifiers__device_id="d1")
    assert one.applicant_token == one.token("device_id")


def test_a_row_without_identifiers_is_a_strangers() -> None:
    assert facts_of(row=1).applicant_token != facts_of(row=2).applicant_token
    assert facts_of(row=1).applicant_token == facts_of(row=1).applicant_token


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("phone", "13812345678", "+86 138 1234 5678"),
        ("id_number", SHANDONG_ID, "370102 19900307 4559".replace(" ", "")),
        ("email", "A@Example.com", "a@example.com"),
        ("bank_card", "6222 0212 3456 7894", "6222021234567894"),
    ],
)
def test_values_that_are_what_they_are_called_are_spelled_alike(kind: str, one: str, other: str) -> None:
    tokens = {
        facts_of(identifiers={kind: "c"}, **{f"identifiers__{kind}": value}).identifiers[0].token
        for value in (one, other)
    }
    assert len(tokens) == 1


@pytest.mark.parametrize("kind", ["phone", "id_number", "bank_card", "ip", "email", "address", "face_id"])
def test_codes_in_place_of_values_are_told_apart_and_tell_nothing(kind: str) -> None:
    made = [
        facts_of(identifiers={kind: "c"}, **{f"identifiers__{kind}": code}) for code in ("u-12", "v-12", "12", "a1-b2")
    ]
    assert len({facts.identifiers[0].token for facts in made}) == 4
    assert {len(facts.identifiers) for facts in made} == {1}
    assert all(facts.identity == IdentityFacts() for facts in made)
    assert all(facts.device is None for facts in made)


@pytest.mark.parametrize(
    ("kind", "value"), [("phone", "138****5678"), ("bank_card", "6222********7894"), ("email", "a***@example.com")]
)
def test_a_masked_value_is_missing(kind: str, value: str) -> None:
    assert facts_of(identifiers={kind: "c"}, **{f"identifiers__{kind}": value}).identifiers == []


def test_an_id_number_tells_age_and_province_and_no_word_about_the_phone() -> None:
    identity = facts_of(identifiers={"id_number": "c"}, identifiers__id_number=SHANDONG_ID).identity
    assert (identity.age_years, identity.male, identity.id_province) == (35, True, "37")
    assert identity.phone_valid is None


def test_an_address_of_the_internet_tells_its_block() -> None:
    facts = facts_of(identifiers={"ip": "c"}, identifiers__ip="10.1.2.3")
    assert [each.kind for each in facts.identifiers] == ["ip", "ip_block"]
    assert facts.device.ip_private is True


def test_a_place_becomes_a_cell_and_an_identifier() -> None:
    event = {"lat": "lat", "lon": "lon"}
    facts = facts_of(event, event__lat=36.65, event__lon=117.12)
    assert facts.place.gps_cell.startswith("89")
    assert [each.kind for each in facts.identifiers] == ["gps_cell", "gps_area"]
    assert facts_of(event, event__lat=36.65, event__lon=None).place is None


def test_words_of_the_contract_are_channel_and_product_and_others_are_categories() -> None:
    event = {"channel": "how", "product": "what"}
    facts = facts_of(event, event__channel="app", event__product="crypto")
    assert (facts.channel, facts.product) == ("app", None)
    assert facts.extra == Extra(categorical={"how": None, "what": "crypto"})


def test_extra_columns_go_by_their_names() -> None:
    extra = ExtraColumns(numeric=("V1", "V2"), categorical=("Type",))
    facts = facts_of(extra=extra, extra__numeric___V1=1.5, extra__numeric___V2=None, extra__categorical___Type="x")
    assert facts.extra == Extra(numeric={"V1": 1.5, "V2": None}, categorical={"Type": "x"})


def test_amount_and_term_are_taken_as_they_are() -> None:
    facts = facts_of({"amount_cny": "a", "term_months": "m"}, event__amount_cny=-12.5, event__term_months=6.0)
    assert (facts.amount_cny, facts.term_months) == (-12.5, 6)
