"""The whole way from an application and what was fetched for it to the decision, its audit record and its alerts.

Nothing here reads a clock, waits or remembers, so the audit record alone makes the same decision again:

    decide(audit.event, audit.enrichment, policy, models, model_outputs=audit.model_outputs,
           decided_at=audit.decided_at, latency_ms=0, supersedes=audit.supersedes, recall=audit.recall)

What another model, or another policy's scorecard, would have said: pass `ModelOutputs(anomaly=...)` with that alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from config.version import VERSION
from models.alerting import Observed, alerts_for
from models.alerts import Alert
from models.credit_limit import credit_limit
from models.decision import (
    ChallengerScore,
    ChampionScore,
    Decision,
    DecisionAudit,
    ModelOutputs,
    ModelVersion,
    PolicyVersion,
)
from models.enrichment import OBSERVATION_VERSION, Enrichment
from models.facts import ApplicationFacts
from models.features.categories import categories
from models.features.extract import extract
from models.features.registry import FEATURE_SET_VERSION
from models.judgement import judge
from models.missing import missing_groups
from models.network import Network, summarise
from models.policy.policy import Policy
from models.recall.cause import Recall
from models.rings.suspicion import PRIOR_WEIGHTS, SuspicionWeights, suspicion
from models.scoring.anomaly import AnomalyModel
from models.scoring.contributions import others_log_odds, top_contributions
from models.scoring.scorer import SCORE_DECIMALS, ServedModel

FRAUD_MODEL = "fraud"
"""Name of the model that gives the fraud score, whichever version of whatever kind serves."""


class Models(Struct, frozen=True, kw_only=True):
    """The models of one worker."""

    champion: ServedModel
    """Its score decides."""
    challenger: ServedModel | None = None
    """Scores beside it without deciding."""
    anomaly: AnomalyModel

    @classmethod
    def for_policy(cls, policy: Policy) -> Models:
        """What a cold start has: the policy's scorecard, and an anomaly model that has seen nothing."""
        return cls(champion=scorecard_model(policy), anomaly=AnomalyModel())

    def ask(
        self,
        features: Mapping[str, float | None],
        kinds: Mapping[str, str | None],
        said: ModelOutputs | None = None,
    ) -> tuple[ChampionScore, ModelOutputs]:
        """The champion's score, and all that the models say; `kinds` are the categories. What they have `said` before
        stands."""
        if said is not None and said.champion is not None:
            return said.champion, said
        anomaly = self.anomaly.score(features) if said is None else said.anomaly
        score = self.champion.scorer.score(features, kinds, anomaly)
        champion = ChampionScore(
            name=self.champion.name,
            version=self.champion.version,
            fraud_score=score.fraud_score,
            log_odds=score.log_odds,
            base_log_odds=score.base_log_odds,
            top_features=top_contributions(score.contributions),
        )
        challenger = None
        if self.challenger is not None:
            beside = self.challenger.scorer.score(features, kinds, anomaly)
            challenger = ChallengerScore(version=self.challenger.version, fraud_score=beside.fraud_score)
        return champion, ModelOutputs(anomaly=anomaly, champion=champion, challenger=challenger)

    @property
    def suspicion(self) -> SuspicionWeights:
        """What rings are suspected by: what came with the champion, else with the challenger, else a judgement."""
        beside = self.challenger.suspicion if self.challenger is not None else None
        return self.champion.suspicion or beside or PRIOR_WEIGHTS

    def suspect(self, network: Network, said: ModelOutputs | None = None) -> Network:
        """The network with its ring's suspicion, if it has a ring. What the models have `said` before stands."""
        if network.figures is None:
            return network
        suspected = said.ring_suspicion if said is not None else None
        if suspected is None:
            suspected = suspicion(network.figures, self.suspicion)
        return replace(
            network,
            suspicion=suspected,
            link_summary=replace(network.link_summary, ring_suspicion=suspected),
        )

    def learn(self, features: Mapping[str, float | None]) -> None:
        """Let the models that need no labels learn from a decided application. Changes what they say next."""
        self.anomaly.learn(features)


def scorecard_model(policy: Policy) -> ServedModel:
    """The policy's scorecard as the model that serves until one has learned enough."""
    return ServedModel(FRAUD_MODEL, policy.scorecard.version, policy.scorecard)


class Decided(Struct, frozen=True, kw_only=True):
    """What one application led to."""

    decision: Decision
    audit: DecisionAudit
    alerts: list[Alert]
    features: dict[str, float | None]


