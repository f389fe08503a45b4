"""Labels: the truth about an application, later. Its neighbours see it, and the learner is told."""

from __future__ import annotations

from collections.abc import Sequence

from models.facts import LabelFacts, epoch_ms
from models.recall.cause import FraudConfirmed
from streams.dependencies import Dependencies
from streams.index.labelled import label_changes, write_labels
from streams.joining import LabelJoin
from streams.label_cases import LabelAt
from streams.recalling import recall_frauds
from streams.runner import Accepted, Handled


async def take_labels(accepted: Sequence[Accepted[LabelFacts]], deps: Dependencies, join: LabelJoin) -> Handled:
    """Labels as they come in: neighbours see at once what counts at once, and frauds call back what is connected."""
    for each in accepted:
        deps.metrics.labels.labels(each.facts.kind).inc()
    meaning = deps.policy.document.labels
    now_ms = epoch_ms(deps.clock())
    await write_labels(deps.index, [label_changes(each.facts, meaning, now_ms) for each in accepted])
    frauds = [
        FraudConfirmed(application_id=each.facts.application_id, event_id=each.facts.event_id)
        for each in accepted
        if each.facts.kind in meaning.fraud
    ]
    strayed = await join.take(_located(accepted, deps))
    return Handled(publish=[*await recall_frauds(frauds, deps), *strayed])


async def take_strayed_labels(accepted: Sequence[Accepted[LabelFacts]], deps: Dependencies, join: LabelJoin) -> Handled:
    """Labels that came in in another partition than that of their decision."""
    return Handled(publish=await join.take(_located(accepted, deps)))


def _located(accepted: Sequence[Accepted[LabelFacts]], deps: Dependencies) -> list[LabelAt]:
    return [
        LabelAt(
            each.facts,
            each.received.topic.removeprefix(deps.settings.topic_prefix),
            each.received.partition,
            each.received.offset,
            each.received.value or b"",
        )
        for each in accepted
    ]
