"""Applications: the way from facts to a decision, and from a degraded decision to the one that supersedes it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from time import perf_counter
from typing import Any, TypeVar

import structlog
from msgspec import Struct, json
from msgspec.structs import replace

from models.alerts import Alert
from models.decision import Decision
from models.enrichment import DEGRADED_INDEX, Enrichment, Observation
from models.facts import ApplicationFacts
from models.features.amounts import usual_amount
from models.pipeline import Decided, decide
from models.ring_alerts import KIND as RING_ALERT
from models.ring_alerts import with_picture
from streams.codec import Decoded, encode
from streams.dependencies import Dependencies
from streams.external_lists.services import Answers
from streams.index.protocol import (
    IndexUnavailableError,
    RememberedResult,
    ResultToRemember,
    StoredResult,
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


async def decide_applications(accepted: Sequence[Accepted[ApplicationFacts]], deps: Dependencies) -> Handled:
    """Decide a batch of applications; all of it degraded when the index fails on the way. An event that stands in it
    twice is decided once and answered twice."""
    facts = {each.facts.event_id: each.facts for each in accepted}
    started = accepted[0].received.taken_at
    applications = list(facts.values())
    async with deps.list_services.asked(applications) as answers:
        try:
            results = await _decide(applications, {}, started, answers, deps)
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
            results = await _decide(applications, supersedes, perf_counter(), answers, deps)
        publish += [record for outgoing in results.first.values() for record in outgoing]
        settle += results.settle
    return Handled(publish=publish, settle=settle)


async def _decide(
    applications: Sequence[ApplicationFacts],
    supersedes: Mapping[str, str],
    started: float,
    answers: Awaitable[Answers],
    deps: Dependencies,
) -> _Results:
    """Observe all, decide each, keep the results, and say what to publish. Raises IndexUnavailableError when the index
    could not be asked or told; then nothing of it may be published.

    `answers` are those of the external list services, asked beside the index. It goes part by part: while one is
    decided here, the index observes the next and keeps the results of the last.
    """
    results = _Results()
    parts = [applications[start : start + PART] for start in range(0, len(applications), PART)]
    observe = partial(deps.index.observe, patient=bool(supersedes))
    asked: list[asyncio.Task[Any]] = []

    def ask(name: str, call: Callable[[Sequence[Asked]], Awaitable[list[Answer]]], about: Sequence[Asked]) -> Any:
        asked.append(asyncio.create_task(_ask(name, call, about, deps)))
        return asked[-1]

    try:
        observing = ask("observe", observe, parts[0])
        keeping: list[tuple[list[Decision], asyncio.Task[list[RememberedResult]]]] = []
        for number, part in enumerate(parts, 1):
            observations = await observing
            asked.remove(observing)  # what it answered is not held for longer than the part takes
            if number < len(parts):
                observing = ask("observe", observe, parts[number])
                await asyncio.sleep(0)  # it is sent before this part is decided
            said = await answers
            decided = _decide_observed(part, observations, said, supersedes, started, results, deps)
            kept = ask("remember", deps.index.remember, [_to_remember(case) for case in decided])
            keeping.append(([case.decision for case in decided], kept))
        for decisions, kept in keeping:
            for decision, remembered in zip(decisions, await kept, strict=True):
                _count(decision, deps)
                result = _superseding(_unclaimed_alerts_left_out(remembered), decision.supersedes)
                results.first[decision.event_id] = _outgoing(decision.application_id, result, deps)
                results.settle.append(decision.event_id)
    except BaseException:
        for task in asked:
            task.cancel()
        await asyncio.gather(*asked, return_exceptions=True)
        raise
    return results


def _decide_observed(
    applications: Sequence[ApplicationFacts],
    observations: Sequence[Observation],
    answers: Answers,
    supersedes: Mapping[str, str],
    started: float,
    results: _Results,
    deps: Dependencies,
) -> list[Decided]:
    """Decide what has not been decided earlier; for what has, the result that was kept goes into `results`."""
    decided: list[Decided] = []
    for facts, observation in zip(applications, observations, strict=True):
        if observation.earlier is not None:
            deps.metrics.repeats.inc()
            stored = _superseding(decode_stored(observation.earlier), supersedes.get(facts.event_id))
            results.first[facts.event_id] = _outgoing(facts.application_id, stored, deps)
            if stored.audit is not None:
                results.settle.append(facts.event_id)
            continue
        enrichment = Enrichment(observation=observation, external_lists=answers.get(facts.event_id, []))
        decided.append(_decide_one(facts, enrichment, started, deps, supersedes.get(facts.event_id)))
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
        outgoing = _outgoing(facts.application_id, _stored(case), deps)
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
    name: str, call: Callable[[Sequence[Asked]], Awaitable[list[Answer]]], asked: Sequence[Asked], deps: Dependencies
) -> list[Answer]:
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


def _to_remember(case: Decided) -> ResultToRemember:
    """The result as it is kept in the index, so that a repeat of the event is answered alike."""
    return ResultToRemember(
        event_id=case.decision.event_id,
        application_id=case.decision.application_id,
        occurred_ms=case.audit.event.occurred_ms,
        decision_flag=case.decision.decision,
        result=_stored(case),
        alert_ids=[alert.alert_id for alert in case.alerts],
        usual=usual_amount(case.features),
        ring=case.audit.ring,
    )


def _stored(case: Decided) -> StoredResult:
    return StoredResult(encode(case.decision), [encode(alert) for alert in case.alerts], encode(case.audit))


def _superseding(result: StoredResult, degraded_id: str | None) -> StoredResult:
    """The result as the one that takes the degraded decision's place. An event that was delivered twice may have been
    decided in between, by a worker that knew nothing of that decision: what it said stands, and says so now."""
    if degraded_id is None:
        return result
    decision = json.decode(result.decision, type=Decision)
    if decision.supersedes is not None:
        return result
    return StoredResult(encode(replace(decision, supersedes=degraded_id)), result.alerts, result.audit)


def _unclaimed_alerts_left_out(kept: RememberedResult) -> StoredResult:
    """The first result of an event stands, whoever made it; an alert that another event has claimed is left out."""
    if not kept.first:
        return kept.result
    alerts = [alert for alert, new in zip(kept.result.alerts, kept.new_alerts, strict=True) if new]
    return StoredResult(kept.result.decision, alerts, kept.result.audit)


class _AlertHead(Struct):
    alert_id: str
    kind: str


class _DecisionHead(Struct):
    decision_id: str


def _outgoing(application_id: str, result: StoredResult, deps: Dependencies) -> list[Outgoing]:
    """The decision, and what has not been published yet of the rest."""
    key = application_id.encode()
    outgoing = [Outgoing(deps.settings.topic("decisions"), key, result.decision)]
    if result.audit is not None:
        outgoing.append(Outgoing(deps.settings.topic("decision-audit"), key, result.audit))
        for kept in result.alerts:
            alert, decision_id = kept, json.decode(result.decision, type=_DecisionHead).decision_id
            head = json.decode(alert, type=_AlertHead)
            if head.kind == RING_ALERT:
                alert = encode(with_picture(json.decode(alert, type=Alert)))
            deps.metrics.alerts.labels(head.kind).inc()
            logger.info(
                "alert",
                kind=head.kind,
                alert_id=head.alert_id,
                application_id=application_id,
                decision_id=decision_id,
            )
            outgoing.append(Outgoing(deps.settings.topic("alerts"), head.alert_id.encode(), alert))
    return outgoing


def _deferred(case: Decided, deps: Dependencies) -> Outgoing:
    waiting = DeferredApplication(facts=case.audit.event, supersedes=case.decision.decision_id)
    return Outgoing(deps.settings.topic("deferred"), case.decision.application_id.encode(), encode(waiting))
