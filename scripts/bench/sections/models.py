"""All candidate models over a table of the past, side by side: what each would have been worth and what it costs.

The rows go through the engine of `tidegate backtest`, so features are made once and labels come late; each row is
scored by every model before its own label was known. Nothing is promoted: the scorecard decides throughout, so that
what the index remembers does not depend on who is ahead.
"""

from __future__ import annotations

import asyncio
import math
import pickle
from collections.abc import Iterator, Sequence
from datetime import datetime
from time import thread_time_ns
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from models.facts import epoch_ms
from models.learning.catalogue import default_models
from models.learning.protocol import LearningModel
from models.learning.quality import Quality, quality
from models.learning.tournament import SCORECARD, Tournament
from models.pipeline import FRAUD_MODEL, Models
from models.policy.policy import load_policy_file
from models.scoring.anomaly import AnomalyModel
from models.scoring.scorer import ServedModel
from scripts.backtest.columns import NEVER_MS
from scripts.backtest.contents import check_window, contents
from scripts.backtest.engine import Engine
from scripts.backtest.facts import FactsOfRows, Row
from scripts.backtest.history import SortedHistory, sort_history
from scripts.backtest.label_reader import LabelReader, check_known
from scripts.backtest.labels import PendingLabels
from scripts.backtest.learning import LearningHere
from scripts.backtest.mapping import load_mapping
from scripts.backtest.recorder import Recorder
from scripts.backtest.run import UNKNOWN
from scripts.backtest.state import State
from scripts.bench.jury import Jury
from scripts.bench.machine import Conditions, Watch
from scripts.bench.place import Place, Plan
from scripts.bench.tables import Table
from streams.index.memory import MemoryIndex

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NOTHING = "–"


class Candidate(Struct, frozen=True, kw_only=True):
    """One model."""

    name: str
    quality: Quality
    """Of the scored rows with a label, all of them."""
    predict_us: float
    """Processor time of a prediction with its make-up, microseconds."""
    learn_us: float | None
    """Of learning a label, honest ones that the model leaves out among them; None: it does not learn."""
    scorer_bytes: int | None
    """Of the snapshot that workers load, at the end; None: the policy has it."""
    learner_bytes: int | None
    """Of the snapshot that the learner goes on from."""


class Comparison(Struct, frozen=True, kw_only=True):
    """The scorecard, which learns nothing, and the candidates, in the catalogue's order."""

    conditions: Conditions
    history: str
    """The file's name."""
    rows: int
    """All that went through."""
    scored: int
    candidates: list[Candidate]


