"""The history through the core in event-time order, one short stretch of rows after the other: labels that are known
by then are learned, then the rows are observed, decided and written down, and their own labels wait until their time
comes.

As live, a row is scored by a copy of the champion that was made a little earlier.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from msgspec.structs import replace

from models.decision import Verdict
from models.enrichment import Enrichment, Observation
from models.facts import ApplicationFacts
from models.features.amounts import usual_amount
from models.features.categories import categories
from models.judgement import judge
from models.learning.protocol import LearningModel
from models.learning.tournament import SCORECARD, Promotion, Tournament
from models.pipeline import FRAUD_MODEL, Examined, Models, examine, scorecard_model
from models.policy.policy import Policy
from models.scoring.scorer import ServedModel
from scripts.backtest.columns import NEVER_MS
from scripts.backtest.facts import FactsOfRows, Row
from scripts.backtest.label_reader import LabelReader
from scripts.backtest.labels import Seen
from scripts.backtest.many_scores import fraud_scores
from scripts.backtest.run import Week
from scripts.backtest.state import State
from streams.index.protocol import LabelFlagChange, LinkIndex, ResultToRemember, StoredResult

REFRESH_EXAMPLES = 2_000
"""What scores is made anew after a tenth more examples, at most after so many, ..."""
REFRESH_MS = 60_000
"""... and so much event time or more; at once when the champion changes."""
WEEK_MS = 7 * 86_400_000
EXPLAIN_EVERY = 20
"""Of so many scored rows one says what made its score, for the features' usefulness."""
STRETCH_ROWS = 64
STRETCH_MS = 300_000
"""Rows that are decided together: at most so many, all before so much event time has passed since the first. Labels
that become known meanwhile count from the next stretch on, and so do the decisions of this one."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NOTHING_TO_PUBLISH = StoredResult(b"", [], None)


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
        learners: Mapping[str, LearningModel],
        tournament: Tournament,
        models: Models,
        state: State,
        *,
        learn_until_ms: int = NEVER_MS,
        score_from_ms: int = 0,
    ) -> None:
        """`learners` are those of the `tournament`, and `models` what scores now.
        No label is used that became known at `learn_until_ms` or later."""
        self._policy, self._index, self._facts, self._labels = policy, index, facts, labels
        self._learners, self._tournament = learners, tournament
        self._learn_until_ms, self._score_from_ms = learn_until_ms, score_from_ms
        self.models, self.state = models, state

    async def run(self, rows: Sequence[Row]) -> None:
        """Go on with these rows."""
        applications = [self._facts.facts(row) for row in rows]
        moments, start = [facts.occurred_ms for facts in applications], 0
        while start < len(rows):
            end = end_of_stretch(moments, start)
            await self._stretch(rows[start:end], applications[start:end])
            start = end

    async def _stretch(self, rows: Sequence[Row], applications: Sequence[ApplicationFacts]) -> None:
        """Rows that are decided together, as a worker decides what waits."""
        now_ms = applications[0].occurred_ms
        await self._learn(now_ms)
        self._end_weeks(now_ms)
        self._refresh(now_ms)
        observations = await self._index.observe(applications)
        scored = self._score(applications, observations)
        await self._index.remember([_to_remember(row) for row in scored])
        for row, case in zip(rows, scored, strict=True):
            fraud, known_ms = self._labels.read(row)
            self._keep(case, fraud, known_ms)
            self.state.recorder.add(case.examined.facts, fraud, known_ms, case.fraud_score, case.verdict)
            if now_ms >= self._score_from_ms and len(self.state.recorder) % EXPLAIN_EVERY == 0:
                self._explain(case)

    def _score(self, applications: Sequence[ApplicationFacts], observations: Sequence[Observation]) -> list[_Scored]:
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

    async def _learn(self, now_ms: int) -> None:
        """Let the index and the models have the labels that are known by now."""
        due = list(self.state.pending.due(now_ms))
        if not due:
            return
        await self._index.set_labels([_flag(seen) for seen in due])
        for seen in due:
            for happening in self._tournament.learn(self.state.pending.example(seen)):
                at = _moment(seen.known_ms)
                if isinstance(happening, Promotion):
                    self.state.promotions.append((at, happening))
                else:
                    self.state.drifts.append((at, happening))

    def _refresh(self, now_ms: int) -> None:
        """Score with what the champion has become, if it is time."""
        state, champion, examples = self.state, self._tournament.champion, self._tournament.examples
        if champion == state.serving:
            wanted = min(REFRESH_EXAMPLES, 1 + state.refreshed_examples // 10)
            enough = examples - state.refreshed_examples >= wanted and now_ms - state.refreshed_ms >= REFRESH_MS
            if champion == SCORECARD or not enough:
                return
        served = scorecard_model(self._policy)
        if champion != SCORECARD:
            served = ServedModel(FRAUD_MODEL, f"{champion}-{examples}", self._learners[champion].scorer())
        self.models = replace(self.models, champion=served)
        state.serving, state.refreshed_ms, state.refreshed_examples = champion, now_ms, examples

    def _end_weeks(self, now_ms: int) -> None:
        """Note the standings when a week of event time is over; weeks begin at the first row's midnight."""
        state = self.state
        if state.next_week_ms is None:
            state.next_week_ms = now_ms - now_ms % (WEEK_MS // 7) + WEEK_MS
        if now_ms >= state.next_week_ms:
            state.next_week_ms += (now_ms - state.next_week_ms) // WEEK_MS * WEEK_MS + WEEK_MS
            self.note_standings(state.next_week_ms - WEEK_MS)

    def note_standings(self, until_ms: int) -> None:
        """Keep how the models stand at this event time."""
        week = Week(until=_moment(until_ms), serving=self.state.serving, standings=self._tournament.standings())
        self.state.weeks.append(week)

    def _explain(self, case: _Scored) -> None:
        score = self.models.champion.scorer.score(case.examined.features, case.categories, case.anomaly)
        self.state.recorder.explain(score.contributions)


def end_of_stretch(moments: Sequence[int], start: int) -> int:
    """Where the stretch of rows that begins at `start` ends, by the rows' rising event times in milliseconds."""
    most = min(len(moments), start + STRETCH_ROWS)
    return bisect_left(moments, moments[start] + STRETCH_MS, start, most)


def _to_remember(case: _Scored) -> ResultToRemember:
    """What neighbours see of a decision; there is nobody to publish the rest to."""
    facts, network = case.examined.facts, case.examined.network
    return ResultToRemember(
        event_id=facts.event_id,
        application_id=facts.application_id,
        occurred_ms=facts.occurred_ms,
        decision_flag=case.verdict,
        result=_NOTHING_TO_PUBLISH,
        alert_ids=[],
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


def _moment(epoch_ms: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=epoch_ms)
