"""All features there are. A feature is added in its group's file, and a group here.

Names never change their meaning: rules, scorecards and models rely on them.
"""

from __future__ import annotations

from hashlib import blake2b

from models.features import (
    amounts,
    behaviour,
    blacklist,
    device,
    identity,
    label_history,
    liveness,
    location,
    merchant,
    multi_lender,
    network,
    time,
    velocity,
)
from models.features.feature import Feature

REGISTRY: tuple[Feature, ...] = (
    *identity.FEATURES,
    *device.FEATURES,
    *location.FEATURES,
    *velocity.FEATURES,
    *multi_lender.FEATURES,
    *network.FEATURES,
    *blacklist.FEATURES,
    *liveness.FEATURES,
    *merchant.FEATURES,
    *behaviour.FEATURES,
    *time.FEATURES,
    *amounts.FEATURES,
    *label_history.FEATURES,
)
"""In the order that models and documents keep."""

FEATURE_NAMES: tuple[str, ...] = tuple(feature.name for feature in REGISTRY)

FEATURE_SET_VERSION = blake2b("\n".join(FEATURE_NAMES).encode(), digest_size=6).hexdigest()
"""Changes when a feature is added, taken away or moved."""
