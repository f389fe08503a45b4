"""Which optional groups a decision calls missing."""

from __future__ import annotations

from typing import Any

import pytest

from models.events import BehaviourCredit, BureauCredit, Credit, OtherCredit, TransactionCredit
from models.facts import DeviceFacts, IdentityFacts, LivenessFacts, PlaceFacts
from models.missing import missing_groups
from tests.builders import CELL, application


def test_an_application_with_the_required_fields_alone_misses_every_group() -> None:
    assert missing_groups(application()) == [
        "merchant_id",
        "store_id",
        "sales_rep_id",
        "applicant.email",
        "applicant.bank_card",
        "applicant.address",
        "applicant.employer",
        "applicant.contacts",
        "device",
        "liveness",
        "credit",
    ]


def test_a_complete_application_misses_nothing() -> None:
    complete = application(
        merchant_id="m",
        store_id="s",
        sales_rep_id="r",
        bank_card="b",
        device_id="d",
        ip="i",
        gps_cell=CELL,
        shared={"email": "e", "address": "a", "employer": "w"},
        identity=IdentityFacts(contacts=0),
        liveness=LivenessFacts(),
        credit=Credit(
            bureau=BureauCredit(),
            transaction=TransactionCredit(),
            behaviour=BehaviourCredit(),
            other=OtherCredit(),
        ),
    )
    assert missing_groups(complete) == []


def test_parts_of_a_device_are_missing_on_their_own() -> None:
    groups = missing_groups(application(device=DeviceFacts()))
    assert [group for group in groups if group.startswith("device")] == [
        "device.device_id",
        "device.ip",
        "device.gps",
    ]


def test_parts_of_credit_are_missing_on_their_own() -> None:
    groups = missing_groups(application(credit=Credit(bureau=BureauCredit())))
    assert [group for group in groups if group.startswith("credit")] == [
        "credit.transaction",
        "credit.behaviour",
        "credit.other",
    ]


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("applicant.address", {"place": PlaceFacts(address_cell=CELL)}),
        ("applicant.employer", {"identity": IdentityFacts(employer_phone_is_own=False)}),
        ("applicant.contacts", {"identity": IdentityFacts(contacts=0)}),
    ],
)
def test_a_group_with_any_part_is_not_missing(path: str, fields: dict[str, Any]) -> None:
    assert path not in missing_groups(application(**fields))
