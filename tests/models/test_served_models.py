"""Champion and challenger in a decision: who decides, what is said of it, and the audit record that needs neither."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from models.decision import DecisionAudit, ModelOutputs
from models.enrichment import Enrichment
from models.facts import Extra
from models.features.categories import CATEGORY_NAMES, categories
from models.pipeline import Decided, Models, decide
from models.policy.policy import load_policy_file
from models.reasons import explain
from models.scoring.anomaly import AnomalyModel
from tests.builders import NOON_MS, application, moment
from tests.builders_models import Linear, served
from tests.builders_network import observation

POLICY = load_policy_file()
THRESHOLDS = POLICY.document.decision
RISKY = served("trees-1-aaaaaaaa", -3.0, amount_cny=0.001, term_months=0.05, local_hour=-0.01, **{"channel=h5": 0.5})
FACTS = application(channel="h5", amount_cny=8_000.0, term_months=12)


def decided(champion: Any = None, challenger: Any = None, **options: Any) -> Decided:
    models = Models.for_policy(POLICY)
    if champion is not None:
        models = Models(champion=champion, challenger=challenger, anomaly=AnomalyModel())
    return decide(
        options.pop("facts", FACTS),
        Enrichment(observation=observation()),
        POLICY,
        models,
        decided_at=moment(NOON_MS),
        latency_ms=1.0,
        **options,
    )


def test_the_champions_score_decides_and_says_so() -> None:
    decision = decided(RISKY).decision
    assert (decision.model.name, decision.model.version) == ("fraud", "trees-1-aaaaaaaa")
    assert decision.fraud_score >= THRESHOLDS.reject_at
    assert decision.decision == "reject"
    assert decision.challenger is None
    assert decided().decision.decision == "approve"


def test_a_challenger_scores_beside_it_without_effect() -> None:
    with_it, without = decided(RISKY, served("linear-1-bbbbbbbb", -4.0)), decided(RISKY)
    assert with_it.decision.challenger is not None
    assert with_it.decision.challenger.version == "linear-1-bbbbbbbb"
    assert with_it.decision.challenger.fraud_score == Linear(-4.0, {}).score({}, {}, None).fraud_score
    assert replace(with_it.decision, challenger=None) == without.decision


def test_top_features_are_those_of_the_champion_the_largest_first() -> None:
    decision = decided(RISKY).decision
    assert [each.name for each in decision.top_features] == ["amount_cny", "term_months", "channel", "local_hour"]
    assert [each.value for each in decision.top_features][:3] == [8_000, 12, "h5"]
    assert decision.top_features[-1].contribution < 0


def test_a_decision_by_the_scorecard_has_top_features_too() -> None:
    case = decided(facts=application(channel="app", device_id="d-1", vpn=True))
    champion = case.audit.model_outputs.champion
    assert champion is not None
    assert champion.version == POLICY.scorecard.version
    assert case.decision.top_features == champion.top_features != []


@pytest.mark.parametrize("champion", [None, RISKY, served("linear-1-bbbbbbbb", -3.0, amount_cny=1e-4)])
def test_base_top_features_and_what_the_others_added_are_the_score(champion: Any) -> None:
    case = decided(champion)
    decision, said = case.decision, case.audit.model_outputs.champion
    assert said is not None
    assert decision.base_log_odds == said.base_log_odds
    assert decision.other_log_odds is not None
    told = [decision.base_log_odds, decision.other_log_odds, *(each.contribution for each in decision.top_features)]
    assert math.fsum(told) == pytest.approx(said.log_odds, abs=1e-6)
    assert 1 / (1 + math.exp(-math.fsum(told))) == pytest.approx(decision.fraud_score, abs=2e-6)


def test_a_high_score_names_what_raised_it_most_and_never_what_lowered_it() -> None:
    [reason] = [each for each in decided(RISKY).decision.reasons if each.code == "MODEL_HIGH_SCORE"]
    assert reason.detail["features"] == ["amount_cny", "term_months", "channel"]
    assert "amount_cny, term_months, channel" in explain(reason)
    assert "amount_cny、term_months、channel" in explain(reason, "zh")


def test_a_high_score_that_no_feature_raised_says_so() -> None:
    [reason] = [each for each in decided(served("flat-1-cccccccc", 9.0)).decision.reasons if "MODEL" in each.code]
    assert reason.detail["features"] == []
    assert explain(reason).endswith("most: unknown.")
    assert explain(reason, "zh").endswith("未知。")


def test_the_model_sees_the_anomaly_score_and_the_categories() -> None:
    seen = served("sees-1-dddddddd", 0.0, anomaly=2.0, **{"product=appliance": 1.0})
    outputs = decided(
        seen, facts=application(product="appliance"), model_outputs=ModelOutputs(anomaly=0.75)
    ).audit.model_outputs
    assert outputs.champion is not None
    assert outputs.champion.log_odds == pytest.approx(1.0 + 2.0 * 0.75)
    assert outputs.anomaly == 0.75


@pytest.mark.parametrize("challenger", [None, served("linear-1-bbbbbbbb", -4.0, amount_cny=1e-4)])
def test_the_audit_record_makes_the_decision_again_with_another_model_loaded(challenger: Any) -> None:
    case = decided(RISKY, challenger)
    record = msgspec.json.decode(msgspec.json.encode(case.audit), type=DecisionAudit)
    beside = served("other-8-ffffffff", -9.0)
    for champion in (None, served("other-9-eeeeeeee", 9.0)):
        again = decided(champion, beside, facts=record.event, model_outputs=record.model_outputs)
        assert msgspec.json.encode(again.decision) == msgspec.json.encode(case.decision)
        assert msgspec.json.encode(again.audit) == msgspec.json.encode(case.audit)


def test_what_another_model_would_have_said_is_asked_with_the_anomaly_score_alone() -> None:
    case = decided(RISKY)
    other = served("other-9-eeeeeeee", -9.0, anomaly=1.0)
    tried = decided(other, model_outputs=ModelOutputs(anomaly=case.audit.model_outputs.anomaly))
    assert tried.decision.model.version == "other-9-eeeeeeee"
    assert tried.decision.decision == "approve"


def test_audit_records_of_before_models_were_kept_are_scored_again() -> None:
    old = msgspec.json.decode(b'{"anomaly": 0.5}', type=ModelOutputs)
    assert decided(model_outputs=old).decision.model.version == POLICY.scorecard.version


def test_every_application_has_the_same_categories() -> None:
    assert tuple(categories(FACTS)) == CATEGORY_NAMES
    assert categories(FACTS)["channel"] == "h5"
    assert categories(application(channel="h5"))["device_os"] is None


def test_categories_hold_no_identifier() -> None:
    facts = application(
        merchant_id="M-1", store_id="S-1", sales_rep_id="R-1", device_id="d-1", ip="203.0.113.9", phone="13800000001"
    )
    values = {value for value in categories(facts).values() if value is not None}
    assert values.isdisjoint({"M-1", "S-1", "R-1", *(identifier.token for identifier in facts.identifiers)})


def test_extra_categories_of_a_history_come_under_names_of_their_own() -> None:
    facts = replace(FACTS, extra=Extra(categorical={"channel": "web", "Type": None}))
    found = categories(facts)
    assert (found["channel"], found["extra.channel"], found["extra.Type"]) == ("h5", "web", None)
