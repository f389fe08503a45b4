"""Every reason code that features or the anomaly score can give, by the default policy, at its threshold and just off
it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.decision import Effect, Reason
from models.features.registry import FEATURE_NAMES
from models.policy.policy import load_policy_file
from models.policy.rules import STRENGTH, RuleInput
from models.reasons import REASONS, explain

POLICY = load_policy_file()
LATER = {
    "MERCHANT_TIER_C",
    "MERCHANT_SUSPENDED",
    "MERCHANT_OVER_QUOTA",
    "PRODUCT_MISMATCH",
    "RANDOM_CONTROL",
}
"""Codes whose inputs do not exist yet."""
DECIDED = {"MODEL_HIGH_SCORE", "DEGRADED_DEPENDENCY"}
"""Codes that `decide` gives itself; their tests are in test_pipeline.py."""


def reasons(given: dict[str, Any]) -> dict[str, Reason]:
    """The reasons by code when all features are missing but the given ones."""
    values = dict(given)
    rule_input = RuleInput(
        channel=values.pop("channel", "h5"),
        product=values.pop("product", "appliance"),
        anomaly=values.pop("anomaly", None),
        fraud_score=values.pop("fraud_score", 0.0),
        features={**dict.fromkeys(FEATURE_NAMES), **values},
    )
    assert set(rule_input.features) == set(FEATURE_NAMES), "a feature that there is not"
    return {reason.code: reason for reason in POLICY.rules.run(rule_input)}


SHELL_COMPANY = {
    "employer_applicants_7d": 3.0,
    "employer_share_7d": 0.5,
    "contacts_total": 159.0,
    "amount_to_maximum": 0.5,
}
"""An employer that is a name and a number, and that nobody had heard of before."""
NO_COUPLE = {
    "device_applicants_7d": 2.0,
    "address_applicants_30d": 1.0,
    "phone_applicants_30d": 1.0,
    "phone_named_by_others_90d": 0.0,
    "amount_to_maximum": 0.5,
}
"""Two on one phone who share nothing else."""
ONE_ADDRESS = {"ip_applicants_24h": 3.0, "contacts_total": 159.0, "amount_to_maximum": 0.5}
"""People on one address of the network who tell no place."""
ROOM = {"gps_cell_applicants_24h": 3.0, "contacts_total": 159.0, "amount_to_maximum": 0.5}
"""People in one room whose homes nobody knows."""

FOUR_IN_A_ROOM = {
    "gps_cell_applicants_24h": 4.0,
    "gps_cell_crowd_ratio": 3.0,
    "contacts_total": 159.0,
    "gps_address_km": 1.0,
}
"""Where hardly anybody applies; they live near by."""

ALIKE = {"device_like_applicants_30d": 4.0, "device_like_share": 0.5}
"""Devices of one model that are half of all in their place."""
THREE_ALIKE = {
    "device_like_applicants_30d": 3.0,
    "device_like_share": 0.5,
    "address_applicants_30d": 2.0,
    "gps_address_km": 20.0,
}
"""Who live far away, and not together."""
NEARLY_ALL_ALIKE = {"device_like_applicants_30d": 6.0, "device_like_share": 0.8, "address_applicants_30d": 5.0}

NEAR_FRAUD = {"fraud_distance": 1.0, "frauds_in_neighbourhood": 3.0, "fraud_closeness": 0.6}
"""Three confirmed frauds gave the same address."""

RING = {
    "ring_size": 4.0,
    "ring_applicants": 4.0,
    "ring_size_24h": 3.0,
    "ring_size_7d": 4.0,
    "ring_suspicion": 0.3,
}
"""Four people within a few days who look a little like a ring."""

AT_THE_THRESHOLD: list[tuple[str, Effect, dict[str, Any], dict[str, Any]]] = [
    # code, effect, what just makes it hit, and what to change so that it just does not
    ("ID_NUMBER_INVALID", "review", {"id_invalid": 1.0}, {"id_invalid": 0.0}),
    ("ID_MANY_PROFILES", "review", {"id_profiles_90d": 3.0}, {"id_profiles_90d": 2.0}),
    ("PROFILE_MANY_IDS", "review", {"profile_applicants_90d": 2.0}, {"profile_applicants_90d": 1.0}),
    ("PHONE_IS_OTHERS_CONTACT", "review", {"phone_named_by_others_90d": 4.0}, {"phone_named_by_others_90d": 3.0}),
    ("CONTACT_IS_SELF", "review", {"contact_is_self": 1.0}, {"contact_is_self": 0.0}),
    ("AGE_OUT_OF_RANGE", "reject", {"age_years": 17.99}, {"age_years": 18.0}),
    ("AGE_OUT_OF_RANGE", "review", {"age_years": 65.01}, {"age_years": 65.0}),
    ("APPLICATION_RESUBMITTED", "note", {"application_resubmissions": 1.0}, {"application_resubmissions": 0.0}),
    ("APPLICATION_RESUBMITTED", "review", {"application_resubmissions": 5.0}, {"application_resubmissions": 4.0}),
    (
        "DEVICE_MANY_IDENTITIES",
        "review",
        {"device_applicants_7d": 3.0, "phone_applicants_30d": 1.0, "device_store_share": 0.79},
        {"device_applicants_7d": 2.0},
    ),
    (
        "DEVICE_MANY_IDENTITIES",
        "review",
        {"device_applicants_7d": 3.0, "phone_applicants_30d": 2.0, "address_applicants_30d": 2.0},
        {"address_applicants_30d": 3.0},
    ),
    (
        "DEVICE_MANY_IDENTITIES",
        "review",
        {"device_applicants_7d": 3.0, "phone_applicants_30d": 2.0, "address_applicants_30d": 2.0},
        {"phone_applicants_30d": 3.0},
    ),
    (
        "DEVICE_MANY_IDENTITIES",
        "review",
        {"device_applicants_7d": 5.0, "device_store_share": 0.79},
        {"device_store_share": 0.8},
    ),
    ("DEVICE_MANY_IDENTITIES", "review", {"device_applicants_7d": 4.0}, {"device_applicants_7d": 3.0}),
    ("DEVICE_MANY_IDENTITIES", "review", {"device_applicants_7d": 4.0}, {"device_store_share": 0.8}),
    (
        "DEVICE_MANY_IDENTITIES",
        "reject",
        {"device_applicants_7d": 6.0, "device_store_share": 0.0},
        {"device_applicants_7d": 5.0},
    ),
    ("DEVICE_MANY_IDENTITIES", "review", {"device_applicants_90d": 4.0}, {"device_applicants_90d": 3.0}),
    ("DEVICE_MANY_IDENTITIES", "review", NO_COUPLE, {"device_applicants_7d": 1.0}),
    ("DEVICE_MANY_IDENTITIES", "review", NO_COUPLE, {"address_applicants_30d": 2.0}),
    ("DEVICE_MANY_IDENTITIES", "review", NO_COUPLE, {"address_applicants_30d": None}),
    ("DEVICE_MANY_IDENTITIES", "review", NO_COUPLE, {"phone_applicants_30d": 2.0}),
    ("DEVICE_MANY_IDENTITIES", "review", NO_COUPLE, {"phone_named_by_others_90d": 1.0}),
    ("DEVICE_MANY_IDENTITIES", "review", {**NO_COUPLE, "contact_applies_90d": 0.0}, {"contact_applies_90d": 1.0}),
    ("DEVICE_MANY_IDENTITIES", "review", {**NO_COUPLE, "contact_applicants_30d": 1.0}, {"contact_applicants_30d": 2.0}),
    ("DEVICE_MANY_IDENTITIES", "review", {**NO_COUPLE, "device_store_share": 0.79}, {"device_store_share": 0.8}),
    ("DEVICE_MANY_IDENTITIES", "review", NO_COUPLE, {"amount_to_maximum": 0.499}),
    (
        "DEVICE_MANY_IDENTITIES",
        "review",
        {**NO_COUPLE, "amount_to_maximum": 0.1, "contacts_total": 159.0},
        {"contacts_total": 160.0},
    ),
    ("ID_MANY_DEVICES", "review", {"id_devices_30d": 4.0}, {"id_devices_30d": 3.0}),
    ("DEVICE_EMULATOR", "review", {"device_emulator": 1.0}, {"device_emulator": 0.0}),
    ("DEVICE_ROOTED", "note", {"device_rooted": 1.0}, {"device_rooted": 0.0}),
    ("DEVICE_VPN", "note", {"device_vpn": 1.0}, {"device_vpn": 0.0}),
    ("DEVICE_HOOKED", "review", {"device_hooked": 1.0}, {"device_hooked": 0.0}),
    ("DEVICE_HOOKED", "reject", {"device_hooked": 1.0, "device_emulator": 1.0}, {"device_emulator": 0.0}),
    ("DEVICE_NEW", "note", {"device_age_h": 0.1}, {"device_age_h": 0.11}),
    ("DEVICE_MISSING", "note", {"device_missing": 1.0}, {"device_missing": 0.0}),
    ("DEVICES_ALIKE", "note", ALIKE, {"device_like_applicants_30d": 3.0}),
    ("DEVICES_ALIKE", "note", ALIKE, {"device_like_share": 0.49}),
    ("DEVICES_ALIKE", "note", {**ALIKE, "gps_cell_store_share": 0.79}, {"gps_cell_store_share": 0.8}),
    ("DEVICES_ALIKE", "review", {**ALIKE, "device_emulator": 1.0}, {"device_emulator": 0.0}),
    ("DEVICES_ALIKE", "review", THREE_ALIKE, {"device_like_applicants_30d": 2.0}),
    ("DEVICES_ALIKE", "review", {**THREE_ALIKE, "device_like_colleagues": 0.49}, {"device_like_colleagues": 0.5}),
    ("DEVICES_ALIKE", "review", NEARLY_ALL_ALIKE, {"device_like_applicants_30d": 5.0}),
    ("DEVICES_ALIKE", "review", NEARLY_ALL_ALIKE, {"device_like_share": 0.79}),
    ("DEVICES_ALIKE", "review", NEARLY_ALL_ALIKE, {"device_like_colleagues": 0.5}),
    ("DEVICES_ALIKE", "review", NEARLY_ALL_ALIKE, {"address_applicants_30d": 6.0}),
    ("DEVICES_ALIKE", "review", {**NEARLY_ALL_ALIKE, "gps_cell_store_share": 0.79}, {"gps_cell_store_share": 0.8}),
    ("DEVICES_ALIKE", "review", THREE_ALIKE, {"address_applicants_30d": 3.0}),
    ("DEVICES_ALIKE", "review", THREE_ALIKE, {"device_like_share": 0.49}),
    ("DEVICES_ALIKE", "review", {**ALIKE, "device_rooted": 1.0}, {"device_rooted": 0.0}),
    ("DEVICES_ALIKE", "review", {**ALIKE, "device_hooked": 1.0}, {"device_hooked": 0.0}),
    ("DEVICES_ALIKE", "review", {**ALIKE, "form_fill_ms": 30_000.0}, {"form_fill_ms": 30_001.0}),
    ("DEVICES_ALIKE", "review", {**ALIKE, "gps_address_km": 1.0}, {"gps_address_km": 0.99}),
    ("DEVICES_ALIKE", "review", {**ALIKE, "amount_to_maximum": 0.5}, {"amount_to_maximum": 0.49}),
    (
        "DEVICES_ALIKE",
        "review",
        {**ALIKE, "amount_to_maximum": 0.5, "contacts_total": 159.0},
        {"contacts_total": 160.0},
    ),
    (
        "DEVICES_ALIKE",
        "review",
        {**ALIKE, "gps_address_km": 20.0, "gps_cell_store_share": 0.79},
        {"gps_cell_store_share": 0.8},
    ),
    ("DEVICE_DISGUISED", "note", {"device_models_30d": 2.0}, {"device_models_30d": 1.0}),
    ("DEVICE_DISGUISED", "review", {"device_models_30d": 4.0}, {"device_models_30d": 3.0}),
    ("IMPOSSIBLE_TRAVEL", "review", {"travel_speed_kmh": 900.0, "travel_km": 100.0}, {"travel_speed_kmh": 899.9}),
    ("IMPOSSIBLE_TRAVEL", "review", {"travel_speed_kmh": 900.0, "travel_km": 100.0}, {"travel_km": 99.9}),
    ("GPS_CELL_CROWDED", "note", {"gps_cell_applicants_24h": 8.0}, {"gps_cell_applicants_24h": 7.0}),
    (
        "GPS_CELL_CROWDED",
        "note",
        {"gps_cell_applicants_24h": 8.0, "gps_cell_store_share": 0.79},
        {"gps_cell_store_share": 0.8},
    ),
    (
        "GPS_CELL_CROWDED",
        "review",
        {"gps_cell_applicants_24h": 3.0, "gps_address_km": 20.0},
        {"gps_cell_applicants_24h": 2.0},
    ),
    (
        "GPS_CELL_CROWDED",
        "review",
        {"gps_cell_applicants_24h": 3.0, "gps_address_km": 20.0},
        {"gps_address_km": 19.9},
    ),
    (
        "GPS_CELL_CROWDED",
        "review",
        {"gps_cell_applicants_24h": 3.0, "gps_address_km": 1.0, "amount_to_maximum": 0.5},
        {"gps_address_km": 0.99},
    ),
    (
        "GPS_CELL_CROWDED",
        "review",
        {"gps_cell_applicants_24h": 3.0, "gps_address_km": 1.0, "amount_to_maximum": 0.5},
        {"amount_to_maximum": 0.499},
    ),
    ("GPS_CELL_CROWDED", "review", FOUR_IN_A_ROOM, {"gps_cell_applicants_24h": 3.0}),
    ("GPS_CELL_CROWDED", "review", FOUR_IN_A_ROOM, {"gps_cell_crowd_ratio": 2.99}),
    ("GPS_CELL_CROWDED", "review", FOUR_IN_A_ROOM, {"gps_address_km": 0.99}),
    ("GPS_CELL_CROWDED", "review", FOUR_IN_A_ROOM, {"contacts_total": 160.0}),
    ("GPS_CELL_CROWDED", "review", {**FOUR_IN_A_ROOM, "gps_cell_colleagues": 0.49}, {"gps_cell_colleagues": 0.5}),
    ("GPS_CELL_CROWDED", "review", {**ROOM, "gps_cell_colleagues": 0.49}, {"gps_cell_colleagues": 0.5}),
    ("GPS_CELL_CROWDED", "review", {**FOUR_IN_A_ROOM, "gps_cell_store_share": 0.79}, {"gps_cell_store_share": 0.8}),
    ("GPS_CELL_CROWDED", "review", ROOM, {"gps_cell_applicants_24h": 2.0}),
    ("GPS_CELL_CROWDED", "review", ROOM, {"contacts_total": 160.0}),
    ("GPS_CELL_CROWDED", "review", ROOM, {"amount_to_maximum": 0.499}),
    ("GPS_CELL_CROWDED", "review", ROOM, {"gps_address_km": 0.99}),
    ("GPS_CELL_CROWDED", "review", {**ROOM, "contacts_total": None}, {"gps_cell_store_share": 0.8}),
    (
        "GPS_CELL_CROWDED",
        "note",
        {"gps_cell_applicants_24h": 8.0, "gps_cell_crowd_ratio": 3.0},
        {"gps_cell_crowd_ratio": 2.99},
    ),
    ("GPS_CELL_CROWDED", "review", {**ROOM, "gps_cell_crowd_ratio": 3.0}, {"gps_cell_crowd_ratio": 2.99}),
    ("GPS_FAR_FROM_ADDRESS", "note", {"gps_address_km": 300.0}, {"gps_address_km": 299.9}),
    (
        "GPS_FAR_FROM_ADDRESS",
        "note",
        {"gps_address_km": 300.0, "gps_accuracy_m": 5_000.0},
        {"gps_accuracy_m": 5_000.1},
    ),
    (
        "GPS_FAR_FROM_STORE",
        "review",
        {"gps_store_km": 20.0, "gps_accuracy_m": 5_000.0, "channel": "store"},
        {"gps_accuracy_m": 5_000.1},
    ),
    ("GPS_FAR_FROM_STORE", "review", {"gps_store_km": 20.0, "channel": "store"}, {"gps_store_km": 19.9}),
    ("GPS_FAR_FROM_STORE", "review", {"gps_store_km": 20.0, "channel": "store"}, {"channel": "app"}),
    ("IP_CROWDED", "note", {"ip_applicants_24h": 10.0}, {"ip_applicants_24h": 9.0}),
    ("IP_CROWDED", "review", ONE_ADDRESS, {"ip_applicants_24h": 2.0}),
    ("IP_CROWDED", "review", {**ONE_ADDRESS, "ip_applicants_24h": 12.0}, {"ip_applicants_24h": 13.0}),
    ("IP_CROWDED", "review", {**ONE_ADDRESS, "gps_address_km": 1.0}, {"gps_address_km": 0.99}),
    ("IP_CROWDED", "review", ONE_ADDRESS, {"amount_to_maximum": 0.499}),
    ("IP_CROWDED", "review", ONE_ADDRESS, {"contacts_total": 160.0}),
    ("IP_CROWDED", "review", {**ONE_ADDRESS, "ip_colleagues": 0.49}, {"ip_colleagues": 0.5}),
    ("IP_CROWDED", "review", {**ONE_ADDRESS, "ip_store_share": 0.79}, {"ip_store_share": 0.8}),
    ("ID_VELOCITY", "review", {"id_count_24h": 4.0}, {"id_count_24h": 3.0}),
    ("ID_VELOCITY", "review", {"id_count_7d": 6.0}, {"id_count_7d": 5.0}),
    ("PHONE_VELOCITY", "review", {"phone_applicants_30d": 4.0}, {"phone_applicants_30d": 3.0}),
    ("PHONE_VELOCITY", "review", {"phone_count_24h": 5.0}, {"phone_count_24h": 4.0}),
    ("DEVICE_VELOCITY", "review", {"device_count_24h": 5.0}, {"device_count_24h": 4.0}),
    ("DEVICE_VELOCITY", "review", {"device_count_24h": 5.0, "device_store_share": 0.7}, {"device_store_share": 0.8}),
    ("BANK_CARD_SHARED", "review", {"bank_card_applicants_90d": 2.0}, {"bank_card_applicants_90d": 1.0}),
    ("BANK_CARD_SHARED", "reject", {"bank_card_applicants_90d": 5.0}, {"bank_card_applicants_90d": 4.0}),
    (
        "MERCHANT_BURST",
        "note",
        {"merchant_count_1h": 20.0, "merchant_burst_ratio": 10.0},
        {"merchant_count_1h": 19.0},
    ),
    (
        "MERCHANT_BURST",
        "note",
        {"merchant_count_1h": 20.0, "merchant_burst_ratio": 10.0},
        {"merchant_burst_ratio": 9.9},
    ),
    ("MULTI_LENDER", "review", {"lenders_7d": 4.0}, {"lenders_7d": 3.0}),
    ("MULTI_LENDER", "review", {"lenders_30d": 8.0}, {"lenders_30d": 7.0}),
    ("DEBT_BURDEN", "note", {"debt_to_income": 1.5}, {"debt_to_income": 1.49}),
    ("BUREAU_QUERIES", "note", {"bureau_queries_30d": 6.0}, {"bureau_queries_30d": 5.0}),
    ("BUREAU_QUERIES", "review", {"bureau_queries_30d": 12.0}, {"bureau_queries_30d": 11.0}),
    ("LINKED_TO_FRAUD", "note", {"fraud_distance": 2.0, "frauds_in_neighbourhood": 1.0}, {"fraud_distance": 3.0}),
    ("LINKED_TO_FRAUD", "review", {**NEAR_FRAUD, "fraud_distance": 2.0}, {"fraud_distance": 3.0}),
    ("LINKED_TO_FRAUD", "review", {**NEAR_FRAUD, "fraud_distance": 2.0}, {"fraud_closeness": 0.599}),
    ("LINKED_TO_FRAUD", "reject", NEAR_FRAUD, {"frauds_in_neighbourhood": 2.0}),
    ("LINKED_TO_FRAUD", "reject", NEAR_FRAUD, {"fraud_distance": 2.0}),
    ("LINKED_TO_FRAUD", "reject", NEAR_FRAUD, {"fraud_closeness": 0.599}),
    ("RING_LARGE", "review", RING, {"ring_applicants": 3.0}),
    ("RING_LARGE", "review", RING, {"ring_suspicion": 0.2999}),
    (
        "RING_LARGE",
        "review",
        {"ring_applicants": 10.0, "ring_size": 10.0, "ring_suspicion": 0.1},
        {"ring_applicants": 9.0},
    ),
    (
        "RING_LARGE",
        "reject",
        {"ring_applicants": 10.0, "ring_size": 10.0, "ring_suspicion": 0.5},
        {"ring_suspicion": 0.4999},
    ),
    (
        "RING_LARGE",
        "reject",
        {"ring_applicants": 10.0, "ring_size": 10.0, "ring_suspicion": 0.5},
        {"ring_applicants": 9.0},
    ),
    ("RING_GROWING", "review", {"ring_size_24h": 3.0, **RING, "ring_applicants": 3.0}, {"ring_size_24h": 2.0}),
    ("RING_GROWING", "review", {"ring_size_24h": 3.0, **RING, "ring_applicants": 3.0}, {"ring_applicants": 2.0}),
    ("RING_GROWING", "review", {"ring_size_24h": 3.0, **RING, "ring_applicants": 3.0}, {"ring_suspicion": 0.2999}),
    ("CONTACT_SHARED", "review", {"contact_applicants_30d": 4.0}, {"contact_applicants_30d": 3.0}),
    (
        "CONTACT_SHARED",
        "review",
        {"contact_applicants_30d": 3.0, "phone_applicants_30d": 1.0},
        {"contact_applicants_30d": 2.0},
    ),
    (
        "CONTACT_SHARED",
        "review",
        {"contact_applicants_30d": 3.0, "phone_applicants_30d": 2.0, "address_applicants_30d": 2.0},
        {"address_applicants_30d": 3.0},
    ),
    (
        "CONTACT_SHARED",
        "review",
        {"contact_applicants_30d": 3.0, "phone_applicants_30d": 2.0, "address_applicants_30d": 2.0},
        {"phone_applicants_30d": 3.0},
    ),
    ("EMPLOYER_CROWDED", "note", {"employer_applicants_24h": 10.0}, {"employer_applicants_24h": 9.0}),
    ("EMPLOYER_CROWDED", "review", SHELL_COMPANY, {"employer_applicants_7d": 2.0}),
    ("EMPLOYER_CROWDED", "review", SHELL_COMPANY, {"contacts_total": 160.0}),
    ("EMPLOYER_CROWDED", "review", SHELL_COMPANY, {"employer_share_7d": 0.49}),
    ("EMPLOYER_CROWDED", "review", SHELL_COMPANY, {"amount_to_maximum": 0.499}),
    ("EMPLOYER_CROWDED", "review", {**SHELL_COMPANY, "contacts_total": None}, {"contacts_total": 160.0}),
    ("BLACKLIST_HIT", "review", {"blacklist_severity": 1.0}, {"blacklist_severity": 0.0}),
    ("BLACKLIST_HIT", "reject", {"blacklist_severity": 3.0, "blacklist_hits_own": 1.0}, {"blacklist_severity": 2.0}),
    ("BLACKLIST_HIT", "reject", {"blacklist_severity": 3.0, "blacklist_hits_own": 1.0}, {"blacklist_hits_own": 0.0}),
    ("BLACKLIST_NEAR", "review", {"blacklist_contact_hits": 1.0}, {"blacklist_contact_hits": 0.0}),
    ("BLACKLIST_NEAR", "review", {"blacklist_naming": 1.0}, {"blacklist_naming": 0.0}),
    ("BLACKLIST_NEAR", "review", {"blacklist_alike": 1.0}, {"blacklist_alike": 0.0}),
    ("BLACKLIST_NEAR", "review", {"blacklist_linked": 1.0}, {"blacklist_linked": 0.0}),
    ("BLACKLIST_UNKNOWN", "review", {"blacklist_services_silent": 1.0}, {"blacklist_services_silent": 0.0}),
    ("LIVENESS_FAILED", "review", {"liveness_score": 0.499}, {"liveness_score": 0.5}),
    ("FACE_MISMATCH", "review", {"face_match": 0.599}, {"face_match": 0.6}),
    ("FACE_REUSED", "review", {"face_applicants_90d": 2.0}, {"face_applicants_90d": 1.0}),
    ("FACE_REUSED", "reject", {"face_applicants_90d": 4.0}, {"face_applicants_90d": 3.0}),
    ("LIVENESS_RETRIES", "note", {"liveness_attempts": 4.0}, {"liveness_attempts": 3.0}),
    ("LIVENESS_RETRIES", "note", {"device_liveness_failures_24h": 3.0}, {"device_liveness_failures_24h": 2.0}),
    (
        "SALES_REP_RISK",
        "review",
        {"sales_rep_count_24h": 3.0, "amount_to_maximum": 0.9},
        {"sales_rep_count_24h": 2.0},
    ),
    (
        "SALES_REP_RISK",
        "review",
        {"sales_rep_count_24h": 3.0, "amount_to_maximum": 0.9},
        {"amount_to_maximum": 0.899},
    ),
    ("NIGHT_APPLICATION", "note", {"night": 1.0}, {"night": 0.0}),
    ("AMOUNT_NEAR_MAXIMUM", "note", {"amount_to_maximum": 0.95}, {"amount_to_maximum": 0.949}),
    ("AMOUNT_OVER_INCOME", "note", {"amount_to_income": 12.0}, {"amount_to_income": 11.99}),
    ("FORM_FILLED_BY_MACHINE", "review", {"form_fill_ms": 8000.0}, {"form_fill_ms": 8001.0}),
    (
        "FORMS_TOO_REGULAR",
        "review",
        {"device_fills_7d": 4.0, "device_fill_spread_7d": 0.1},
        {"device_fill_spread_7d": 0.11},
    ),
    ("FORMS_TOO_REGULAR", "review", {"device_fills_7d": 4.0, "device_fill_spread_7d": 0.1}, {"device_fills_7d": 3.0}),
    (
        "FORMS_TOO_REGULAR",
        "review",
        {"device_fills_7d": 5.0, "device_fill_gap_spread_7d": 0.1},
        {"device_fill_gap_spread_7d": 0.11},
    ),
    (
        "FORMS_TOO_REGULAR",
        "review",
        {"device_fills_7d": 5.0, "device_fill_gap_spread_7d": 0.1},
        {"device_fills_7d": 4.0},
    ),
    ("COLLECTION_CONTACT", "note", {"collection_calls_30d": 3.0}, {"collection_calls_30d": 2.0}),
    ("COLLECTION_CONTACT", "note", {"collection_sms_30d": 6.0}, {"collection_sms_30d": 5.0}),
    ("OVERDUE_HISTORY", "note", {"overdue_count_12m": 3.0}, {"overdue_count_12m": 2.0}),
    ("OVERDUE_HISTORY", "note", {"overdue_days_max_24m": 30.0}, {"overdue_days_max_24m": 29.0}),
    ("MODEL_ANOMALY", "note", {"anomaly": 0.95}, {"anomaly": 0.949}),
]


@pytest.mark.parametrize(("code", "effect", "at", "off"), AT_THE_THRESHOLD)
def test_a_rule_hits_at_its_threshold_and_not_just_off_it(
    code: str, effect: Effect, at: dict[str, Any], off: dict[str, Any]
) -> None:
    assert reasons(at)[code].effect == effect
    weaker = reasons({**at, **off}).get(code)
    assert weaker is None or STRENGTH[weaker.effect] < STRENGTH[effect]


@pytest.mark.parametrize(("code", "effect", "at", "off"), AT_THE_THRESHOLD)
def test_a_rule_does_not_hit_on_what_is_missing(
    code: str, effect: Effect, at: dict[str, Any], off: dict[str, Any]
) -> None:
    decisive = next(iter(at))
    assert code not in reasons({**at, decisive: None})


@pytest.mark.parametrize(("code", "effect", "at", "off"), AT_THE_THRESHOLD)
def test_every_reason_can_be_told_in_both_languages(
    code: str, effect: Effect, at: dict[str, Any], off: dict[str, Any]
) -> None:
    reason = reasons(at)[code]
    for language in ("en", "zh"):
        assert "{" not in explain(reason, language)


def test_every_code_is_tested_but_those_of_inputs_that_do_not_exist_yet() -> None:
    assert {code for code, *_ in AT_THE_THRESHOLD} | DECIDED | LATER == set(REASONS)
    assert {rule.code for rule in POLICY.document.rules} == {code for code, *_ in AT_THE_THRESHOLD}


def test_every_code_is_tested_with_each_of_its_effects() -> None:
    tested = {(code, effect) for code, effect, _, _ in AT_THE_THRESHOLD}
    assert {(rule.code, rule.effect) for rule in POLICY.document.rules} == tested


def test_nothing_known_gives_no_reason() -> None:
    assert reasons({}) == {}


values = st.none() | st.floats()


@settings(deadline=None)
@given(st.fixed_dictionaries(dict.fromkeys(FEATURE_NAMES, values)), values)
def test_no_value_of_any_feature_makes_the_rules_or_scores_raise(
    features: dict[str, float | None], anomaly: float | None
) -> None:
    rule_input = RuleInput(features=features, channel="app", product="cash", anomaly=anomaly, fraud_score=0.5)
    effects = [STRENGTH[reason.effect] for reason in POLICY.rules.run(rule_input)]
    assert all(stronger >= weaker for stronger, weaker in pairwise(effects))
    assert 0 <= POLICY.scorecard.score(features).fraud_score <= 1
    POLICY.variables.score(features)
    POLICY.velocity_unless(rule_input)