async def measure(place: Place, plan: Plan) -> Comparison:
    """All rows of `plan.history`, in event-time order."""
    past, watch = plan.history, Watch()
    assert past is not None  # noqa: S101 - the command asks for it
    mapping = load_mapping(past.mapping)
    zone = ZoneInfo(mapping.event.timezone)
    work = place.directory / "history"
    work.mkdir()
    check_known(mapping, past.label_delay, past.mapping)
    history = sort_history(past.path, mapping, past.mapping, work)
    labels = LabelReader(mapping, history.columns, past.label_delay)
    place.console.print(f"{contents(history, labels, past.mapping)}", soft_wrap=True)
    from_ms, until_ms = _ms(past.score_from, zone, 0), _ms(past.score_until, zone, NEVER_MS)
    check_window(history, from_ms, until_ms, past.path)
    first, total = history.before(from_ms), history.before(until_ms)
    policy, learners = load_policy_file(None), default_models(past.seed)
    by_command = replace(policy.document.learning, automatic=False)
    tournament = Tournament(learners, by_command, seed=past.seed, clock=thread_time_ns)
    jury = Jury(policy.scorecard, learners)
    engine = Engine(
        policy,
        MemoryIndex(),
        FactsOfRows(mapping, history.columns, past.seed),
        labels,
        LearningHere(learners, tournament),
        Models(champion=ServedModel(FRAUD_MODEL, policy.scorecard.version, jury), anomaly=AnomalyModel()),
        State(pending=PendingLabels(), recorder=Recorder([])),
        score_from_ms=NEVER_MS,  # nothing is explained, so that the jury is asked once a row
    )
    with place.shown("rows", total) as on_done:
        for start, end in ((0, first), (first, total)):
            jury.asked = start == first
            for batch in _batches(history, start, end):
                engine.read(batch)
                await engine.decide_next()
                on_done(len(engine.state.recorder))
                await asyncio.sleep(0)  # where Ctrl-C ends it
    label = engine.state.recorder.rows().label[first:]
    known = label != UNKNOWN
    learn_us = {standing.name: standing.learn_us for standing in tournament.standings()}

    def candidate(name: str, model: LearningModel | None) -> Candidate:
        return Candidate(
            name=name,
            quality=quality(label[known] == 1, jury.scores(name)[known]),
            predict_us=jury.predict_us(name),
            learn_us=learn_us[name],
            scorer_bytes=None if model is None else _size(model.scorer()),
            learner_bytes=None if model is None else _size(model.snapshot()),
        )

    return Comparison(
        conditions=watch.conditions(),
        history=past.path.name,
        rows=total,
        scored=total - first,
        candidates=[candidate(SCORECARD, None), *(candidate(name, model) for name, model in learners.items())],
    )


def _ms(moment: datetime | None, zone: ZoneInfo, otherwise: int) -> int:
    """A moment that states no zone is in the history's."""
    if moment is None:
        return otherwise
    return epoch_ms(moment if moment.tzinfo is not None else moment.replace(tzinfo=zone))


def _batches(history: SortedHistory, start: int, end: int) -> Iterator[Sequence[Row]]:
    """The rows from `start` up to `end`."""
    if start >= end:
        return
    for batch in history.batches(start):
        yield batch[: end - start]
        start += len(batch)
        if start >= end:
            return


def _size(snapshot: object) -> int:
    return len(pickle.dumps(snapshot))


def table(comparison: Comparison) -> Table:
    """A row a model, the best first."""
    shown = sorted(comparison.candidates, key=lambda each: -(each.quality.average_precision or 0.0))
    worth = comparison.candidates[0].quality
    return Table(
        title="Models",
        columns=[
            "model", "ROC AUC", "average precision", "recall at 1%", "Brier",
            "prediction, µs", "learning, µs", "scorer, KiB", "learner, KiB",
        ],
        rows=[
            [
                each.name,
                _figure(each.quality.roc_auc, ".4f"),
                _figure(each.quality.average_precision, ".4f"),
                _figure(each.quality.recall_at_1pct, ".1%"),
                _figure(each.quality.brier, ".5f"),
                f"{each.predict_us:,.0f}",
                _figure(each.learn_us, ",.1f"),
                _kib(each.scorer_bytes),
                _kib(each.learner_bytes),
            ]
            for each in shown
        ],
        note=f"{comparison.history}: {comparison.rows:,} rows, of which {comparison.scored:,} count: "
        f"{worth.examples:,} with a label, {worth.frauds:,} frauds. Each was scored by all models before its label was "
        f"known. {comparison.conditions.sentence()}",
    )  # fmt: skip


def draw(comparison: Comparison, axes: Axes) -> None:
    """Average precision against what a prediction costs."""
    for each in comparison.candidates:
        worth = each.quality.average_precision
        axes.plot(each.predict_us, math.nan if worth is None else worth, "o", label=each.name)
    axes.set(title="Models", xlabel="microseconds a prediction", ylabel="average precision", ylim=(0, 1.05))
    axes.set_xlim(left=0)
    axes.legend()


def _kib(size: int | None) -> str:
    return NOTHING if size is None else f"{size / 1_024:,.0f}"


def _figure(value: float | None, form: str) -> str:
    return NOTHING if value is None else f"{value:{form}}"
