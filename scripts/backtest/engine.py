"""The history through the core in event-time order, one short stretch of rows after the other: labels that are known
by then are learned, then the rows are observed, decided and written down, and their own labels wait until their time
comes. What becomes known during rows that are still to come is planned, and may be learned, as soon as that is certain.

As live, a row is scored by a copy of the champion that was made a little earlier.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from models.decision import Verdict
from models.enrichment import Enrichment, Observation
from models.facts import ApplicationFacts
from models.features.amounts import usual_amount
from models.features.categories import categories
from models.judgement import judge
from models.pipeline import Examined, Models, examine, scorecard_model
from models.policy.policy import Policy
from scripts.backtest.columns import NEVER_MS
from scripts.backtest.facts import FactsOfRows, Row
from scripts.backtest.label_reader import LabelReader
from scripts.backtest.labels import Seen
from scripts.backtest.learning import Champion, Learning, Learnt, Plan
from scripts.backtest.many_scores import fraud_scores
from scripts.backtest.state import State
from streams.index.protocol import LabelFlagChange, LinkIndex, PastDecision

EXPLAIN_EVERY = 20
"""Of so many scored rows one says what made its score, for the features' usefulness."""
STRETCH_ROWS = 64
STRETCH_MS = 300_000
"""Rows that are decided together: at most so many, all before so much event time has passed since the first. Labels
that become known meanwhile count from the next stretch on, and so do the decisions of this one."""


class _Batch(NamedTuple):
    """Rows that were read, with what they say."""

    applications: list[ApplicationFacts]
    labels: list[tuple[bool | None, int]]
    """See `LabelReader.read`."""
    stretches: list[tuple[int, int]]
    """First row and end of each."""
    first_known_ms: int
    """When the first of the labels becomes known."""

    @property
    def moments(self) -> list[int]:
        """Event time at which each stretch begins."""
        return [self.applications[start].occurred_ms for start, _ in self.stretches]


class _Scored(NamedTuple):
    """A row with what was said of it."""

    examined: Examined
    categories: dict[str, str | None]
    anomaly: float | None
    fraud_score: float
    verdict: Verdict


