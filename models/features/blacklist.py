"""What the lists know. Without the lists' answer everything is missing; 0 means asked and not found."""

from __future__ import annotations

from models.features.feature import Feature
from models.features.told import Told

FEATURES = (
    Feature(
        "blacklist_hits_own",
        "count",
        "blacklist",
        "Entries of the lender's own lists that match an identifier of the application, contacts left out",
        Told("lists", "own"),
    ),
    Feature(
        "blacklist_hits_external",
        "count",
        "blacklist",
        "Likewise: entries of external lists; missing when none is found and a list service did not answer",
        Told("lists", "external"),
    ),
    Feature(
        "blacklist_severity",
        "level",
        "blacklist",
        "Highest severity of those entries: 0 no entry, 1 low, 2 medium, 3 high; missing likewise",
        Told("lists", "severity"),
    ),
    Feature(
        "blacklist_contact_hits",
        "count",
        "blacklist",
        "Entries of any list that match a contact's phone; missing likewise",
        Told("lists", "contacts"),
    ),
    Feature(
        "blacklist_linked",
        "applications",
        "blacklist",
        "Strongly linked applications that have an identifier on a list",
        Told("network", "strong_links_listed"),
    ),
    Feature(
        "blacklist_distance",
        "links",
        "blacklist",
        "Hops to the nearest listed identifier: 0 the applicant's own, 1 the device or network address; missing without"
        " one",
        Told("lists", "distance"),
    ),
    Feature(
        "blacklist_naming",
        "applicants",
        "blacklist",
        "Listed applicants who name this one's phone as their contact's",
        Told("lists", "naming"),
    ),
    Feature(
        "blacklist_alike",
        "count",
        "blacklist",
        "Entries of people or addresses much like the applicant's: name and part of the ID number or birth date, or an"
        " address written differently",
        Told("lists", "alike"),
    ),
    Feature(
        "blacklist_near_distance",
        "links",
        "blacklist",
        "Hops to the nearest listed company: 0 somebody much like the applicant, 1 a contact or who names the applicant"
        " as one, n a linked application; missing without any",
        Told("lists", "near_distance"),
    ),
    Feature(
        "blacklist_name_by_id_similarity",
        "ratio",
        "blacklist",
        "Similarity (0 to 1) of the applicant's name to that of listed people whose ID numbers begin and end alike, the"
        " most similar; 0 without any",
        Told("lists", "similarity.get('id_number')"),
    ),
    Feature(
        "blacklist_name_by_birth_similarity",
        "ratio",
        "blacklist",
        "Likewise of listed people with the same birth date",
        Told("lists", "similarity.get('birth_date')"),
    ),
    Feature(
        "blacklist_address_similarity",
        "ratio",
        "blacklist",
        "Likewise of the applicant's street to those of listed addresses with the same numbers",
        Told("lists", "similarity.get('address')"),
    ),
    Feature(
        "blacklist_services_silent",
        "count",
        "blacklist",
        "External list services that did not answer; missing when there are none to ask",
        Told("lists", "silent"),
    ),
)
