"""Applications: the way from facts to a decision, and from a degraded decision to the one that supersedes it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from functools import partial
from time import perf_counter
from typing import Any, TypeVar

import structlog
from msgspec import Struct, json
from msgspec.structs import replace

from models.decision import Decision
from models.enrichment import DEGRADED_INDEX, Enrichment, Observation
from models.facts import ApplicationFacts
from models.pipeline import Decided, decide
from streams.codec import Decoded, encode
from streams.decision_records import as_decided, superseding, to_publish, to_remember, without_unclaimed_alerts
from streams.dependencies import Dependencies
from streams.external_lists.services import Answers
from streams.index.protocol import (
    IndexUnavailableError,
    RememberedResult,
    ResultToRemember,
    decode_stored,
)
from streams.publisher import Outgoing
from streams.runner import Accepted, Handled

logger = structlog.get_logger(__name__)
lines = logging.getLogger(__name__)
"""Where the logger's lines go: it says more quickly that a line is not wanted."""

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


PART = 25
"""Applications that go to the index together, and are decided while it is busy with the next ones."""
TURNS_TO_SEND = 5
"""Turns of the event loop until what was just asked for is on its way: the lock, three tasks and the socket have one
each. Whoever decides before that leaves the index idle meanwhile."""
DEFERRED_AT_ONCE = 10
"""Applicants at the counter come in between: neither the index nor this process is busy with more of these at once."""


class DeferredApplication(Struct, frozen=True, kw_only=True):
    """An application that was decided without the link index and waits for it (internal topic `deferred`)."""

    facts: ApplicationFacts
    supersedes: str
    """The degraded decision's id."""


def decode_deferred(raw: bytes | None, now: datetime) -> Decoded[DeferredApplication]:
    """What this agent published itself, so it is not checked like what comes from outside. `now` has no part in it."""
    return Decoded(json.decode(raw or b"", type=DeferredApplication))


class _Results(Struct):
    """What to publish for a batch of events, each event once."""

    first: dict[str, list[Outgoing]] = {}
    """Event id -> its decision, then its audit record and alerts unless those have been published before."""
    settle: list[str] = []


async def decide_applications(
    accepted: Sequence[Accepted[ApplicationFacts]], deps: Dependencies, turn: asyncio.Lock | None = None
) -> Handled:
    """Decide a batch of applications; all of it degraded when the index fails on the way. An event that stands in it
    twice is decided once and answered twice. Of calls with the same `turn` a later one observes nothing before the
    earlier one has observed all of its own."""
    facts = {each.facts.event_id: each.facts for each in accepted}
    started = accepted[0].received.taken_at
    applications = list(facts.values())
    async with deps.list_services.asked(applications) as answers:
        try:
            results = await _decide(applications, {}, started, answers, deps, turn or asyncio.Lock())
        except IndexUnavailableError:
            results = _decide_degraded(applications, started, await answers, deps)
    publish: list[Outgoing] = []
    for each in accepted:
        outgoing = results.first[each.facts.event_id]
        publish += outgoing
        results.first[each.facts.event_id] = outgoing[:1]
    return Handled(publish=publish, settle=results.settle)


async def decide_deferred(accepted: Sequence[Accepted[DeferredApplication]], deps: Dependencies) -> Handled:
    """Decide again what was decided without the index, few at a time. While that is away the agent waits
    (IndexUnavailableError)."""
    waiting = {each.facts.facts.event_id: each.facts for each in accepted}
    publish: list[Outgoing] = []
    settle: list[str] = []
    events = list(waiting.values())
    for start in range(0, len(events), DEFERRED_AT_ONCE):
        few = events[start : start + DEFERRED_AT_ONCE]
        supersedes = {each.facts.event_id: each.supersedes for each in few}
        applications = [each.facts for each in few]
        async with deps.list_services.asked(applications) as answers:
            results = await _decide(applications, supersedes, perf_counter(), answers, deps, asyncio.Lock())
        publish += [record for outgoing in results.first.values() for record in outgoing]
        settle += results.settle
    return Handled(publish=publish, settle=settle)


