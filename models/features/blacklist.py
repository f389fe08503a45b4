"""What the lists know. Without the lists' answer everything is missing; 0 means asked and not found."""

from __future__ import annotations

from models.features.feature import Feature

FEATURES = (
    Feature(
        "blacklist_hits_own",
        "count",
        "blacklist",
        "Entries of the lender's own lists that match an identifier of the application, contacts left out",
        lambda case: case.lists.own,
    ),
    Feature(
        "blacklist_hits_external",
        "count",
        "blacklist",
        "Likewise: entries of external lists; missing when none is found and a list service did not answer",
        lambda case: case.lists.external,
    ),
    Feature(
        "blacklist_severity",
        "level",
        "blacklist",
        "Highest severity of those entries: 0 no entry, 1 low, 2 medium, 3 high; missing likewise",
        lambda case: case.lists.severity,
    ),
    Feature(
        "blacklist_contact_hits",
        "count",
        "blacklist",
        "Entries of any list that match a contact's phone; missing likewise",
        lambda case: case.lists.contacts,
    ),
    Feature(
        "blacklist_linked",
        "applications",
        "blacklist",
        "Strongly linked applications that have an identifier on a list",
        lambda case: case.network.strong_links_listed if case.network else None,
    ),
    Feature(
        "blacklist_services_silent",
        "count",
        "blacklist",
        "External list services that did not answer; missing when there are none to ask",
        lambda case: case.lists.silent,
    ),
)
