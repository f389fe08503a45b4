"""Services asked about applications, and what becomes of what they say in the decisions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter

import msgspec
import pytest
from pydantic import SecretStr

from config.settings import Settings
from models.alerts import Alert
from models.decision import Decision, DecisionAudit
from models.facts import ApplicationFacts, Identifier
from models.pipeline import decide
from streams.agents.applications import decide_applications
from streams.app import build_dependencies
from streams.dependencies import Dependencies
from streams.external_lists.restraint import OPEN_AFTER
from streams.external_lists.services import ListServices
from streams.index.memory import MemoryIndex
from streams.probes import PROBE_EVERY_S, watch_dependencies
from streams.publisher import Outgoing, Publisher
from tests.builders import application, token
from tests.conftest import TEST_PII_KEY
from tests.streams.agents.test_applications import accepted, published
from tests.streams.external_lists.list_server import ListServer

PHONE = token("phone", "+8613800000001")
FILE = """
[[services]]
name = "bureau"
url = "{url}"
deadline_ms = {deadline_ms}
"""


@pytest.fixture
def deadline_ms() -> int:
    """Of the list service: one that no test meets by accident."""
    return 5_000


@pytest.fixture
async def deps(server: ListServer, tmp_path: Path, deadline_ms: int) -> AsyncIterator[Dependencies]:
    """A worker's, with one list service and an index of its own."""
    path = tmp_path / "lists.toml"
    path.write_text(FILE.format(url=server.url, deadline_ms=deadline_ms), encoding="utf-8")
    settings = Settings(
        _env_file=None,
        redis_url=SecretStr("redis://127.0.0.1:1/0"),
        pii_key=SecretStr(TEST_PII_KEY),
        data_dir=tmp_path,
        list_services=path,
    )
    without_index = build_dependencies(settings)
    yield replace(without_index, index=MemoryIndex())
    await without_index.list_services.close()


def listed(kind: str = "phone", **fields: object) -> dict[str, object]:
    return {"kind": kind, "token": PHONE, "severity": "high", "reason": "lent twice", **fields}


def applying(event: str = "e-1", **options: object) -> ApplicationFacts:
    return application(event, identifiers=[Identifier("phone", PHONE)], **options)  # type: ignore[arg-type]


async def decision_on(facts: ApplicationFacts, deps: Dependencies) -> Decision:
    (decision,) = published(await decide_applications([accepted(facts)], deps), ".decisions", Decision)
    assert isinstance(decision, Decision)
    return decision


async def test_an_entry_of_a_service_is_a_blacklist_hit(server: ListServer, deps: Dependencies) -> None:
    server.entries.append(listed())
    decision = await decision_on(applying(), deps)
    (reason,) = [reason for reason in decision.reasons if reason.code == "BLACKLIST_HIT"]
    assert (reason.detail["lists"], reason.detail["external"]) == (["external:bureau"], 1)
    assert decision.decision == "review"


async def test_a_silent_service_is_missing_and_the_application_is_reviewed(
    server: ListServer, deps: Dependencies
) -> None:
    server.mood = "failing"
    decision = await decision_on(applying(), deps)
    assert decision.missing[-1] == "lists.external:bureau"
    assert (decision.decision, decision.degraded) == ("review", [])


async def test_a_contact_is_asked_as_a_phone_and_reported_as_a_contact(server: ListServer, deps: Dependencies) -> None:
    server.entries.append(listed())
    facts = application("e-1", identifiers=[Identifier("contact_phone", PHONE)])
    async with deps.list_services.asked([facts]) as answers:
        ((answer,),) = (await answers).values()
    assert [hit.kind for hit in answer.hits] == ["contact_phone"]
    assert server.questions == [[{"kind": "phone", "token": PHONE}]]


async def test_an_entry_counts_up_to_its_expiry(server: ListServer, deps: Dependencies) -> None:
    facts = applying()
    for expires_ms, hits in ((facts.occurred_ms, 0), (facts.occurred_ms + 1, 1)):
        expires_at = msgspec.json.decode(msgspec.json.encode(facts.occurred_at), type=str)
        server.entries[:] = [listed(expires_at=expires_at.replace("Z", f"{(expires_ms % 1000) / 1000:.3f}"[1:] + "Z"))]
        service = ListServices.from_settings(deps.settings, deps.metrics.__class__(), deps.clock)
        async with service.asked([facts]) as answers:
            ((answer,),) = (await answers).values()
        assert len(answer.hits) == hits
        await service.close()


async def test_a_batch_is_one_look_up(server: ListServer, deps: Dependencies) -> None:
    batch = [accepted(application(f"A-{n}")) for n in range(30)]
    await decide_applications(batch, deps)
    assert len(server.questions) == 1


async def test_while_the_index_is_away_the_services_are_heard(server: ListServer, deps: Dependencies) -> None:
    server.entries.append(listed())
    facts = applying()
    away = replace(deps, index=build_dependencies(deps.settings).index)
    decision = await decision_on(facts, away)
    assert {"DEGRADED_DEPENDENCY", "BLACKLIST_HIT"} <= {reason.code for reason in decision.reasons}


@pytest.mark.parametrize("deadline_ms", [200])
async def test_nobody_waits_longer_than_the_deadline(server: ListServer, deps: Dependencies) -> None:
    server.mood = "hanging"
    began = perf_counter()
    decision = await decision_on(applying(), deps)
    assert perf_counter() - began < 20  # the service takes 30 s
    assert decision.missing[-1] == "lists.external:bureau"


async def test_the_decision_is_made_again_from_its_audit_record_alone(server: ListServer, deps: Dependencies) -> None:
    server.entries.append(listed())
    handled = await decide_applications([accepted(applying())], deps)
    (decision,) = published(handled, ".decisions", Decision)
    (audit,) = published(handled, ".decision-audit", DecisionAudit)
    again = decide(
        audit.event,
        audit.enrichment,
        deps.policy,
        deps.serving.models,
        model_outputs=audit.model_outputs,
        decided_at=audit.decided_at,
        latency_ms=decision.latency_ms,
    )
    assert again.decision == decision


async def test_where_there_is_none_nothing_is_asked_and_nobody_waits() -> None:
    async with ListServices().asked([applying()]) as answers:
        assert await answers == {}
        assert len(asyncio.all_tasks()) == 1


async def test_a_service_that_stays_silent_is_one_alert(server: ListServer, deps: Dependencies) -> None:
    server.mood = "failing"
    for number in range(OPEN_AFTER):
        await decision_on(applying(f"e-{number}"), deps)
    raised: list[Outgoing] = []

    class Kept(Publisher):
        async def publish(self, records: Sequence[Outgoing]) -> None:
            raised.extend(records)

    watching = asyncio.create_task(
        watch_dependencies(replace(deps, publisher=Kept(deps.settings)), raises_alerts=lambda: True)
    )
    await asyncio.sleep(2.5 * PROBE_EVERY_S)
    watching.cancel()
    (record,) = raised
    alert = msgspec.json.decode(record.value, type=Alert)
    assert (record.topic, alert.kind) == (deps.settings.topic("alerts"), "DEGRADED")
    assert alert.subject.id == "lists.external:bureau"
