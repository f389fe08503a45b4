"""The records of the compacted topics: the current state of a merchant, a customer, a model, a policy.

The newest record of a key is what holds; a Kafka tombstone ends it.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from models.events import Time

MerchantTier = Literal["A", "B", "C"]


class MerchantTierRecord(Struct, frozen=True, kw_only=True):
    """The tier of a merchant and why (topic `merchant-tiers`, key merchant_id)."""

    merchant_id: str
    tier: MerchantTier
    previous_tier: MerchantTier | None = None
    """None for a merchant that had no tier before."""
    changed_at: Time
    reasons: list[str]
    """One sentence each."""
    measures: dict[str, float] = {}
    """What the tier was derived from, by name; shares are 0 to 1."""


class RestrictedCustomer(Struct, frozen=True, kw_only=True):
    """A customer that marketing must leave alone, and why (topic `restricted-customers`, key applicant_token)."""

    applicant_token: str
    restricted_at: Time
    until: Time | None = None
    """None: until a tombstone lifts it."""
    reasons: list[str]
    """Reason codes of the decision, or kinds of the label, that restricted the customer."""
    application_id: str | None = None
    """The application it came from."""


class ModelVersionRecord(Struct, frozen=True, kw_only=True):
    """Which version of a model serves, and where its snapshot is (topic `model-versions`, key model name)."""

    name: str
    version: str
    activated_at: Time
    snapshot: str
    """Where the snapshot is: a path below the model directory."""
    signature: str
    """Of the snapshot's bytes: HMAC-SHA-256 in hex. A scorer loads nothing whose signature does not verify."""
    challenger: str | None = None
    """Version that scores beside it without deciding."""
    trained_examples: int
    previous_version: str | None = None
    metrics: dict[str, float] = {}
    """Measured before promotion, by name."""


class PolicyVersionRecord(Struct, frozen=True, kw_only=True):
    """Which version of a policy is active, its shadow, who approved it (topic `policy-versions`, key policy name)."""

    name: str
    version: str
    activated_at: Time
    shadow: str | None = None
    """Version that decides beside it without effect."""
    approved_by: str
    previous_version: str | None = None
