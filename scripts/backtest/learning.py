"""The models that learn as labels become known, and what scores from when on.

Labels alone decide on both, and most become known long after their rows were scored. So what is learned before a
stretch of rows can be worked out well before they are scored, in a process of its own (`apart.py`), to the same result.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from time import perf_counter_ns
from typing import Any, NamedTuple, Protocol

from models.learning.catalogue import default_models
from models.learning.drift import Drift
from models.learning.protocol import LearningModel
from models.learning.tournament import SCORECARD, Promotion, Tournament
from models.pipeline import FRAUD_MODEL
from models.policy.document import PolicyDocument
from models.scoring.scorecard import Scorecard
from models.scoring.scorer import ServedModel
from scripts.backtest.labels import Seen, example
from scripts.backtest.run import Week

REFRESH_EXAMPLES = 2_000
"""What scores is made anew after a tenth more examples, at most after so many, ..."""
REFRESH_MS = 60_000
"""... and so much event time or more; at once when the champion changes."""
WEEK_MS = 7 * 86_400_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Plan(NamedTuple):
    """What there is to learn before each of some stretches of rows."""

    names: tuple[str, ...]
    """Of the values in `Seen.features`."""
    categories: tuple[str, ...]
    stretches: list[tuple[int, list[Seen]]]
    """Event time at which each begins, and what has become known by then and not before the one before."""


class Champion(NamedTuple):
    """What scores from a stretch on."""

    name: str
    model: ServedModel | None
    """None is the policy's scorecard."""


Learnt = tuple[Plan, list[Champion | None]]
"""A plan and what came of it."""


@dataclass(kw_only=True)
class Learned:
    """What came of learning, but for the models."""

    refreshed_ms: int = 0
    """Event time at which what scores was made."""
    refreshed_examples: int = 0
    """Examples that it had learned."""
    serving: str = SCORECARD
    """The champion's name when it was made."""
    next_week_ms: int | None = None
    weeks: list[Week] = field(default_factory=list)
    promotions: list[tuple[datetime, Promotion]] = field(default_factory=list)
    drifts: list[tuple[datetime, Drift]] = field(default_factory=list)
    examples: int = 0
    """Labelled rows that the models learned."""


LearningState = tuple[Learned, dict[str, Any]]


class Learning(Protocol):
    """Where models learn."""

    def follow(self, plan: Plan) -> Iterator[Champion | None]:
        """Learn what is in a plan, which goes on where the last one ended. Tells of each stretch what scores from there
        on, None where nothing changes; all of it has to be taken before that of the next plan."""

    def state(self) -> LearningState:
        """All that learning changed."""

    def result(self, until_ms: int) -> Learned:
        """What came of it in the end, with how the models stand at that event time."""

    def close(self) -> None:
        """Nothing more will be asked."""


class LearningHere:
    """`Learning` in this process."""

    def __init__(
        self, learners: Mapping[str, LearningModel], tournament: Tournament, learned: Learned | None = None
    ) -> None:
        """`learners` are those of the `tournament`; `learned` is what came of it so far."""
        self._learners, self._tournament = learners, tournament
        self._learned = learned or Learned()

    def follow(self, plan: Plan) -> Iterator[Champion | None]:
        """See the protocol. Nothing is learned sooner than it is asked for."""
        for now_ms, due in plan.stretches:
            for seen in due:
                self._learn(seen, plan)
            self._end_weeks(now_ms)
            yield self._refresh(now_ms)

    def state(self) -> LearningState:
        """See the protocol."""
        return self._learned, self._tournament.snapshot()

    def result(self, until_ms: int) -> Learned:
        """See the protocol."""
        self._note_standings(until_ms)
        self._learned.examples = self._tournament.examples
        return self._learned

    def close(self) -> None:
        """See the protocol."""

    def _learn(self, seen: Seen, plan: Plan) -> None:
        for happening in self._tournament.learn(example(seen, plan.names, plan.categories)):
            at = _moment(seen.known_ms)
            if isinstance(happening, Promotion):
                self._learned.promotions.append((at, happening))
            else:
                self._learned.drifts.append((at, happening))

    def _refresh(self, now_ms: int) -> Champion | None:
        """Score with what the champion has become, if it is time."""
        learned, champion, examples = self._learned, self._tournament.champion, self._tournament.examples
        if champion == learned.serving:
            wanted = min(REFRESH_EXAMPLES, 1 + learned.refreshed_examples // 10)
            enough = examples - learned.refreshed_examples >= wanted and now_ms - learned.refreshed_ms >= REFRESH_MS
            if champion == SCORECARD or not enough:
                return None
        learned.serving, learned.refreshed_ms, learned.refreshed_examples = champion, now_ms, examples
        if champion == SCORECARD:
            return Champion(champion, None)
        return Champion(champion, ServedModel(FRAUD_MODEL, f"{champion}-{examples}", self._learners[champion].scorer()))

    def _end_weeks(self, now_ms: int) -> None:
        """Note the standings when a week of event time is over; weeks begin at the first row's midnight."""
        learned = self._learned
        if learned.next_week_ms is None:
            learned.next_week_ms = now_ms - now_ms % (WEEK_MS // 7) + WEEK_MS
        if now_ms >= learned.next_week_ms:
            learned.next_week_ms += (now_ms - learned.next_week_ms) // WEEK_MS * WEEK_MS + WEEK_MS
            self._note_standings(learned.next_week_ms - WEEK_MS)

    def _note_standings(self, until_ms: int) -> None:
        week = Week(until=_moment(until_ms), serving=self._learned.serving, standings=self._tournament.standings())
        self._learned.weeks.append(week)


def learning_here(
    document: PolicyDocument, champion: str | None, seed: int, state: LearningState | None
) -> LearningHere:
    """With the models of the catalogue. `champion` is the first one, by name: None is the first that learns. `state` is
    what to go on from."""
    learners = default_models(seed)
    tournament = Tournament(
        learners,
        document.learning,
        scorecard=Scorecard(document.scorecard),
        champion=champion or next(iter(learners)),
        seed=seed,
        clock=perf_counter_ns,
    )
    if state is None:
        return LearningHere(learners, tournament)
    learned, models = state
    tournament.restore(models)
    return LearningHere(learners, tournament, learned)


def _moment(epoch_ms: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=epoch_ms)