class Engine:
    """Runs rows. The same rows with the same seed give the same results."""

    def __init__(
        self,
        policy: Policy,
        index: LinkIndex,
        facts: FactsOfRows,
        labels: LabelReader,
        learning: Learning,
        models: Models,
        state: State,
        planned: Sequence[Learnt] = (),
        *,
        learn_until_ms: int = NEVER_MS,
        score_from_ms: int = 0,
    ) -> None:
        """`models` are what scores now, `planned` the result of an engine that this one goes on from.
        No label is used that became known at `learn_until_ms` or later."""
        self._policy, self._index, self._facts, self._labels = policy, index, facts, labels
        self._learning = learning
        self._learn_until_ms, self._score_from_ms = learn_until_ms, score_from_ms
        self.models, self.state = models, state
        self._waiting: deque[_Batch] = deque()
        self._planned = deque((plan, iter(champions)) for plan, champions in planned)
        """For the first of those that wait."""

    def read(self, rows: Sequence[Row]) -> None:
        """These rows come next. What becomes known during them is planned as soon as that is certain."""
        applications = [self._facts.facts(row) for row in rows]
        moments, stretches = [facts.occurred_ms for facts in applications], list[tuple[int, int]]()
        while (start := stretches[-1][1] if stretches else 0) < len(rows):
            stretches.append((start, end_of_stretch(moments, start)))
        labels = [self._labels.read(row) for row in rows]
        self._waiting.append(_Batch(applications, labels, stretches, min(known_ms for _, known_ms in labels)))
        self._plan_ahead()

    @property
    def waiting(self) -> int:
        """How many times `read` was called and `decide_next` was not."""
        return len(self._waiting)

    async def decide_next(self) -> int:
        """Go on with the rows that were read first. Returns how many they are."""
        self._plan_ahead()
        batch, planned = self._waiting.popleft(), self._planned.popleft() if self._planned else None
        for number, (start, end) in enumerate(batch.stretches):
            if planned is not None:
                (_, due), champion = planned[0].stretches[number], next(planned[1])
            else:
                plan, champions = self._plan([batch.applications[start].occurred_ms])
                (_, due), champion = plan.stretches[0], next(champions)
            if due:
                await self._index.set_labels([_flag(seen) for seen in due])
            if champion is not None:
                served = scorecard_model(self._policy) if champion.model is None else champion.model
                self.models, self.state.serving = replace(self.models, champion=served), champion.name
            await self._decide(batch.applications[start:end], batch.labels[start:end])
        return len(batch.applications)

    def planned(self) -> list[Learnt]:
        """What was learned for rows that are still to come; nothing is run after that."""
        return [(plan, list(champions)) for plan, champions in self._planned]

    def _plan_ahead(self) -> None:
        """Plan the batches during which no label becomes known of rows that are still to be decided."""
        first_known_ms = NEVER_MS
        for number, batch in enumerate(self._waiting):
            first_known_ms = min(first_known_ms, batch.first_known_ms)
            if first_known_ms <= batch.moments[-1]:
                break
            if number >= len(self._planned):
                self._planned.append(self._plan(batch.moments))

    def _plan(self, moments: Sequence[int]) -> tuple[Plan, Iterator[Champion | None]]:
        """Learn what becomes known until each of these moments."""
        pending = self.state.pending
        stretches = [(moment, list(pending.due(moment))) for moment in moments]
        plan = Plan(pending.names, pending.categories, stretches)
        return plan, self._learning.follow(plan)

    async def _decide(
        self, applications: Sequence[ApplicationFacts], labels: Sequence[tuple[bool | None, int]]
    ) -> None:
        """Rows that are decided together, as a worker decides what waits."""
        observations = await self._index.observe(applications)
        scored = self._score(applications, observations)
        await self._index.set_decisions([_decided(row) for row in scored])
        for case, (fraud, known_ms) in zip(scored, labels, strict=True):
            self._keep(case, fraud, known_ms)
            self.state.recorder.add(case.examined.facts, fraud, known_ms, case.fraud_score, case.verdict)
            if applications[0].occurred_ms >= self._score_from_ms and len(self.state.recorder) % EXPLAIN_EVERY == 0:
                self._explain(case)

    def _score(self, applications: Sequence[ApplicationFacts], observations: Iterable[Observation]) -> list[_Scored]:
        """The same steps as `models.pipeline.decide`, each for all rows; no records are made that nobody reads."""
        policy, models = self._policy, self.models
        examined, anomalies = [], []
        for facts, observation in zip(applications, observations, strict=True):
            case = examine(facts, Enrichment(observation=observation), policy, models)
            anomalies.append(models.anomaly.score(case.features))
            models.learn(case.features)
            examined.append(case)
        kinds = [categories(facts) for facts in applications]
        scores = fraud_scores(models.champion.scorer, [case.features for case in examined], kinds, anomalies)
        return [
            _Scored(
                case,
                of,
                anomaly,
                score,
                judge(
                    case.facts,
                    case.enrichment,
                    case.features,
                    policy,
                    fraud_score=score,
                    top_features=(),
                    anomaly=anomaly,
                ).verdict,
            )
            for case, of, anomaly, score in zip(examined, kinds, anomalies, scores, strict=True)
        ]

    def _keep(self, case: _Scored, fraud: bool | None, known_ms: int) -> None:
        """What was seen, until the label comes."""
        if fraud is None or known_ms >= self._learn_until_ms:
            return
        state, facts, features = self.state, case.examined.facts, case.examined.features
        seen = Seen(
            known_ms=known_ms,
            position=len(state.recorder),
            application_id=facts.application_id,
            occurred_ms=facts.occurred_ms,
            fraud=fraud,
            usual=usual_amount(features),
            features=state.pending.pack(features),
            categories=tuple(case.categories.values()),
            anomaly=case.anomaly,
            fraud_score=case.fraud_score,
            model=self.models.champion.version,
        )
        state.pending.add(seen, case.categories)

    def _explain(self, case: _Scored) -> None:
        score = self.models.champion.scorer.score(case.examined.features, case.categories, case.anomaly)
        self.state.recorder.explain(score.contributions)


def end_of_stretch(moments: Sequence[int], start: int) -> int:
    """Where the stretch of rows that begins at `start` ends, by the rows' rising event times in milliseconds."""
    most = min(len(moments), start + STRETCH_ROWS)
    return bisect_left(moments, moments[start] + STRETCH_MS, start, most)


def _decided(case: _Scored) -> PastDecision:
    """What neighbours see of a decision: the rest is remembered for who publishes it, and nobody does."""
    facts, network = case.examined.facts, case.examined.network
    return PastDecision(
        event_id=facts.event_id,
        application_id=facts.application_id,
        occurred_ms=facts.occurred_ms,
        decision_flag=case.verdict,
        usual=usual_amount(case.examined.features),
        ring=network.ring_join if network is not None else None,
    )


def _flag(seen: Seen) -> LabelFlagChange:
    return LabelFlagChange(
        application_id=seen.application_id,
        flag="fraud" if seen.fraud else "honest",
        occurred_ms=seen.known_ms,
        usual=seen.usual,
    )
