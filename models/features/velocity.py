"""How often an identifier applies, and for how many people."""

from __future__ import annotations

from models.features.case import D7, D30, D90, H1, H24
from models.features.feature import Feature
from models.features.told import Told, applicants, applications

FEATURES = (
    Feature(
        "id_count_1h",
        "applications",
        "velocity",
        "Applications of the applicant in an hour",
        applications("id_number", H1),
    ),
    Feature(
        "id_count_24h",
        "applications",
        "velocity",
        "Applications of the applicant in 24 hours",
        applications("id_number", H24),
    ),
    Feature(
        "id_count_7d",
        "applications",
        "velocity",
        "Applications of the applicant in 7 days",
        applications("id_number", D7),
    ),
    Feature(
        "id_count_30d",
        "applications",
        "velocity",
        "Applications of the applicant in 30 days",
        applications("id_number", D30),
    ),
    Feature(
        "phone_count_1h",
        "applications",
        "velocity",
        "Applications with the phone in an hour",
        applications("phone", H1),
    ),
    Feature(
        "phone_count_24h",
        "applications",
        "velocity",
        "Applications with the phone in 24 hours",
        applications("phone", H24),
    ),
    Feature(
        "phone_count_7d",
        "applications",
        "velocity",
        "Applications with the phone in 7 days",
        applications("phone", D7),
    ),
    Feature(
        "phone_applicants_30d",
        "applicants",
        "velocity",
        "Applicants with the phone in 30 days",
        applicants("phone", D30),
    ),
    Feature(
        "device_count_1h",
        "applications",
        "velocity",
        "Applications with the device in an hour",
        applications("device_id", H1),
    ),
    Feature(
        "device_count_24h",
        "applications",
        "velocity",
        "Applications with the device in 24 hours",
        applications("device_id", H24),
    ),
    Feature(
        "device_count_7d",
        "applications",
        "velocity",
        "Applications with the device in 7 days",
        applications("device_id", D7),
    ),
    Feature(
        "bank_card_count_7d",
        "applications",
        "velocity",
        "Applications with the bank card in 7 days",
        applications("bank_card", D7),
    ),
    Feature(
        "bank_card_applicants_90d",
        "applicants",
        "velocity",
        "Applicants with the bank card in 90 days",
        applicants("bank_card", D90),
    ),
    Feature(
        "email_applicants_90d",
        "applicants",
        "velocity",
        "Applicants with the e-mail in 90 days",
        applicants("email", D90),
    ),
    Feature(
        "address_applicants_30d",
        "applicants",
        "velocity",
        "Applicants at the home address in 30 days",
        applicants("address", D30),
    ),
    Feature(
        "id_bank_cards_30d",
        "count",
        "velocity",
        "Bank cards that the applicant applied with in 30 days",
        Told("person", f"bank_cards[{D30}]"),
    ),
    Feature(
        "id_merchants_7d",
        "count",
        "velocity",
        "Merchants that the applicant applied at in 7 days",
        Told("person", f"merchants[{D7}]"),
    ),
)
