"""From a raw list entry to what finds it, and from raw records to the decision."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from models.decision import DecisionAudit, Reason
from models.enrichment import Enrichment
from models.events import Application, BlacklistEntry
from models.facts import ApplicationFacts, ListEntryFacts
from models.identifiers import Tokeniser
from models.pipeline import Decided, Models, decide
from models.policy.policy import load_policy_file
from models.tokenise import InvalidValueError, tokenise_application, tokenise_list_entry
from streams.index.memory import MemoryIndex
from tests.builders import NOON_MS, moment

TOKENISER = Tokeniser(b"a-key-for-tests-of-32-bytes-0000")
POLICY = load_policy_file()
MASKED = "1101**********0038"


def entry(**fields: Any) -> ListEntryFacts:
    raw = {
        "event_id": "b-1",
        "occurred_at": "2026-11-01T00:00:00+08:00",
        "action": "add",
        "list": "external:court",
        "kind": "id_number",
        **fields,
    }
    return tokenise_list_entry(msgspec.convert(raw, BlacklistEntry), TOKENISER)


def applying(name: str = "王小明", address: str | None = None, **applicant: Any) -> ApplicationFacts:
    raw = {
        "event_id": "e-1",
        "application_id": "A-1",
        "occurred_at": "2026-11-24T10:15:30+08:00",
        "channel": "h5",
        "product": "appliance",
        "amount_cny": 3000,
        "term_months": 12,
        "applicant": {
            "name": name,
            "id_number": "110101199003070038",
            "phone": "13800000001",
            "address": None if address is None else {"text": address},
            **applicant,
        },
    }
    return tokenise_application(msgspec.convert(raw, Application), TOKENISER, ZoneInfo("Asia/Shanghai"))


async def decided(facts: ApplicationFacts, *entries: ListEntryFacts) -> Decided:
    index = MemoryIndex()
    await index.put_list_entries(entries)
    (seen,) = await index.observe([facts])
    models = Models.for_policy(POLICY)
    return decide(facts, Enrichment(observation=seen), POLICY, models, decided_at=moment(NOON_MS), latency_ms=1.0)


def near_reason(case: Decided) -> Reason | None:
    return next((reason for reason in case.decision.reasons if reason.code == "BLACKLIST_NEAR"), None)


async def test_a_name_with_a_masked_number_is_near_whom_it_fits() -> None:
    case = await decided(applying("王晓明"), entry(value=MASKED, name="王小明", severity="high"))
    reason = near_reason(case)
    assert reason is not None
    assert (reason.effect, reason.detail["distance"], reason.detail["alike"]) == ("review", 0, 1)
    assert (reason.detail["alike_by"], reason.detail["similarity"]) == (["id_number"], 0.6667)
    assert reason.detail["lists"] == ["external:court"]
    assert case.decision.decision == "review"
    assert case.alerts == []


@pytest.mark.parametrize("name", ["王小明", "王晓明", "小王明"])
async def test_a_name_with_a_birth_date_is_near_whom_it_fits(name: str) -> None:
    reason = near_reason(await decided(applying(name), entry(name="王小明", birth_date="1990-03-07")))
    assert reason is not None
    assert reason.detail["alike_by"] == ["birth_date"]


@pytest.mark.parametrize(
    "fields",
    [
        {"value": MASKED, "name": "李建国"},
        {"value": "1101**********0046", "name": "王小明"},
        {"name": "王小明", "birth_date": "1990-03-08"},
    ],
)
async def test_it_is_near_nobody_else(fields: dict[str, Any]) -> None:
    assert near_reason(await decided(applying(), entry(**fields))) is None


async def test_an_address_is_near_however_it_is_written() -> None:
    listed = entry(kind="address", value="山东省青岛市市南区香港中路10号2单元501室")
    reason = near_reason(await decided(applying(address="香港中路１０号#2-501"), listed))
    assert reason is not None
    assert (reason.detail["alike_by"], reason.detail["similarity"]) == (["address"], 1.0)


async def test_who_is_listed_by_the_whole_number_is_hit_and_not_near_besides() -> None:
    case = await decided(applying(), entry(value="110101199003070038", name="王小明"))
    codes = {reason.code for reason in case.decision.reasons}
    assert "BLACKLIST_HIT" in codes
    assert "BLACKLIST_NEAR" not in codes


async def test_a_number_written_wrong_by_one_digit_is_near() -> None:
    case = await decided(applying(), entry(value="110101199003080038", name="王小明"))
    assert near_reason(case) is not None


async def test_what_was_near_makes_the_same_decision_again() -> None:
    case = await decided(applying("王晓明"), entry(value=MASKED, name="王小明"))
    audit = msgspec.json.decode(msgspec.json.encode(case.audit), type=DecisionAudit)
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


def test_the_same_part_and_name_are_the_same_entry() -> None:
    one = entry(value=MASKED, name="王小明")
    assert entry(value=MASKED, name="王小明", action="remove").token == one.token
    assert entry(value=MASKED, name="王晓明").token != one.token
    assert entry(value="1101**********0046", name="王小明").token != one.token


@pytest.mark.parametrize("fields", [{"value": MASKED}, {"value": "1***************38", "name": "王小明"}])
def test_a_masked_number_that_fits_anybody_is_refused_without_quoting_it(fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidValueError) as caught:
        entry(**fields)
    assert caught.value.path == "value"
    assert "*" not in str(caught.value)


def test_a_person_needs_a_name_and_a_birth_date_or_a_value() -> None:
    for fields in ({"name": "王小明"}, {"birth_date": "1990-03-07"}, {}):
        with pytest.raises(msgspec.ValidationError, match="value"):
            entry(**fields)


def test_a_name_makes_any_entry_near() -> None:
    listed = entry(kind="phone", value="13900000009", name="王小明", birth_date="1990-03-07")
    assert [form.basis for form in listed.near] == ["birth_date"]
    assert listed.token == TOKENISER.token("phone", "+8613900000009")


def test_what_is_said_of_a_person_does_not_say_the_name() -> None:
    listed = entry(value=MASKED, name="王小明", reason="王小明 owes", evidence="see 1101**********0038")
    assert (listed.reason, listed.evidence) == ("[…] owes", "see […]")
