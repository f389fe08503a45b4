"""The cases of a worker's partitions: changed, told to the learner, and only then written down."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

import structlog
from msgspec import DecodeError, Struct, json

from models.enrichment import RETENTION_MS
from models.facts import LabelFacts, epoch_ms
from models.labelling import (
    DAY_MS,
    OVERRULED_BY_ANY_MS,
    Audited,
    Case,
    Told,
    frozen_decision,
    has_news,
    settle,
    with_decision,
    with_labels,
    with_told,
)
from models.learning.protocol import Example
from streams.codec import encode
from streams.dependencies import Dependencies
from streams.frozen import AuditAt, FrozenStore
from streams.index.protocol import LabelFlagChange
from streams.publisher import Outgoing

logger = structlog.get_logger(__name__)

AUDIT, LABELS, STRAYED, TRAINING = "decision-audit", "labels", "strayed-labels", "training"
"""The topics that cases are made of."""
AT_ONCE = 25
"""Cases between which the event loop is let go: about a millisecond."""

_Change = Callable[[str, Case | None], Case | None]
"""Application id and its case -> the case afterwards; None: there is none."""


class LabelAt(Struct, frozen=True):
    """A label and where it stands."""

    facts: LabelFacts
    topic: str
    """Without prefix: `LABELS` or `STRAYED`."""
    partition: int
    offset: int
    value: bytes
    """As it came."""


class ToldExample(Struct):
    """Of an example, what says that it has been told."""

    told: Told
    occurred_ms: int
    """Of the application."""


class LabelCases:
    """Every call raises NotReadyError when the store cannot be used, and IndexUnavailableError when neighbours cannot
    be shown that an application was honest; nothing is written down then. Repeating a call is safe."""

    def __init__(self, deps: Dependencies, store: FrozenStore) -> None:
        self._deps = deps
        self._meaning = deps.policy.document.labels
        self._store = store
        self._audits = json.Decoder(Audited)
        self._locks: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)

    def read_to(self, partition: int, topic: str) -> int:
        """The offset from which a topic (without prefix) has not been read into a partition."""
        return self._store.positions(partition).get(topic, 0)

    async def add_decisions(self, partition: int, audits: Sequence[AuditAt], read_to: int) -> None:
        """Audit records as they stand in `decision-audit`, which has been read up to `read_to`. They are looked into
        only where a label has been waiting for the decision."""
        async with self._locks[partition]:
            waiting = self._store.cases(partition, {each.application_id.decode() for each in audits})
            self._store.keep(partition, audits, {} if waiting else {AUDIT: read_to})
        if waiting:
            await self._update(partition, waiting, lambda _, case: case, {AUDIT: read_to})

    async def add_labels(self, partition: int, labels: Sequence[LabelAt]) -> None:
        """Labels of applications whose decisions are in this partition; each stands in a partition of this number."""
        found: defaultdict[str, list[LabelFacts]] = defaultdict(list)
        read_to: dict[str, int] = {}
        for label in labels:
            found[label.facts.application_id].append(label.facts)
            before = read_to.get(label.topic) or self.read_to(partition, label.topic)
            read_to[label.topic] = max(before, label.offset + 1)

        def add(application_id: str, case: Case | None) -> Case | None:
            return with_labels(case, found[application_id], self._meaning)

        await self._update(partition, found, add, read_to)

    async def add_told(self, partition: int, examples: Mapping[str, ToldExample]) -> None:
        """Application id -> what the learner has been told of it last."""

        def add(application_id: str, case: Case | None) -> Case:
            example = examples[application_id]
            return with_told(case, example.told, example.occurred_ms)

        await self._update(partition, examples, add)

    async def note_training(self, partition: int, read_to: int) -> None:
        """All that `training` says of this partition's applications before `read_to` is in their cases."""
        async with self._locks[partition]:
            self._store.write(partition, {}, {TRAINING: read_to})

    async def look_again(self, partition: int) -> None:
        """At the cases whose time has come: a label has matured, or none can teach anything any more. Audit records of
        that age are dropped."""
        now_ms = epoch_ms(self._deps.clock())
        keep_ms = round(self._meaning.keep_days * DAY_MS)
        while True:
            dropped = self._store.drop_audits(now_ms - keep_ms, AT_ONCE)
            seen = self._store.due(partition, now_ms, AT_ONCE)
            if not dropped and not seen:
                return
            await self._update(partition, {name for _, name in seen}, lambda _, case: case, seen=seen)
            await asyncio.sleep(0)

    async def _update(
        self,
        partition: int,
        application_ids: Iterable[str],
        change: _Change,
        read_to: Mapping[str, int] | None = None,
        seen: Sequence[tuple[int, str]] = (),
    ) -> None:
        """Change cases, tell what they come to, and write them down with how far the topics have been read."""
        async with self._locks[partition]:
            now_ms = epoch_ms(self._deps.clock())
            ids = list(application_ids)
            before = self._store.cases(partition, ids)
            cases: dict[str, tuple[Case | None, int]] = {}
            examples: list[Example] = []
            matured: list[str] = []
            for application_id in ids:
                case = change(application_id, before.get(application_id))
                if case is None:
                    continue
                if has_news(case, self._meaning, now_ms):
                    case = self._with_decisions(partition, application_id, case)
                settled = settle(application_id, case, self._meaning, now_ms)
                again = settled.case.look_again_ms(self._meaning, now_ms) if settled.case is not None else 0
                cases[application_id] = settled.case, again
                if settled.example is not None:
                    examples.append(settled.example)
                    if settled.honest and now_ms - case.since_ms < RETENTION_MS:
                        matured.append(application_id)
            await self._show(matured)
            await self._tell(examples)
            self._store.write(partition, cases, read_to or {}, seen)

    def _with_decisions(self, partition: int, application_id: str, case: Case) -> Case:
        """The case with what was decided; without, while that has not been read."""
        for value in self._store.audits(partition, application_id):
            try:
                case = with_decision(case, frozen_decision(self._audits.decode(value)))
            except DecodeError as error:  # another release's: no label will teach anything about it
                logger.warning("decision_audit_unreadable", application_id=application_id, error=str(error))
        return case

    async def _show(self, matured: Sequence[str]) -> None:
        """Let neighbours see what was honest, as far as the index still knows the applications."""
        if matured:
            await self._deps.index.set_labels(
                [
                    LabelFlagChange(application_id=each, flag="honest", occurred_ms=OVERRULED_BY_ANY_MS)
                    for each in matured
                ]
            )

    async def _tell(self, examples: Sequence[Example]) -> None:
        topic = self._deps.settings.topic(TRAINING)
        await self._deps.publisher.publish(
            [Outgoing(topic, example.application_id.encode(), encode(example)) for example in examples]
        )
        for example in examples:
            self._deps.metrics.examples.labels(str(example.fraud).lower()).inc()
