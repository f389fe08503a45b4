"""The history through the core, row by row in event-time order: labels that are known by then are learned, then the row
is observed, decided and written down, and its own label waits until its time comes.

As live, a row is scored by a copy of the champion that was made a little earlier.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from models.enrichment import Enrichment
from models.facts import ApplicationFacts
from models.features.amounts import usual_amount
from models.features.categories import categories
from models.learning.protocol import LearningModel
from models.learning.tournament import SCORECARD, Promotion, Tournament
from models.pipeline import FRAUD_MODEL, Decided, Models, decide, scorecard_model
from models.policy.policy import Policy
from models.scoring.scorer import ServedModel
from scripts.backtest.brief_scorer import brief, whole
from scripts.backtest.columns import NEVER_MS
from scripts.backtest.facts import FactsOfRows, Row
from scripts.backtest.label_reader import LabelReader
from scripts.backtest.labels import Seen
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
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NOTHING_TO_PUBLISH = StoredResult(b"", [], None)


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
        for row in rows:
            await self._row(row)

    async def _row(self, row: Row) -> None:
        facts = self._facts.facts(row)
        now_ms = facts.occurred_ms
        await self._learn(now_ms)
        self._end_weeks(now_ms)
        self._refresh(now_ms)
        observation = (await self._index.observe([facts]))[0]
        state = self.state
        decided = decide(
            facts,
            Enrichment(observation=observation),
            self._policy,
            self.models,
            decided_at=facts.occurred_at,
            latency_ms=0.0,
        )
        self.models.learn(decided.features)
        await self._index.remember([_to_remember(decided)])
        fraud, known_ms = self._labels.read(row)
        self._keep(facts, decided, fraud, known_ms)
        decision = decided.decision
        state.recorder.add(facts, fraud, known_ms, decision.fraud_score, decision.decision)
        if now_ms >= self._score_from_ms and len(state.recorder) % EXPLAIN_EVERY == 0:
            self._explain(facts, decided)

    def _keep(self, facts: ApplicationFacts, decided: Decided, fraud: bool | None, known_ms: int) -> None:
        """What was seen, until the label comes."""
        if fraud is None or known_ms >= self._learn_until_ms:
            return
        state, kinds, audit = self.state, categories(facts), decided.audit
        seen = Seen(
            known_ms=known_ms,
            position=len(state.recorder),
            application_id=facts.application_id,
            occurred_ms=facts.occurred_ms,
            fraud=fraud,
            usual=usual_amount(decided.features),
            features=state.pending.pack(decided.features),
            categories=tuple(kinds.values()),
            anomaly=audit.model_outputs.anomaly,
            fraud_score=audit.fraud_score,
            model=decided.decision.model.version,
        )
        state.pending.add(seen, kinds)

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
            served = ServedModel(FRAUD_MODEL, f"{champion}-{examples}", brief(self._learners[champion].scorer()))
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

    def _explain(self, facts: ApplicationFacts, decided: Decided) -> None:
        champion, anomaly = self.models.champion, decided.audit.model_outputs.anomaly
        score = whole(champion.scorer).score(decided.features, categories(facts), anomaly)
        self.state.recorder.explain(score.contributions)


def _to_remember(decided: Decided) -> ResultToRemember:
    """What neighbours see of a decision; there is nobody to publish the rest to."""
    return ResultToRemember(
        event_id=decided.decision.event_id,
        application_id=decided.decision.application_id,
        occurred_ms=decided.audit.event.occurred_ms,
        decision_flag=decided.decision.decision,
        result=_NOTHING_TO_PUBLISH,
        alert_ids=[],
        usual=usual_amount(decided.features),
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
