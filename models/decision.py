"""The records that come out for one application: the decision and its audit record."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from models.enrichment import Enrichment
from models.events import Time
from models.facts import ApplicationFacts
from models.recall.cause import Recall
from models.rings.state import RingJoin

Verdict = Literal["approve", "review", "reject"]
Effect = Literal["note", "review", "reject"]
"""What a reason does to the decision; `note` informs without changing it."""

DetailValue = str | int | float | bool | None | list[str]


class Reason(Struct, frozen=True, kw_only=True, gc=False):
    """One reason code of the contract with the values that made it."""

    code: str
    effect: Effect
    detail: dict[str, DetailValue] = {}


class FeatureContribution(Struct, frozen=True, kw_only=True, gc=False):
    """A feature or category and what it added to the score, in log-odds."""

    name: str
    value: float | str | None
    """As the model saw it; None is missing."""
    contribution: float


class VariableScores(Struct, frozen=True, kw_only=True, gc=False):
    """Credit scores by group of variables, 0 to 100, higher is better credit; None when the group is missing."""

    bureau: int | None = None
    transaction: int | None = None
    behaviour: int | None = None
    other: int | None = None


class LinkSummary(Struct, frozen=True, kw_only=True, gc=False):
    """The neighbourhood in numbers."""

    linked_applications: int = 0
    ring_size: int = 1
    """Applications of the ring, this one included; 1 is no ring."""
    shared: dict[str, int] = {}
    """Identifier kind -> other applications that share one of that kind with this application."""
    fraud_distance: int | None = None
    """Links to the nearest confirmed fraud; None when there is none in the neighbourhood."""
    ring_id: str | None = None
    density: float | None = None
    """Share of the ring's possible pairs that are strongly linked, 0 to 1; None when there is no ring."""
    merchants: int = 0
    """Distinct merchants in the ring."""
    truncated: list[str] = []
    ring_size_24h: int | None = None
    """Applications of the ring in the 24 h up to this one; None when there is no ring, likewise the next."""
    ring_suspicion: float | None = None
    """Probability that the ring is fraud, by its figures alone, 0 to 1."""


class ModelVersion(Struct, frozen=True, kw_only=True):
    name: str
    version: str


class ChallengerScore(Struct, frozen=True, kw_only=True):
    version: str
    fraud_score: float


class ShadowDecision(Struct, frozen=True, kw_only=True):
    version: str
    decision: Verdict


class PolicyVersion(Struct, frozen=True, kw_only=True):
    version: str
    shadow: ShadowDecision | None = None


class Decision(Struct, frozen=True, kw_only=True):
    """The decision on one application event (topic `decisions`, key application_id)."""

    decision_id: str
    """Derived from the event id alone (and, when it supersedes another, from that), so a repeat gives the same."""
    application_id: str
    event_id: str
    decided_at: Time
    decision: Verdict
    fraud_score: float
    """Probability of fraud, 0 to 1."""
    scores: VariableScores
    reasons: list[Reason]
    top_features: list[FeatureContribution]
    """Those that moved the score furthest."""
    base_log_odds: float | None = None
    """The score in log-odds before any feature is looked at. With the contributions in `top_features` and
    `other_log_odds` it adds up to the log-odds of `fraud_score`. None in records of before, likewise the next."""
    other_log_odds: float | None = None
    """What all features that are not in `top_features` added."""
    links: LinkSummary | None
    """None when the link index could not be asked."""
    credit_limit_cny: float | None
    merchant_tier: Literal["A", "B", "C"] | None
    model: ModelVersion
    challenger: ChallengerScore | None
    policy: PolicyVersion
    missing: list[str]
    degraded: list[str]
    latency_ms: float
    """From the worker's receipt of the batch to the decision."""
    applicant_token: str
    supersedes: str | None = None


class ChampionScore(Struct, frozen=True, kw_only=True):
    """What the model that decides said: `log_odds` is `base_log_odds` plus the contributions of all features, of which
    the largest are kept."""

    name: str
    version: str
    fraud_score: float
    log_odds: float
    base_log_odds: float
    top_features: list[FeatureContribution]


class ModelOutputs(Struct, frozen=True, kw_only=True):
    """What the models said. Others decide later, and some learn between events, so the audit keeps this."""

    anomaly: float | None = None
    """Unusualness by the online anomaly model, 0 to 1; None while it warms up or when it could not be asked."""
    champion: ChampionScore | None = None
    """None: ask the model. So it is in records of before it was kept, and when another model is to be tried."""
    challenger: ChallengerScore | None = None
    ring_suspicion: float | None = None
    """Probability that the ring is fraud; None: there is no ring, or the model is to be asked."""


class DecisionAudit(Struct, frozen=True, kw_only=True):
    """Everything needed to make the decision again (topic `decision-audit`, key application_id)."""

    decision_id: str
    application_id: str
    event_id: str
    decided_at: Time
    event: ApplicationFacts
    enrichment: Enrichment
    features: dict[str, float | None]
    model_outputs: ModelOutputs
    fraud_score: float
    decision: Verdict
    reasons: list[Reason]
    versions: dict[str, str]
    """What decided: `product`, `policy`, `scorecard`, `model`, `index`, `features`."""
    control_probability: float | None = None
    """Of having been sent to review by random control instead of being rejected; None when that had no part in it."""
    supersedes: str | None = None
    ring: RingJoin | None = None
    """The ring that the decision saw the application in, which the index then takes it into; None: none."""
    recall: Recall | None = None
    """Why the decision that this one supersedes no longer stood; None: it stood, or was made without the index."""
