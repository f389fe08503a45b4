"""What an event that is delivered more than once around an outage of the index leads to."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from time import monotonic, sleep
from typing import Any, TypeVar

import msgspec
import pytest
import redis
import uvloop
from pydantic import SecretStr

from config.settings import Settings
from models.decision import Decision
from models.enrichment import Observation
from models.facts import ApplicationFacts
from models.pipeline import decide
from scripts.embedded.valkey import EmbeddedValkey
from streams.agents.applications import PART, DeferredApplication, decide_applications, decide_deferred
from streams.app import build_dependencies
from streams.batches import Received
from streams.breaker import OPEN_AFTER
from streams.dependencies import Dependencies
from streams.index.memory import MemoryIndex
from streams.index.protocol import IndexUnavailableError, RememberedResult, ResultToRemember
from streams.runner import Accepted, Handled
from tests.builders import application
from tests.conftest import TEST_PII_KEY

F = TypeVar("F")


@pytest.fixture
def without_index(tmp_path: Path) -> Dependencies:
    """Nobody listens where the index should be."""
    settings = Settings(
        _env_file=None, redis_url=SecretStr("redis://127.0.0.1:1/0"), pii_key=SecretStr(TEST_PII_KEY), data_dir=tmp_path
    )
    return build_dependencies(settings)


def accepted(facts: F) -> Accepted[F]:
    received = Received(topic="t", partition=0, offset=0, key=b"k", value=b"", published_ms=0, taken_at=0.0)
    return Accepted(received, facts)


def published(handled: Handled, topic: str, record: type[Any]) -> list[Any]:
    return [msgspec.json.decode(each.value, type=record) for each in handled.publish if each.topic.endswith(topic)]


async def degraded_and_deferred(facts: ApplicationFacts, deps: Dependencies) -> tuple[Decision, DeferredApplication]:
    handled = await decide_applications([accepted(facts)], deps)
    return published(handled, ".decisions", Decision)[0], published(handled, ".deferred", DeferredApplication)[0]


async def test_a_degraded_decision_is_superseded(without_index: Dependencies) -> None:
    degraded, deferred = await degraded_and_deferred(application("e-1"), without_index)
    deps = replace(without_index, index=MemoryIndex())
    (again,) = published(await decide_deferred([accepted(deferred)], deps), ".decisions", Decision)
    assert (again.degraded, again.supersedes) == ([], degraded.decision_id)
    assert again.decision_id != degraded.decision_id


async def test_it_is_superseded_too_when_the_event_came_again_and_was_decided_in_between(
    without_index: Dependencies,
) -> None:
    facts = application("e-1")
    degraded, deferred = await degraded_and_deferred(facts, without_index)
    deps = replace(without_index, index=MemoryIndex())
    (between,) = published(await decide_applications([accepted(facts)], deps), ".decisions", Decision)
    (again,) = published(await decide_deferred([accepted(deferred)], deps), ".decisions", Decision)
    assert between.decision_id != degraded.decision_id
    assert again == msgspec.structs.replace(between, supersedes=degraded.decision_id)


async def test_an_event_that_comes_again_afterwards_gets_the_superseding_decision(
    without_index: Dependencies,
) -> None:
    facts = application("e-1")
    _, deferred = await degraded_and_deferred(facts, without_index)
    deps = replace(without_index, index=MemoryIndex())
    (again,) = published(await decide_deferred([accepted(deferred)], deps), ".decisions", Decision)
    assert published(await decide_applications([accepted(facts)], deps), ".decisions", Decision) == [again]
    assert published(await decide_deferred([accepted(deferred)], deps), ".decisions", Decision) == [again]


class Forgetful(MemoryIndex):
    """An index that goes away between observing and remembering."""

    async def remember(self, results: Sequence[ResultToRemember]) -> list[RememberedResult]:
        kept = await super().remember(results)
        if kept:
            raise IndexUnavailableError("no answer, although the results were kept")
        return kept


async def test_a_decision_that_may_not_have_been_kept_is_not_published(without_index: Dependencies) -> None:
    deps = replace(without_index, index=(index := Forgetful()))
    degraded, deferred = await degraded_and_deferred(application("e-1"), deps)
    assert degraded.degraded == ["links", "blacklist"]
    with pytest.raises(IndexUnavailableError):
        await decide_deferred([accepted(deferred)], replace(deps, index=Unreachable()))
    (again,) = published(
        await decide_deferred([accepted(deferred)], replace(deps, index=index)), ".decisions", Decision
    )
    assert (again.degraded, again.supersedes) == ([], degraded.decision_id)


class Unreachable(MemoryIndex):
    """An index that nobody may ask."""

    async def observe(self, applications: Sequence[ApplicationFacts], patient: bool = False) -> list[Observation]:
        raise IndexUnavailableError(f"asked about {len(applications)} applications")


async def test_while_the_breaker_is_open_nobody_asks_the_index(without_index: Dependencies) -> None:
    deps = replace(without_index, index=MemoryIndex())
    for _ in range(OPEN_AFTER):
        deps.breaker.failed(deps.clock())
    degraded, deferred = await degraded_and_deferred(application("e-1"), deps)
    assert degraded.degraded == ["links", "blacklist"]
    with pytest.raises(IndexUnavailableError):
        await decide_deferred([accepted(deferred)], deps)
    deps.breaker.answered(deps.clock())
    (again,) = published(await decide_deferred([accepted(deferred)], deps), ".decisions", Decision)
    assert again.supersedes == degraded.decision_id


def test_the_index_observes_the_next_part_and_the_next_batch_while_applications_are_decided(
    valkey: EmbeddedValkey, tmp_path: Path, topic_prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(
        _env_file=None,
        redis_url=SecretStr(valkey.url),
        pii_key=SecretStr(TEST_PII_KEY),
        data_dir=tmp_path,
        topic_prefix=topic_prefix,
        index_deadline_ms=10_000,
    )
    client = redis.Redis.from_url(valkey.url)
    before, decided, observed = 0, list[None](), list[int]()
    sent = {0: PART + 1, PART: PART + 1 + PART + 1}  # the second time with what the first part is to be remembered by

    def calls() -> int:
        return int(client.info("commandstats")["cmdstat_fcall"]["calls"])

    def decide_when_sent(*arguments: Any, **options: Any) -> Any:
        """This process does nothing else meanwhile: what comes to the server now was sent before."""
        if len(decided) in (0, PART):
            expected, deadline = sent[len(decided)], monotonic() + 30
            while calls() - before < expected and monotonic() < deadline:
                sleep(0.01)
            observed.append(calls() - before)
        decided.append(None)
        return decide(*arguments, **options)

    async def both() -> None:
        nonlocal before
        deps = build_dependencies(settings)
        await asyncio.gather(*(deps.index.ping() for _ in range(4)))  # as many connections
        before = calls()
        turn = asyncio.Lock()
        first = [accepted(application(f"e-{number}")) for number in range(PART + 1)]
        next_batch = [accepted(application("e-next"))]
        await asyncio.gather(decide_applications(first, deps, turn), decide_applications(next_batch, deps, turn))
        await deps.index.close()

    monkeypatch.setattr("streams.agents.applications.decide", decide_when_sent)
    uvloop.run(both())
    assert observed == list(sent.values())
