"""What a recall adds to a decision that is made again."""

from __future__ import annotations

from models.decision import DetailValue, Reason
from models.recall.cause import Recall

OWN = "own"
"""The lender's own list."""


def recall_reason(recall: Recall) -> Reason:
    """The reason, with effect review: a person looks at it, nobody is rejected for whom they are connected with."""
    if recall.cause == "fraud":
        detail: dict[str, DetailValue] = {"distance": recall.distance, "frauds": 1, "path": recall.path}
        return Reason(code="LINKED_TO_FRAUD", effect="review", detail=detail)
    if recall.distance == 0:
        own = recall.source == OWN
        return Reason(
            code="BLACKLIST_HIT",
            effect="review",
            detail={
                "own": int(own),
                "external": int(not own),
                "distance": 0,
                "path": recall.path,
                "kinds": recall.path[:1],
                "lists": [recall.source],
            },
        )
    contact = recall.path[0] == "contact_phone"
    return Reason(
        code="BLACKLIST_NEAR",
        effect="review",
        detail={
            "alike": 0,
            "contacts": int(contact),
            "naming": 0,
            "linked": int(not contact),
            "distance": recall.distance,
            "path": recall.path,
            "lists": [recall.source],
        },
    )
