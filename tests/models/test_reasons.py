"""The catalogue of reasons is the contract's, in two languages."""

from __future__ import annotations

import re

import pytest

from models.decision import Reason
from models.reasons import REASONS, explain, placeholders, reasons_markdown

CONTRACT = {
    "Identity": "ID_NUMBER_INVALID, ID_MANY_PROFILES, PROFILE_MANY_IDS, PHONE_IS_OTHERS_CONTACT, CONTACT_IS_SELF,"
    " AGE_OUT_OF_RANGE, APPLICATION_RESUBMITTED",
    "Device": "DEVICE_MANY_IDENTITIES, ID_MANY_DEVICES, DEVICE_EMULATOR, DEVICE_ROOTED, DEVICE_VPN, DEVICE_HOOKED,"
    " DEVICE_NEW, DEVICE_MISSING, DEVICES_ALIKE, DEVICE_DISGUISED",
    "Location": "IMPOSSIBLE_TRAVEL, GPS_CELL_CROWDED, GPS_FAR_FROM_ADDRESS, GPS_FAR_FROM_STORE, IP_CROWDED",
    "Velocity": "ID_VELOCITY, PHONE_VELOCITY, DEVICE_VELOCITY, BANK_CARD_SHARED, MERCHANT_BURST",
    "Multi-lender": "MULTI_LENDER, DEBT_BURDEN, BUREAU_QUERIES",
    "Network": "LINKED_TO_FRAUD, RING_LARGE, RING_GROWING, CONTACT_SHARED, EMPLOYER_CROWDED",
    "Blacklist": "BLACKLIST_HIT, BLACKLIST_NEAR, BLACKLIST_UNKNOWN",
    "Liveness": "LIVENESS_FAILED, FACE_MISMATCH, FACE_REUSED, LIVENESS_RETRIES",
    "Merchant": "MERCHANT_TIER_C, MERCHANT_SUSPENDED, MERCHANT_OVER_QUOTA, SALES_REP_RISK, PRODUCT_MISMATCH",
    "Behaviour": "NIGHT_APPLICATION, AMOUNT_NEAR_MAXIMUM, AMOUNT_OVER_INCOME, FORM_FILLED_BY_MACHINE,"
    " FORMS_TOO_REGULAR, COLLECTION_CONTACT, OVERDUE_HISTORY",
    "Model": "MODEL_HIGH_SCORE, MODEL_ANOMALY",
    "Control": "DEGRADED_DEPENDENCY, RANDOM_CONTROL",
}


def test_the_codes_and_their_groups_are_the_contracts_in_its_order() -> None:
    listed = [(group, code) for group, codes in CONTRACT.items() for code in codes.split(", ")]
    assert [(text.group, text.code) for text in REASONS.values()] == listed


@pytest.mark.parametrize("code", REASONS)
def test_both_languages_speak_of_the_same_details(code: str) -> None:
    text = REASONS[code]
    assert set(re.findall(r"\{(\w+)\}", text.english)) == set(re.findall(r"\{(\w+)\}", text.chinese))
    assert re.search(r"[\u4e00-\u9fff]", text.chinese)
    assert text.english.isascii()


def test_a_reason_is_told_with_its_details() -> None:
    reason = Reason(code="DEVICE_MANY_IDENTITIES", effect="review", detail={"identities": 4, "window": "7d"})
    assert explain(reason) == "4 people applied with this device within 7d."
    assert explain(reason, "zh") == "7d内有4名不同申请人使用该设备申请。"


def test_a_missing_detail_reads_unknown() -> None:
    reason = Reason(code="LIVENESS_FAILED", effect="review", detail={"score": None})
    assert "unknown" in explain(reason)
    assert "未知" in explain(reason, "zh")


def test_a_list_reads_as_a_list() -> None:
    reason = Reason(code="DEGRADED_DEPENDENCY", effect="review", detail={"dependencies": ["links", "blacklist"]})
    assert "links, blacklist" in explain(reason)
    assert "links、blacklist" in explain(reason, "zh")


def test_the_page_has_every_code_once() -> None:
    page = reasons_markdown()
    assert re.findall(r"^\| `(\w+)`", page, re.MULTILINE) == list(REASONS)
    assert placeholders("BANK_CARD_SHARED") == {"applicants", "window"}