async def _decide(
    applications: Sequence[ApplicationFacts],
    supersedes: Mapping[str, str],
    started: float,
    answers: Awaitable[Answers],
    deps: Dependencies,
    turn: asyncio.Lock,
) -> _Results:
    """Observe all, decide each, keep the results, and say what to publish. Raises IndexUnavailableError when the index
    could not be asked or told; then nothing of it may be published.

    `answers` are those of the external list services, asked beside the index. It goes part by part: while one is
    decided here, the index observes the next, or those of whoever has the `turn` next, and keeps the results of the
    last.
    """
    results = _Results()
    parts = [applications[start : start + PART] for start in range(0, len(applications), PART)]
    observe = partial(deps.index.observe, patient=bool(supersedes))
    asked: list[asyncio.Task[Any]] = []

    def ask(name: str, call: Callable[[Sequence[Asked]], Awaitable[Any]], about: Sequence[Asked]) -> Any:
        asked.append(asyncio.create_task(_ask(name, call, about, deps)))
        return asked[-1]

    try:
        keeping: list[tuple[list[Decision], asyncio.Task[list[RememberedResult]]]] = []
        async with AsyncExitStack() as observing_in_turn:
            await observing_in_turn.enter_async_context(turn)
            observing = ask("observe", observe, parts[0])
            for number, part in enumerate(parts, 1):
                observations = await observing
                asked.remove(observing)  # what it answered is not held for longer than the part takes
                if number < len(parts):
                    observing = ask("observe", observe, parts[number])
                else:
                    await observing_in_turn.aclose()
                for _ in range(TURNS_TO_SEND):
                    await asyncio.sleep(0)
                said = await answers
                decided = _decide_observed(part, observations, said, supersedes, started, results, deps)
                kept = ask("remember", deps.index.remember, [result for _, result in decided])
                keeping.append(([decision for decision, _ in decided], kept))
        for decisions, kept in keeping:
            for decision, remembered in zip(decisions, await kept, strict=True):
                _count(decision, deps)
                result = superseding(without_unclaimed_alerts(remembered), decision.supersedes)
                results.first[decision.event_id] = to_publish(decision.application_id, result, deps)
                results.settle.append(decision.event_id)
    except BaseException:
        for task in asked:
            task.cancel()
        await asyncio.gather(*asked, return_exceptions=True)
        raise
    return results


def _decide_observed(
    applications: Sequence[ApplicationFacts],
    observations: Iterable[Observation],
    answers: Answers,
    supersedes: Mapping[str, str],
    started: float,
    results: _Results,
    deps: Dependencies,
) -> list[tuple[Decision, ResultToRemember]]:
    """Decide what has not been decided earlier; for what has, the result that was kept goes into `results`.

    Each is read, decided, encoded and let go before the next one: so it is done in the memory, and the processor's
    caches, that the last one was done in (docs/adr/0026)."""
    decided: list[tuple[Decision, ResultToRemember]] = []
    for facts, observation in zip(applications, observations, strict=True):
        if observation.earlier is not None:
            deps.metrics.repeats.inc()
            stored = superseding(decode_stored(observation.earlier), supersedes.get(facts.event_id))
            results.first[facts.event_id] = to_publish(facts.application_id, stored, deps)
            if stored.audit is not None:
                results.settle.append(facts.event_id)
            continue
        enrichment = Enrichment(observation=observation, external_lists=answers.get(facts.event_id, []))
        case = _decide_one(facts, enrichment, started, deps, supersedes.get(facts.event_id))
        decided.append((case.decision, to_remember(case)))
    return decided


def _decide_degraded(
    applications: Sequence[ApplicationFacts], started: float, answers: Answers, deps: Dependencies
) -> _Results:
    """Decide without the index: at once, kept nowhere, and deferred to be decided again."""
    deps.breaker.unseen([facts.application_id for facts in applications])
    results = _Results()
    for facts in applications:
        enrichment = replace(DEGRADED_INDEX, external_lists=answers.get(facts.event_id, []))
        case = _decide_one(facts, enrichment, started, deps)
        _count(case.decision, deps)
        outgoing = to_publish(facts.application_id, as_decided(case), deps)
        results.first[facts.event_id] = [*outgoing, _deferred(case, deps)]
    return results


def _decide_one(
    facts: ApplicationFacts, enrichment: Enrichment, started: float, deps: Dependencies, supersedes: str | None = None
) -> Decided:
    models = deps.serving.models
    case = decide(
        facts,
        enrichment,
        deps.policy,
        models,
        decided_at=deps.clock(),
        latency_ms=(perf_counter() - started) * 1000,
        supersedes=supersedes,
    )
    models.learn(case.features)
    return case


def _count(decision: Decision, deps: Dependencies) -> None:
    """Count a decision that stands, and log it at debug: a line a decision is for looking into things."""
    deps.metrics.count_decision(decision)
    if not lines.isEnabledFor(logging.DEBUG):
        return
    logger.debug(
        "decided",
        application_id=decision.application_id,
        decision_id=decision.decision_id,
        decision=decision.decision,
        fraud_score=decision.fraud_score,
        latency_ms=decision.latency_ms,
    )


async def _ask(
    name: str, call: Callable[[Sequence[Asked]], Awaitable[Answer]], asked: Sequence[Asked], deps: Dependencies
) -> Answer:
    """Ask the index through the breaker. Raises IndexUnavailableError, at once while the breaker is not closed."""
    if not deps.breaker.closed:
        raise IndexUnavailableError("the breaker is not closed")
    try:
        with deps.metrics.index_seconds.labels(name).time():
            answers = await call(asked)
    except IndexUnavailableError as error:
        logger.warning("index_unavailable", call=name, records=len(asked), error=type(error.__cause__).__name__)
        deps.breaker.failed(deps.clock())
        raise
    deps.breaker.answered(deps.clock())
    return answers


def _deferred(case: Decided, deps: Dependencies) -> Outgoing:
    waiting = DeferredApplication(facts=case.audit.event, supersedes=case.decision.decision_id)
    return Outgoing(deps.settings.topic("deferred"), case.decision.application_id.encode(), encode(waiting))
