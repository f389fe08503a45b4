"""Who applies, and whether the identifiers given fit together."""

from __future__ import annotations

from models.features.case import D30, D90, Case
from models.features.feature import Feature
from models.features.told import Told, applicants, as_phone


def _regions_differ(case: Case) -> bool | None:
    id_province, phone_province = case.identity.id_province, case.identity.phone_province
    return None if id_province is None or phone_province is None else id_province != phone_province


FEATURES = (
    Feature("age_years", "years", "identity", "Age, from the ID number", Told("identity", "age_years")),
    Feature(
        "id_invalid",
        "flag",
        "identity",
        "The mainland ID number has a wrong check digit, date or form; missing for other documents",
        Told("identity", "id_valid", "not value"),
    ),
    Feature(
        "id_phone_region_differs",
        "flag",
        "identity",
        "The ID number and the phone come from different provinces",
        _regions_differ,
    ),
    Feature(
        "phone_invalid",
        "flag",
        "identity",
        "The phone is no number that can exist",
        Told("identity", "phone_valid", "not value"),
    ),
    Feature(
        "phone_virtual_operator",
        "flag",
        "identity",
        "The phone belongs to a virtual operator, whose numbers are cheap to get in bulk",
        Told("identity", "virtual_operator"),
    ),
    Feature(
        "email_free",
        "flag",
        "identity",
        "The e-mail is at one of the large free providers",
        Told("identity", "email_free"),
    ),
    Feature(
        "email_digits_share",
        "share",
        "identity",
        "Share of digits in the e-mail's local part",
        Told("identity", "email_digits_share"),
    ),
    Feature(
        "card_luhn_failed",
        "flag",
        "identity",
        "The bank card's check digit is wrong",
        Told("identity", "card_luhn", "not value"),
    ),
    Feature("name_length", "characters", "identity", "Length of the name", Told("identity", "name_length")),
    Feature(
        "name_not_cjk",
        "flag",
        "identity",
        "The name is not written in Chinese characters only",
        Told("identity", "name_cjk", "not value"),
    ),
    Feature("contacts_count", "count", "identity", "Contacts named", Told("identity", "contacts")),
    Feature(
        "contact_relations",
        "count",
        "identity",
        "Different relations among the contacts",
        Told("identity", "contact_relations"),
    ),
    Feature(
        "contact_is_self",
        "flag",
        "identity",
        "A contact's phone is the applicant's own",
        Told("identity", "contact_is_self"),
    ),
    Feature(
        "contact_same_name",
        "flag",
        "identity",
        "A contact bears the applicant's name",
        Told("identity", "contact_same_name"),
    ),
    Feature(
        "employer_phone_is_own",
        "flag",
        "identity",
        "The employer's phone is the applicant's or a contact's",
        Told("identity", "employer_phone_is_own"),
    ),
    Feature(
        "id_profiles_90d",
        "count",
        "identity",
        "Profiles (name with phone) that the ID number applied with in 90 days",
        Told("person", f"profiles[{D90}]"),
    ),
    Feature(
        "profile_applicants_90d",
        "applicants",
        "identity",
        "ID numbers that the same profile (name with phone) applied with in 90 days",
        applicants("profile", D90),
    ),
    Feature(
        "phone_named_by_others_90d",
        "applicants",
        "identity",
        "Other applicants who named this applicant's phone as their contact's in 90 days",
        as_phone("phone", D90),
    ),
    Feature(
        "contact_applies_90d",
        "applicants",
        "identity",
        "Other applicants in 90 days who applied with the phone of a contact named here (the largest over contacts)",
        as_phone("contact_phone", D90),
    ),
    Feature(
        "application_resubmissions",
        "count",
        "identity",
        "Earlier events under the same application id",
        Told("observation", "resubmissions"),
    ),
    Feature(
        "applicant_refused_30d",
        "applications",
        "identity",
        "Earlier applications of the applicant that were rejected in 30 days",
        Told("person", f"refused[{D30}]"),
    ),
)
