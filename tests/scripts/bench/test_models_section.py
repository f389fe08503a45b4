"""Models side by side over a history, and what is written down of each."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from rich.console import Console

from models.features.registry import FEATURE_NAMES
from models.learning.catalogue import default_models
from models.policy.policy import load_policy_file
from scripts.bench.jury import Jury
from scripts.bench.place import History, Place, Plan
from scripts.bench.sections import models
from scripts.embedded import EmbeddedServers
from tests.scripts.backtest.histories import transactions, write_csv, write_mapping
from tests.scripts.bench.sample_report import sample_report

ROWS = 500
FEATURES = dict.fromkeys(FEATURE_NAMES) | {"amount_cny": 5.0}
SCORE_FROM = datetime(2026, 1, 15)


async def compared(directory: Path, label_delay: timedelta | None = None) -> models.Comparison:
    history = History(
        path=write_csv(directory / "past.csv", transactions(ROWS)),
        mapping=write_mapping(directory),
        label_delay=label_delay,
        score_from=SCORE_FROM,
    )
    place = Place(EmbeddedServers(directory), directory, Console(quiet=True))
    return await models.measure(place, Plan(applications=0, runs=1, samples=0, sizes=[], history=history))


async def test_every_model_scores_the_same_rows_and_has_its_costs(tmp_path: Path) -> None:
    measured = await compared(tmp_path)
    rows = transactions(ROWS)
    counted = [row for row in rows if isinstance(row[1], datetime) and row[1] >= SCORE_FROM]
    assert (measured.history, measured.rows, measured.scored) == ("past.csv", ROWS, len(counted))
    assert [each.name for each in measured.candidates] == ["scorecard", *default_models(0)]
    for each in measured.candidates:
        assert (each.quality.examples, each.quality.frauds) == (len(counted), sum(row[7] == 1 for row in counted))
        assert each.predict_us > 0
    scorecard, *learned = measured.candidates
    assert (scorecard.learn_us, scorecard.scorer_bytes, scorecard.learner_bytes) == (None, None, None)
    for each in learned:
        assert (each.learn_us or 0) > 0
        assert 100 < (each.scorer_bytes or 0) < (each.learner_bytes or 0)
    best = max(each.quality.average_precision or 0.0 for each in learned)
    assert best > (scorecard.quality.average_precision or 0.0)


async def test_labels_that_never_come_in_time_teach_nothing(tmp_path: Path) -> None:
    measured = await compared(tmp_path, label_delay=timedelta(days=365))
    assert all(each.learn_us is None for each in measured.candidates)


def test_a_jury_writes_down_what_each_would_say_from_when_it_is_asked() -> None:
    policy, learners = load_policy_file(None), default_models(0)
    jury = Jury(policy.scorecard, learners)
    said = jury.score(FEATURES, {}, 0.3)
    assert said == policy.scorecard.score(FEATURES, {}, 0.3)
    assert len(jury.scores("blend")) == 0
    assert jury.predict_us("blend") == 0
    jury.asked = True
    assert jury.score(FEATURES, {}, 0.3) == said
    assert jury.scores("scorecard").tolist() == [said.fraud_score]
    assert jury.scores("blend").tolist() == [learners["blend"].probability(FEATURES, {}, 0.3)]
    assert jury.predict_us("blend") > 0


def test_the_table_has_the_best_model_first() -> None:
    comparison = sample_report().models
    assert comparison is not None
    best, scorecard = models.table(comparison).rows
    assert best == ["blend", "1.0000", "1.0000", "100.0%", "0.14500", "100", "12.5", "2", "10"]
    assert scorecard[0] == "scorecard"
    assert scorecard[6] == scorecard[8] == "–"
