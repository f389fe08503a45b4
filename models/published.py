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


ModelChange = Literal["promotion", "refresh", "command", "rollback"]
"""Why another version serves: a challenger has beaten the champion; the champion has learned on; somebody said so;
somebody went back."""


class ModelVersionRecord(Struct, frozen=True, kw_only=True):
    """Which version of a model serves, and where its snapshot is (topic `model-versions`, key model name)."""

    name: str
    sequence: int
    """Counts the records of this model, from 1."""
    version: str
    """The champion: its score decides."""
    snapshot: str | None
    """Where its snapshot is: a path below the model directory. None: it is the policy's scorecard."""
    challenger: str | None = None
    """Version that scores beside it without deciding."""
    challenger_snapshot: str | None = None
    activated_at: Time
    change: ModelChange
    reason: str
    """One sentence."""
    by: str
    """Who or what: `learner`, or the user that gave the command."""
    held: bool = False
    """Set by a command, and stays until one lifts it: what the learner finds best is a challenger meanwhile."""
    trained_examples: int = 0
    previous_version: str | None = None
    """The champion before, which a rollback goes back to. A refresh is no new champion."""
    metrics: dict[str, float] = {}
    """Measured before a promotion, by name."""


class PolicyVersionRecord(Struct, frozen=True, kw_only=True):
    """Which version of a policy is active, its shadow, who approved it (topic `policy-versions`, key policy name)."""

    name: str
    version: str
    activated_at: Time
    shadow: str | None = None
    """Version that decides beside it without effect."""
    approved_by: str
    previous_version: str | None = None
