"""From facts and enrichment to the decision, and from its audit record to the same decision again."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from models.decision import DecisionAudit, ModelOutputs, Reason
from models.enrichment import DEGRADED_INDEX, Enrichment, ListAnswer, ListHit, Observation
from models.facts import ApplicationFacts, DeviceFacts, LivenessFacts
from models.features.registry import FEATURE_NAMES
from models.pipeline import Decided, Models, decide, decision_id
from models.policy.policy import DEFAULT_POLICY, Policy, load_policy, load_policy_file
from models.reasons import REASONS
from models.recall.cause import Recall
from tests.builders import CELL, NOON_MS, application, moment
from tests.builders_network import SELF, device_state, link, neighbour, observation, sighting, velocity

POLICY = load_policy_file()
RECALL = Recall(
    cause="fraud", source="A-9", event_id="l-1", distance=1, path=["A-9", "bank_card", "A-1"], alert_id="alert"
)
DECIDED_AT = moment(NOON_MS + 120)


def decided(
    facts: ApplicationFacts | None = None,
    seen: Observation | None = None,
    *,
    enrichment: Enrichment | None = None,
    policy: Policy = POLICY,
    **options: Any,
) -> Decided:
    return decide(
        facts or application(),
        enrichment or Enrichment(observation=seen or observation()),
        policy,
        options.pop("models", None) or Models.for_policy(policy),
        decided_at=DECIDED_AT,
        latency_ms=3.4567,
        **options,
    )


def codes(case: Decided) -> list[str]:
    return [reason.code for reason in case.decision.reasons]


def policy_with(old: str, new: str) -> Policy:
    text = DEFAULT_POLICY.read_text(encoding="utf-8")
    assert old in text
    return load_policy(text.replace(old, new, 1), "changed")


def farm(members: int = 6) -> tuple[ApplicationFacts, Observation]:
    """A device that `members` people apply with, this one the last."""
    facts = application(
        device_id="d-1", channel="app", device=DeviceFacts(emulator=True, rooted=True), liveness=LivenessFacts()
    )
    others = [neighbour(f"F-{n}", occurred_ms=NOON_MS - n * 60_000) for n in range(1, members)]
    count = [members] * 5
    return facts, observation(
        others,
        [link("device_id", SELF, *range(members - 1), channels={"app": members})],
        velocity=[velocity("device_id", count)],
        device=device_state(hooked=True, fill_ms=3_000),
    )


def test_a_plain_application_is_approved_with_a_low_score() -> None:
    case = decided()
    assert case.decision.decision == "approve"
    assert case.decision.fraud_score < 0.05
    assert case.alerts == []


def test_a_device_farm_is_rejected_for_reasons_that_can_be_checked() -> None:
    case = decided(*farm())
    assert case.decision.decision == "reject"
    assert {"DEVICE_MANY_IDENTITIES", "DEVICE_EMULATOR", "DEVICE_HOOKED", "FORM_FILLED_BY_MACHINE"} <= set(codes(case))
    [identities] = [reason for reason in case.decision.reasons if reason.code == "DEVICE_MANY_IDENTITIES"]
    assert identities == Reason(
        code="DEVICE_MANY_IDENTITIES", effect="reject", detail={"identities": 6, "window": "7d"}
    )
    assert case.decision.credit_limit_cny == 0
    assert case.decision.links is not None
    assert case.decision.links.ring_size == 6
    assert case.decision.top_features[0].contribution >= case.decision.top_features[-1].contribution > 0


def test_the_strongest_reasons_come_first() -> None:
    strength = {"reject": 0, "review": 1, "note": 2}
    effects = [strength[reason.effect] for reason in decided(*farm()).decision.reasons]
    assert effects == sorted(effects)
    assert len(set(effects)) == 3


def test_the_record_is_made_of_what_came_in() -> None:
    case = decided(policy=POLICY)
    decision, audit = case.decision, case.audit
    assert (decision.application_id, decision.event_id, decision.decided_at) == ("A-1", "e-A-1", DECIDED_AT)
    assert decision.latency_ms == 3.457
    assert decision.policy.version == audit.versions["policy"] == POLICY.version
    assert (decision.model.name, decision.model.version) == ("fraud", POLICY.scorecard.version)
    assert set(audit.versions) == {"product", "policy", "scorecard", "model", "index", "features"}
    assert audit.versions["model"] == decision.model.version
    assert tuple(audit.features) == FEATURE_NAMES
    assert (audit.decision, audit.reasons, audit.fraud_score) == (
        decision.decision,
        decision.reasons,
        decision.fraud_score,
    )


def test_the_same_inputs_give_the_same_bytes() -> None:
    first, second = decided(*farm()), decided(*farm())
    assert msgspec.json.encode(first) == msgspec.json.encode(second)


# --- Again from the audit record --------------------------------------------------------------------------------------


def again(audit: DecisionAudit, policy: Policy = POLICY) -> Decided:
    record = msgspec.json.decode(msgspec.json.encode(audit), type=DecisionAudit)
    return decide(
        record.event,
        record.enrichment,
        policy,
        Models.for_policy(policy),
        decided_at=record.decided_at,
        latency_ms=3.4567,
        model_outputs=record.model_outputs,
        supersedes=record.supersedes,
        recall=record.recall,
    )


@pytest.mark.parametrize(
    "case",
    [
        decided(),
        decided(*farm()),
        decided(enrichment=DEGRADED_INDEX),
        decided(supersedes="earlier"),
        decided(supersedes="earlier", recall=RECALL),
        decided(model_outputs=ModelOutputs(anomaly=0.99)),
    ],
    ids=["plain", "farm", "degraded", "superseding", "recalled", "anomalous"],
)
def test_the_audit_record_alone_makes_the_same_decision_again(case: Decided) -> None:
    repeated = again(case.audit)
    assert msgspec.json.encode(repeated.decision) == msgspec.json.encode(case.decision)
    assert msgspec.json.encode(repeated.audit) == msgspec.json.encode(case.audit)
    assert msgspec.json.encode(repeated.alerts) == msgspec.json.encode(case.alerts)


def test_a_model_that_has_learned_since_does_not_change_a_past_decision() -> None:
    models = Models.for_policy(POLICY)
    chance = random.Random(1)
    for _ in range(250):
        models.learn(dict.fromkeys(FEATURE_NAMES, chance.uniform(0, 3)))
    case = decided(*farm(), models=models)
    assert case.audit.model_outputs.anomaly is not None
    for _ in range(250):
        models.learn(case.features)
    assert decided(*farm(), models=models).audit.model_outputs != case.audit.model_outputs
    assert again(case.audit).decision == case.decision


def test_a_past_decision_can_be_made_again_under_another_policy() -> None:
    case = decided(*farm(3))
    assert case.decision.decision != "approve"
    lenient = policy_with("reject_at = 0.90", "reject_at = 1.0")
    assert again(case.audit, lenient).decision.policy.version == lenient.version


# --- Score and rules --------------------------------------------------------------------------------------------------


def scored(base_log_odds: float, **thresholds: float) -> Decided:
    """A plain application under a policy whose scorecard starts at `base_log_odds`."""
    text = DEFAULT_POLICY.read_text(encoding="utf-8").replace(
        "base_log_odds = -4.2\nfeatures = [", f"base_log_odds = {base_log_odds}\nfeatures = ["
    )
    for name, value in thresholds.items():
        text = "\n".join(f"{name} = {value}" if line.startswith(name) else line for line in text.splitlines())
    return decided(policy=load_policy(text, "p"))


def test_the_score_alone_asks_for_a_review_at_its_threshold() -> None:
    score = scored(0.0).decision.fraud_score
    at = scored(0.0, review_at=score, reject_at=1.0)
    assert at.decision.decision == "review"
    reason = at.decision.reasons[0]
    assert (reason.code, reason.effect) == ("MODEL_HIGH_SCORE", "review")
    assert (reason.detail["fraud_score"], reason.detail["threshold"]) == (score, score)
    under = scored(0.0, review_at=score + 1e-6, reject_at=1.0)
    assert under.decision.decision == "approve"
    assert "MODEL_HIGH_SCORE" not in codes(under)


def test_the_score_alone_rejects_at_its_threshold() -> None:
    score = scored(0.0).decision.fraud_score
    at = scored(0.0, review_at=0.1, reject_at=score)
    assert (at.decision.decision, at.decision.reasons[0].effect) == ("reject", "reject")
    under = scored(0.0, review_at=0.1, reject_at=score + 1e-6)
    assert (under.decision.decision, under.decision.reasons[0].effect) == ("review", "review")


def test_a_high_score_is_no_reason_where_rules_ask_for_as_much() -> None:
    case = decided(
        application(device=DeviceFacts(emulator=True)), policy=policy_with("review_at = 0.30", "review_at = 0")
    )
    assert case.decision.decision == "review"
    assert "MODEL_HIGH_SCORE" not in codes(case)


def test_an_unusual_application_is_noted_as_such() -> None:
    assert "MODEL_ANOMALY" in codes(decided(model_outputs=ModelOutputs(anomaly=0.95)))
    assert "MODEL_ANOMALY" not in codes(decided(model_outputs=ModelOutputs(anomaly=None)))


# --- Degraded ---------------------------------------------------------------------------------------------------------


def test_a_degraded_application_goes_to_review_and_says_why() -> None:
    case = decided(enrichment=DEGRADED_INDEX)
    assert case.decision.decision == "review"
    assert case.decision.degraded == ["links", "blacklist"]
    assert case.decision.links is None
    assert case.decision.reasons[0] == Reason(
        code="DEGRADED_DEPENDENCY", effect="review", detail={"dependencies": ["links", "blacklist"]}
    )
    assert case.alerts == []


def test_a_degraded_application_is_approved_only_when_the_policy_says_so() -> None:
    case = decided(enrichment=DEGRADED_INDEX, policy=policy_with("approve = false", "approve = true"))
    assert case.decision.decision == "approve"
    assert {reason.code: reason.effect for reason in case.decision.reasons}["DEGRADED_DEPENDENCY"] == "note"


def test_what_the_index_would_have_said_is_missing_and_not_zero() -> None:
    features = decided(enrichment=DEGRADED_INDEX).features
    assert features["linked_applications"] is None
    assert features["blacklist_hits_own"] is None


def test_decision_ids_follow_from_the_event_and_tell_degraded_and_superseding_ones_apart() -> None:
    plain = decided().decision
    assert plain.decision_id == decision_id("e-A-1") == decided(*farm()).decision.decision_id
    degraded = decided(enrichment=DEGRADED_INDEX).decision
    superseding = decided(supersedes=degraded.decision_id).decision
    assert superseding.supersedes == degraded.decision_id
    assert len({plain.decision_id, degraded.decision_id, superseding.decision_id, decision_id("e-A-2")}) == 4


# --- Whatever comes ---------------------------------------------------------------------------------------------------


def test_a_blacklist_hit_says_what_is_listed_and_where() -> None:
    facts = application()
    hits = [
        ListHit("phone", facts.token("phone") or "", "own", "high", "fraud", None, None, NOON_MS - 1, None),
        ListHit("contact_phone", "t", "external:x", "low", None, None, None, NOON_MS - 1, None),
    ]
    case = decided(facts, observation(hits=hits))
    assert case.decision.decision == "reject"
    [hit] = [reason for reason in case.decision.reasons if reason.code == "BLACKLIST_HIT"]
    assert hit.detail == {"own": 1, "external": 0, "distance": 0, "kinds": ["phone"], "lists": ["own"]}
    assert "BLACKLIST_NEAR" in codes(case)


def random_case(seed: int) -> Decided:
    chance = random.Random(seed)
    facts = application(
        device_id="d",
        ip="i",
        bank_card="c",
        gps_cell=CELL,
        channel=chance.choice(["h5", "app", "store", "api"]),
        at_ms=NOON_MS + chance.randrange(86_400_000),
        device=DeviceFacts(emulator=chance.choice([None, True, False])),
        liveness=LivenessFacts(score=chance.random(), attempts=chance.randrange(6)),
    )
    others = [
        neighbour(
            f"N-{n}", label=chance.choice(["", "", "fraud", "honest"]), occurred_ms=NOON_MS - chance.randrange(10**9)
        )
        for n in range(chance.randrange(20))
    ]
    kinds = ["device_id", "ip", "bank_card", "gps_cell", "phone"]
    links = [link(kind, SELF, *range(chance.randrange(len(others) + 1))) for kind in kinds]
    counts = [
        velocity(kind, sorted(chance.randrange(1, 30) for _ in range(5)), as_phone=[0] * 5 if kind == "phone" else [])
        for kind in kinds
    ]
    seen = observation(
        others,
        links,
        velocity=counts,
        sightings=[sighting(cell="8928308280fffff")] if chance.random() < 0.3 else [],
    )
    return decided(facts, chance.choice([seen, seen, observation()]))


@pytest.mark.parametrize("seed", range(60))
def test_every_decision_that_is_not_an_approval_has_a_reason_for_it(seed: int) -> None:
    decision = random_case(seed).decision
    effects = {reason.effect for reason in decision.reasons}
    expected = "reject" if "reject" in effects else "review" if "review" in effects else "approve"
    assert decision.decision == expected
    assert len(set(codes(random_case(seed)))) == len(decision.reasons)
    assert {reason.code for reason in decision.reasons} <= set(REASONS)


def test_time_and_latency_are_the_callers_and_change_nothing_else() -> None:
    later = decide(
        application(),
        Enrichment(observation=observation()),
        POLICY,
        Models.for_policy(POLICY),
        decided_at=DECIDED_AT + timedelta(days=1),
        latency_ms=99,
    ).decision
    first = decided().decision
    assert msgspec.structs.replace(later, decided_at=first.decided_at, latency_ms=first.latency_ms) == first


def test_a_list_service_that_is_silent_is_missing_and_nobody_is_approved_as_clean() -> None:
    silent = ListAnswer(name="external:bureau", silent=True)
    case = decided(enrichment=Enrichment(observation=observation(), external_lists=[silent]))
    assert case.decision.decision == "review"
    assert case.decision.missing[-1] == "lists.external:bureau"
    (reason,) = [reason for reason in case.decision.reasons if reason.code == "BLACKLIST_UNKNOWN"]
    assert reason.detail == {"services": 1, "lists": ["external:bureau"]}


def test_a_hit_of_a_list_service_is_a_blacklist_hit_with_its_alert() -> None:
    found = ListHit("phone", "T", "external:bureau", "high", "lent twice", None, None, NOON_MS, None)
    answer = ListAnswer(name="external:bureau", hits=[found])
    case = decided(enrichment=Enrichment(observation=observation(), external_lists=[answer]))
    (reason,) = [reason for reason in case.decision.reasons if reason.code == "BLACKLIST_HIT"]
    assert (reason.detail["lists"], reason.detail["external"]) == (["external:bureau"], 1)
    (alert,) = [alert for alert in case.alerts if alert.kind == "BLACKLIST_HIT"]
    assert alert.evidence["reasons"] == ["lent twice"]


def test_what_list_services_said_makes_the_same_decision_again() -> None:
    answers = [ListAnswer(name="external:a", silent=True), ListAnswer(name="external:b", hits=[])]
    case = decided(enrichment=Enrichment(observation=observation(), external_lists=answers))
    audit = msgspec.json.decode(msgspec.json.encode(case.audit), type=DecisionAudit)
    again = decided(audit.event, enrichment=audit.enrichment, model_outputs=audit.model_outputs)
    assert again.decision == case.decision
