"""Would-be rejects that go to review by random control, and what the records say of it."""

from __future__ import annotations

from msgspec.structs import replace

from models.control import drawn
from models.decision import DecisionAudit
from models.enrichment import Enrichment
from models.facts import DeviceFacts
from models.pipeline import Decided, Models, decide
from models.policy.policy import DEFAULT_POLICY, Policy, load_policy, load_policy_file
from tests.builders import NOON_MS, application, moment
from tests.builders_network import device_state, observation

POLICY = load_policy_file()
CONTROL = POLICY.document.control
CHOSEN = next(name for number in range(100_000) if drawn(name := f"A-{number}", CONTROL))
OTHER = next(name for number in range(100_000) if not drawn(name := f"A-{number}", CONTROL))
HOOKED = observation(device=device_state(hooked=True))
"""With an emulator, a reason to reject."""


def decided(application_id: str, policy: Policy = POLICY, age_years: float = 30.0) -> Decided:
    facts = replace(application(application_id, device_id="d-1"), device=DeviceFacts(emulator=True))
    facts = replace(facts, identity=replace(facts.identity, age_years=age_years))
    return decide(
        facts,
        Enrichment(observation=HOOKED),
        policy,
        Models.for_policy(policy),
        decided_at=moment(NOON_MS),
        latency_ms=1.0,
    )


def codes(case: Decided) -> list[str]:
    return [reason.code for reason in case.decision.reasons]


def test_a_chosen_one_is_reviewed_and_the_records_say_why() -> None:
    case = decided(CHOSEN)
    assert case.decision.decision == case.audit.decision == "review"
    assert "RANDOM_CONTROL" in codes(case)
    assert "DEVICE_HOOKED" in codes(case)
    assert case.audit.control_probability == CONTROL.share
    reason = next(reason for reason in case.decision.reasons if reason.code == "RANDOM_CONTROL")
    assert (reason.effect, reason.detail) == ("review", {"probability": 0.01})


def test_another_one_is_rejected() -> None:
    case = decided(OTHER)
    assert case.decision.decision == "reject"
    assert "RANDOM_CONTROL" not in codes(case)
    assert case.audit.control_probability is None


def test_what_is_not_rejected_is_no_part_of_it() -> None:
    facts = application(CHOSEN)
    case = decide(
        facts,
        Enrichment(observation=observation()),
        POLICY,
        Models.for_policy(POLICY),
        decided_at=moment(NOON_MS),
        latency_ms=1.0,
    )
    assert case.decision.decision == "approve"
    assert case.audit.control_probability is None


def test_the_law_lets_nobody_through() -> None:
    case = decided(CHOSEN, age_years=17.0)
    assert case.decision.decision == "reject"
    assert case.audit.control_probability is None


def test_a_share_of_nothing_and_no_table_at_all_turn_it_off() -> None:
    text = DEFAULT_POLICY.read_text(encoding="utf-8")
    start = text.index("[control]")
    without = text[:start] + text[text.index("\n[", start) :]
    for policy in (text.replace("share = 0.01", "share = 0"), without):
        assert decided(CHOSEN, load_policy(policy, "p")).decision.decision == "reject"


def test_the_audit_record_makes_the_same_decision_again() -> None:
    case = decided(CHOSEN)
    audit: DecisionAudit = case.audit
    again = decide(
        audit.event,
        audit.enrichment,
        POLICY,
        Models.for_policy(POLICY),
        model_outputs=audit.model_outputs,
        decided_at=audit.decided_at,
        latency_ms=1.0,
    )
    assert again.decision == case.decision