class Examined(NamedTuple):
    """An application, what was fetched for it, and what follows from both."""

    facts: ApplicationFacts
    enrichment: Enrichment
    network: Network | None
    """None without the link index."""
    features: dict[str, float | None]


def examine(
    facts: ApplicationFacts, enrichment: Enrichment, policy: Policy, models: Models, said: ModelOutputs | None = None
) -> Examined:
    """The first step of `decide`: the network and the features. What the models have `said` before stands."""
    observation, network = enrichment.observation, None
    if observation is not None:
        network = models.suspect(summarise(facts, observation, policy.crowds), said)
    return Examined(facts, enrichment, network, extract(facts, enrichment, network))


def decide(
    facts: ApplicationFacts,
    enrichment: Enrichment,
    policy: Policy,
    models: Models,
    *,
    decided_at: datetime,
    latency_ms: float,
    model_outputs: ModelOutputs | None = None,
    supersedes: str | None = None,
    recall: Recall | None = None,
) -> Decided:
    """Decide one application.

    `decided_at` is the time now, aware; `latency_ms` what has passed since the worker received the application.
    `model_outputs` are those of the audit record when a past decision is made again; None asks the models.
    `supersedes` is the id of the decision that this one takes the place of: a degraded one, or one that is recalled.
    `recall` says why an approved application is decided again.
    """
    examined = examine(facts, enrichment, policy, models, model_outputs)
    network, features = examined.network, examined.features
    champion, outputs = models.ask(features, categories(facts), model_outputs)
    if network is not None and network.suspicion is not None:
        outputs = replace(outputs, ring_suspicion=network.suspicion)
    judged = judge(
        facts,
        enrichment,
        features,
        policy,
        fraud_score=champion.fraud_score,
        top_features=champion.top_features,
        anomaly=outputs.anomaly,
        recall=recall,
    )
    scores, reasons, verdict = policy.variables.score(features), judged.reasons, judged.verdict

    decision = Decision(
        decision_id=decision_id(facts.event_id, supersedes=supersedes, degraded=bool(enrichment.degraded)),
        application_id=facts.application_id,
        event_id=facts.event_id,
        decided_at=decided_at,
        decision=verdict,
        fraud_score=champion.fraud_score,
        scores=scores,
        reasons=reasons,
        top_features=champion.top_features,
        base_log_odds=round(champion.base_log_odds, SCORE_DECIMALS),
        other_log_odds=others_log_odds(champion),
        links=network.link_summary if network is not None else None,
        credit_limit_cny=credit_limit(facts, verdict, champion.fraud_score, scores, policy.document.limits),
        merchant_tier=None,
        model=ModelVersion(name=champion.name, version=champion.version),
        challenger=outputs.challenger,
        policy=PolicyVersion(version=policy.version),
        missing=[*missing_groups(facts), *(f"lists.{name}" for name in enrichment.silent_lists)],
        degraded=list(enrichment.degraded),
        latency_ms=round(float(latency_ms), 3),
        applicant_token=facts.applicant_token,
        supersedes=supersedes,
    )
    audit = DecisionAudit(
        decision_id=decision.decision_id,
        application_id=facts.application_id,
        event_id=facts.event_id,
        decided_at=decided_at,
        event=facts,
        enrichment=enrichment,
        features=features,
        model_outputs=outputs,
        fraud_score=champion.fraud_score,
        decision=verdict,
        reasons=reasons,
        versions={
            "product": VERSION,
            "policy": policy.version,
            "scorecard": policy.scorecard.version,
            "model": champion.version,
            "index": OBSERVATION_VERSION,
            "features": FEATURE_SET_VERSION,
        },
        control_probability=policy.document.control.share if judged.is_control else None,
        supersedes=supersedes,
        ring=network.ring_join if network is not None else None,
        recall=recall,
    )
    alerts: list[Alert] = []
    if enrichment.observation is not None and network is not None:
        observed = Observed(
            facts=facts,
            observation=enrichment.observation,
            network=network,
            rule_input=judged.rule_input,
            decision=decision,
            hits=enrichment.hits,
        )
        alerts = alerts_for(observed, policy)
    return Decided(decision=decision, audit=audit, alerts=alerts, features=features)


def decision_id(event_id: str, *, supersedes: str | None = None, degraded: bool = False) -> str:
    """The id of the decision on an event: the same event gives the same id, but the decision that was made without a
    dependency and the one that supersedes it have ids of their own."""
    parts = (event_id, supersedes or "", "degraded" if degraded else "")
    return blake2b("\n".join(parts).encode(), digest_size=16, person=b"decision").hexdigest()
