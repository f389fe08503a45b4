"""From a confirmed fraud or a list entry to alerts and to decisions that supersede: each time the same, each once."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest
from pydantic import SecretStr

from config.settings import Settings
from models.alerts import Alert
from models.decision import Decision, DecisionAudit
from models.facts import ApplicationFacts
from models.policy.policy import DEFAULT_POLICY, load_policy
from models.recall.cause import FraudConfirmed, RecallOrder
from streams.agents.applications import decide_applications
from streams.agents.lists import update_lists
from streams.agents.recalls import decide_recalled
from streams.app import build_dependencies
from streams.batches import Received
from streams.dependencies import Dependencies
from streams.index.labelled import write_labels
from streams.index.memory import MemoryIndex
from streams.index.protocol import LabelFlagChange, LoanChange
from streams.publisher import Outgoing
from streams.recalling import recall_frauds
from streams.runner import Accepted, Handled
from streams.waiting import NotReadyError
from tests.builders import DAY_MS, NOON_MS, application, list_entry
from tests.conftest import TEST_PII_KEY

F = TypeVar("F")
MEMBERS, FRAUD = 40, 17


class Published:
    """The audited decisions among what was published."""

    def __init__(self) -> None:
        self.audited: defaultdict[str, list[DecisionAudit]] = defaultdict(list)

    def take(self, records: Sequence[Outgoing]) -> None:
        for audit in of(records, "decision-audit", DecisionAudit):
            self.audited[audit.application_id].append(audit)

    async def audits(self, application_id: str) -> list[DecisionAudit]:
        return self.audited[application_id]

    async def expect_no_more(self, application_id: str, asked_ms: int) -> None:
        raise NotReadyError(application_id)


def of(records: Sequence[Outgoing], topic: str, record: type[Any]) -> list[Any]:
    return [msgspec.json.decode(each.value, type=record) for each in records if each.topic.endswith(topic)]


def accepted(facts: F) -> Accepted[F]:
    received = Received(topic="t", partition=0, offset=0, key=b"k", value=b"", published_ms=0, taken_at=0.0)
    return Accepted(received, facts)


@pytest.fixture
def deps(tmp_path: Path) -> Dependencies:
    """An index in memory, and a policy that notes all and holds back nobody."""
    text = re.sub(r'effect = "(review|reject)"', 'effect = "note"', DEFAULT_POLICY.read_text("utf-8"))
    text = re.sub(r"(reject_at|review_at) = [0-9.]+", r"\1 = 1.0", text)
    settings = Settings(
        _env_file=None, redis_url=SecretStr("redis://127.0.0.1:1/0"), pii_key=SecretStr(TEST_PII_KEY), data_dir=tmp_path
    )
    return replace(build_dependencies(settings), index=MemoryIndex(), policy=load_policy(text, "lenient"))


def member(number: int) -> ApplicationFacts:
    """One of a ring over 30 days: four or so use one phone, and every group shares a card with the next one."""
    return application(
        f"A-{number}",
        at_ms=NOON_MS - DAY_MS * 30 * (MEMBERS - number) // MEMBERS,
        device_id=f"d-{number // 4}",
        bank_card=f"b-{(number + 2) // 4}",
    )


async def decide_all(deps: Dependencies, *facts: ApplicationFacts) -> Published:
    published = Published()
    handled = await decide_applications([accepted(each) for each in facts], deps)
    published.take(handled.publish)
    assert {each.decision for each in of(handled.publish, "decisions", Decision)} == {"approve"}
    return published


async def confirm(deps: Dependencies, number: int = FRAUD, event_id: str = "l-1") -> list[Outgoing]:
    application_id = f"A-{number}"
    flag = LabelFlagChange(application_id=application_id, flag="fraud", occurred_ms=NOON_MS)
    await write_labels(deps.index, [[flag]])
    return await recall_frauds([FraudConfirmed(application_id=application_id, event_id=event_id)], deps)


async def obey(deps: Dependencies, published: Published, records: Sequence[Outgoing]) -> Handled:
    """Carry out the orders among these records."""
    orders = [accepted(each) for each in of(records, "recalls", RecallOrder)]
    handled = await decide_recalled(orders, deps, published)
    published.take(handled.publish)
    return handled


async def test_all_others_of_a_ring_are_reported_and_those_not_paid_out_decided_again(deps: Dependencies) -> None:
    published = await decide_all(deps, *map(member, range(MEMBERS)))
    await deps.index.set_loans(
        [LoanChange(application_id=f"A-{n}", loan="disbursed", occurred_ms=NOON_MS) for n in range(0, MEMBERS, 3)]
    )
    records = await confirm(deps)
    (alert,) = of(records, "alerts", Alert)
    assert set(alert.applications) == {f"A-{number}" for number in range(MEMBERS) if number != FRAUD}
    held = {f"A-{number}" for number in range(MEMBERS) if number % 3} - {f"A-{FRAUD}"}
    again = of((await obey(deps, published, records)).publish, "decisions", Decision)
    assert {each.application_id for each in again} == held == set(alert.evidence["to_review"])
    for decision in again:
        assert decision.decision == "review"
        assert decision.supersedes == published.audited[decision.application_id][0].decision_id
        (reason,) = [each for each in decision.reasons if each.code == "LINKED_TO_FRAUD" and each.effect == "review"]
        assert reason.detail["distance"] == alert.evidence["distances"][decision.application_id]


async def test_the_same_label_again_publishes_the_same_whatever_has_happened_since(deps: Dependencies) -> None:
    published = await decide_all(deps, *map(member, range(MEMBERS)))
    first = await confirm(deps)
    decided = await obey(deps, published, first)
    assert await confirm(deps) == first
    assert await obey(deps, published, first) == decided
    assert await confirm(deps, event_id="another label") == first


async def test_a_second_fraud_of_the_ring_holds_back_nobody_twice(deps: Dependencies) -> None:
    published = await decide_all(deps, *map(member, range(4)))
    await obey(deps, published, await confirm(deps, 0))
    second = await confirm(deps, 1)
    (alert,) = of(second, "alerts", Alert)
    assert alert.applications == ["A-2", "A-3"]
    assert (alert.evidence["at_risk"], alert.evidence["held_back"]) == (0, ["A-2", "A-3"])
    assert (await obey(deps, published, second)).publish == []


async def test_an_order_on_what_another_one_has_recalled_meanwhile_changes_nothing(deps: Dependencies) -> None:
    published = await decide_all(deps, *map(member, range(3)))
    first, second = await confirm(deps, 0), await confirm(deps, 1)
    assert len(of((await obey(deps, published, first)).publish, "decisions", Decision)) == 2
    assert (await obey(deps, published, second)).publish == []


async def test_an_order_waits_for_a_decision_that_has_not_been_read(deps: Dependencies) -> None:
    await decide_all(deps, *map(member, range(3)))
    records = await confirm(deps, 0)
    with pytest.raises(NotReadyError):
        await obey(deps, Published(), records)


async def test_what_joins_a_list_reports_who_was_approved_with_it_and_who_is_linked(deps: Dependencies) -> None:
    published = await decide_all(
        deps,
        application("A-1", phone="n", device_id="d", bank_card="c"),
        application("A-2", contacts=["n"]),
        application("A-3", device_id="d", bank_card="c", shared={"face_id": "f"}),
        application("A-4", shared={"face_id": "f"}),
        application("A-5"),
    )
    entry = list_entry("phone", "n", severity="high")
    handled = await update_lists([accepted(entry)], deps)
    (alert,) = of(handled.publish, "alerts", Alert)
    assert (alert.kind, alert.severity, alert.subject.id) == ("BLACKLIST_RETRO_HIT", "high", entry.token)
    assert alert.evidence["distances"] == {"A-1": 0, "A-2": 1, "A-3": 1}
    again = of((await obey(deps, published, handled.publish)).publish, "decisions", Decision)
    codes = {each.application_id: {r.code for r in each.reasons if r.effect == "review"} for each in again}
    assert codes == {"A-1": {"BLACKLIST_HIT"}, "A-2": {"BLACKLIST_NEAR"}, "A-3": {"BLACKLIST_NEAR"}}
    assert await update_lists([accepted(entry)], deps) == handled


async def test_a_listed_merchant_reports_his_customers_and_not_their_friends(deps: Dependencies) -> None:
    await decide_all(
        deps, application("A-1", merchant_id="m", bank_card="b"), application("A-2", bank_card="b", merchant_id="other")
    )
    handled = await update_lists([accepted(list_entry("merchant_id", "m"))], deps)
    assert [alert.applications for alert in of(handled.publish, "alerts", Alert)] == [["A-1"]]


@pytest.mark.parametrize("changes", [{"action": "remove"}, {"expires_ms": NOON_MS}])
async def test_what_leaves_a_list_or_is_over_calls_nobody_back(deps: Dependencies, changes: dict[str, Any]) -> None:
    await decide_all(deps, application("A-1", device_id="d"))
    entry = list_entry("device_id", "d", **changes)
    clock = replace(deps, clock=lambda: entry.occurred_at)
    assert (await update_lists([accepted(entry)], clock)).publish == []
