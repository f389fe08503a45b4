from typing import get_args

from models.features import registry
from models.features.document import features_markdown
from models.features.feature import Group, Unit
from models.features.registry import FEATURE_NAMES, FEATURE_SET_VERSION, REGISTRY

RELIED_ON = """
age_years id_invalid id_phone_region_differs phone_invalid phone_virtual_operator email_free email_digits_share
card_luhn_failed name_length name_not_cjk contacts_count contact_relations contact_is_self contact_same_name
employer_phone_is_own id_profiles_90d profile_applicants_90d phone_named_by_others_90d contact_applies_90d
application_resubmissions applicant_refused_30d
device_missing device_emulator device_rooted device_vpn device_hooked device_age_h device_events_24h device_events_30d
device_applicants_24h device_applicants_7d device_applicants_90d device_store_share id_devices_30d id_phones_30d
device_phones_30d device_sim_changes_30d device_otps_1h ip_private
travel_speed_kmh travel_km gps_address_km gps_store_km gps_accuracy_m gps_cell_applicants_1h gps_cell_applicants_24h
gps_cell_applicants_7d gps_cell_store_share ip_applicants_1h ip_applicants_24h ip_block_applicants_24h
id_count_1h id_count_24h id_count_7d id_count_30d phone_count_1h phone_count_24h phone_count_7d phone_applicants_30d
device_count_1h device_count_24h device_count_7d bank_card_count_7d bank_card_applicants_90d email_applicants_90d
address_applicants_30d id_bank_cards_30d id_merchants_7d
lenders_7d lenders_30d lenders_90d open_loans debt_cny income_monthly_cny debt_to_income bureau_queries_30d
provident_fund_monthly_cny employer_unverified
linked_applications ring_size ring_density ring_merchants ring_applicants ring_amount_cny fraud_distance
frauds_in_neighbourhood honest_in_neighbourhood refused_in_neighbourhood listed_in_neighbourhood strong_links
contact_applicants_30d contact_applicants_90d employer_applicants_24h employer_applicants_7d neighbourhood_truncated
ring_span_h ring_share_24h
blacklist_hits_own blacklist_hits_external blacklist_severity blacklist_contact_hits blacklist_linked
liveness_score face_match liveness_attempts face_applicants_90d device_liveness_failures_24h liveness_missing
merchant_count_1h merchant_count_24h merchant_count_30d merchant_burst_ratio store_count_24h sales_rep_count_1h
sales_rep_count_24h sales_rep_count_30d sales_rep_share_24h merchant_missing
form_fill_ms paste_count amount_cny amount_to_maximum amount_to_income monthly_payment_to_income term_months
overdue_count_12m overdue_days_max_24m on_time_ratio collection_calls_30d collection_sms_30d address_months address_tier
contacts_total
local_hour night weekend
"""
"""Names that policies in use refer to: they may gain company, and never change."""


def test_every_name_that_policies_rely_on_is_there() -> None:
    assert set(RELIED_ON.split()) <= set(FEATURE_NAMES)


def test_names_are_unique() -> None:
    assert len(set(FEATURE_NAMES)) == len(FEATURE_NAMES) >= 90


def test_every_feature_stands_in_its_groups_file() -> None:
    for group in get_args(Group):
        in_file = getattr(registry, group).FEATURES
        assert in_file == tuple(feature for feature in REGISTRY if feature.group == group)


def test_every_unit_is_used() -> None:
    assert {feature.unit for feature in REGISTRY} == set(get_args(Unit))


def test_a_window_in_a_name_is_the_window_in_its_meaning() -> None:
    words = {"1h": "hour", "24h": "24 hours", "7d": "7 days", "30d": "30 days", "90d": "90 days"}
    for feature in REGISTRY:
        window = feature.name.rsplit("_", 1)[-1]
        assert window not in words or words[window] in feature.meaning, feature.name


def test_the_version_is_that_of_this_set_of_names() -> None:
    assert len(FEATURE_SET_VERSION) == 12
    assert int(FEATURE_SET_VERSION, 16) >= 0


def test_the_page_lists_every_feature_once_under_its_group() -> None:
    page = features_markdown()
    for feature in REGISTRY:
        row = f"| `{feature.name}` | {feature.unit} | {feature.meaning} |"
        assert page.count(row) == 1
        section = page[: page.index(row)].rpartition("## ")[2].splitlines()[0]
        assert section == feature.group
