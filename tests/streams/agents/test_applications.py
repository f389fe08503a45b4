"""What an event that is delivered more than once around an outage of the index leads to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest
from pydantic import SecretStr

from config.settings import Settings
from models.decision import Decision
from models.enrichment import Observation
from models.facts import ApplicationFacts
from streams.agents.applications import DeferredApplication, decide_applications, decide_deferred
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
