"""What a backtest's scores were worth, by hand and by the Handbook's own way of counting."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.learning.quality import quality
from scripts.backtest.metrics import DAY_MS, Metrics, card_precision, known_at_day_start, measure
from scripts.backtest.run import UNKNOWN, Rows

HOUR_MS = 3_600_000
NEVER = np.iinfo(np.int64).max
MONDAY = 17_749  # 2018-08-06

Line = tuple[int, int, bool, float]
"""Day, entity, fraud, score."""
LINES = st.lists(
    st.tuples(st.integers(0, 4), st.integers(-1, 6), st.booleans(), st.integers(0, 1_000).map(lambda n: n / 1_000)),
    max_size=60,
    unique_by=lambda line: line[3],
)


def precision(lines: Sequence[Line], k: int) -> dict[str, float]:
    columns = list(zip(*lines, strict=True)) if lines else [(), (), (), ()]
    days, entities, frauds, scores = columns
    return card_precision(
        np.array(days, dtype=np.int64) + MONDAY,
        np.array(entities, dtype=np.int64),
        np.array(frauds, dtype=bool),
        np.array(scores, dtype=float),
        k,
    ).by_day


def test_an_entity_counts_once_a_day_by_its_highest_score() -> None:
    lines = [(0, 1, False, 0.9), (0, 1, True, 0.1), (0, 2, False, 0.5), (0, 3, True, 0.4)]
    assert precision(lines, 1) == {"2018-08-06": 1.0}
    assert precision(lines, 2) == {"2018-08-06": 0.5}
    assert precision(lines, 3) == {"2018-08-06": pytest.approx(2 / 3)}


def test_a_day_with_fewer_entities_is_still_divided_by_k() -> None:
    assert precision([(0, 1, True, 0.9)], 4) == {"2018-08-06": 0.25}


def test_who_was_detected_is_not_looked_at_on_later_days() -> None:
    lines = [(0, 1, True, 0.9), (1, 1, True, 0.9), (1, 2, True, 0.5), (2, 2, False, 0.9), (2, 3, True, 0.1)]
    assert precision(lines, 1) == {"2018-08-06": 1.0, "2018-08-07": 1.0, "2018-08-08": 1.0}


def test_who_had_a_fraud_but_was_not_among_the_highest_is_not_detected() -> None:
    lines = [(0, 1, True, 0.1), (0, 2, False, 0.9), (1, 1, True, 0.8)]
    assert precision(lines, 1) == {"2018-08-06": 0.0, "2018-08-07": 1.0}


def test_a_missing_entity_is_nobody() -> None:
    assert precision([(0, -1, True, 0.9), (0, 1, False, 0.5)], 1) == {"2018-08-06": 0.0}
    assert precision([(0, -1, True, 0.9)], 1) == {}


def _handbook(lines: Sequence[Line], k: int) -> dict[str, float]:
    """The Handbook's card_precision_top_k, line by line."""
    detected: set[int] = set()
    by_day = {}
    for day in sorted({line[0] for line in lines if line[1] >= 0}):
        highest: dict[int, float] = {}
        fraud: dict[int, bool] = {}
        for when, entity, is_fraud, score in lines:
            if when == day and entity >= 0 and entity not in detected:
                highest[entity] = max(score, highest.get(entity, 0.0))
                fraud[entity] = fraud.get(entity, False) or is_fraud
        top = sorted(highest, key=lambda entity: -highest[entity])[:k]
        found = [entity for entity in top if fraud[entity]]
        detected.update(found)
        by_day[str(np.datetime64(MONDAY + day, "D"))] = len(found) / k
    return by_day


@settings(deadline=None)
@given(LINES, st.integers(1, 8))
def test_card_precision_is_the_handbooks(lines: list[Line], k: int) -> None:
    assert precision(lines, k) == pytest.approx(_handbook(lines, k))


def test_the_mean_is_over_the_days() -> None:
    found = card_precision(np.array([1, 2]), np.array([1, 2]), np.array([True, False]), np.array([0.5, 0.5]), 1)
    assert (found.k, found.mean) == (1, 0.5)
    empty = np.array([], dtype=np.int64)
    assert card_precision(empty, empty, empty.astype(bool), empty.astype(float), 1).mean is None


def test_a_fraud_is_known_from_the_first_day_that_begins_after_its_label() -> None:
    day = DAY_MS * MONDAY
    occurred = np.array([day, day + DAY_MS, day + 7 * DAY_MS, day + 8 * DAY_MS, day + 8 * DAY_MS])
    known = occurred + 7 * DAY_MS
    entity = np.array([1, 1, 1, 1, 2])
    fraud = np.array([True, False, False, False, False])
    assert known_at_day_start(occurred, known, entity, fraud).tolist() == [False, False, False, True, False]
    assert not known_at_day_start(occurred, known, entity, fraud, day + 1).any()
    assert known_at_day_start(occurred, known, entity, fraud, day).any()


@pytest.mark.parametrize(("hour", "gap", "removed"), [(0, 7, False), (23, 7, False), (0, 8, True), (23, 8, True)])
def test_with_labels_a_week_late_it_is_the_handbooks_rule(hour: int, gap: int, removed: bool) -> None:
    """Frauds up to and including eight days before."""
    day = DAY_MS * MONDAY
    occurred = np.array([day + hour * HOUR_MS, day + gap * DAY_MS + 12 * HOUR_MS])
    found = known_at_day_start(occurred, occurred + 7 * DAY_MS, np.array([1, 1]), np.array([True, False]))
    assert found.tolist() == [False, removed]


def test_a_missing_entity_has_no_known_frauds() -> None:
    occurred = np.array([0, 100 * DAY_MS])
    assert not known_at_day_start(occurred, occurred, np.array([-1, -1]), np.array([True, True])).any()


def rows(count: int = 3_000, days: int = 20, seed: int = 1) -> Rows:
    rng = np.random.default_rng(seed)
    fraud = rng.random(count) < 0.1
    label = np.where(rng.random(count) < 0.05, UNKNOWN, fraud).astype(np.int8)
    occurred = np.sort(MONDAY * DAY_MS + rng.integers(0, days * DAY_MS, count))
    return Rows(
        row=np.arange(count),
        occurred_ms=occurred,
        known_ms=np.where(label == UNKNOWN, NEVER, occurred + 7 * DAY_MS),
        fraud_score=np.clip(rng.normal(0.2 + 0.3 * fraud, 0.15), 0, 1),
        decision=np.zeros(count, dtype=np.int8),
        label=label,
        amount_cny=rng.exponential(100, count),
        entities={"id_number": rng.integers(-1, 300, count)},
    )


def test_only_scored_rows_with_a_label_are_measured() -> None:
    all_rows = rows()
    scored = slice(1_000, None)
    found = measure(all_rows, scored)
    there = all_rows.label[scored] != UNKNOWN
    expected = quality(all_rows.label[scored][there] == 1, all_rows.fraud_score[scored][there])
    assert found.rows == 2_000
    assert {name: getattr(found, name) for name in expected.__struct_fields__} == msgspec.structs.asdict(expected)


def test_frauds_before_the_scored_rows_are_known_in_them() -> None:
    all_rows = rows()
    scored = slice(1_500, None)
    entity = measure(all_rows, scored).by_entity["id_number"]
    known = known_at_day_start(
        all_rows.occurred_ms, all_rows.known_ms, all_rows.entities["id_number"], all_rows.label == 1
    )[scored] & (all_rows.label[scored] != UNKNOWN)
    assert entity.known_rows == known.sum() > 0
    assert entity.without_known.examples == (all_rows.label[scored] != UNKNOWN).sum() - entity.known_rows
    assert entity.entities == len(set(all_rows.entities["id_number"][scored].tolist()) - {-1})
    late = measure(all_rows, scored, known_since_ms=int(all_rows.occurred_ms[-1]) + 1).by_entity["id_number"]
    assert late.known_rows == 0
    assert late.without_known.examples == measure(all_rows, scored).examples


def test_the_weeks_are_the_whole_and_begin_on_mondays() -> None:
    found = measure(rows(), slice(None), cards=(5,))
    assert [week.week for week in found.by_week] == ["2018-08-06", "2018-08-13", "2018-08-20"]
    assert sum(week.examples for week in found.by_week) == found.examples
    assert sum(week.frauds for week in found.by_week) == found.frauds
    [at] = found.by_entity["id_number"].card_precision
    assert len(at.by_day) == 20
    expected = np.mean([value for day, value in at.by_day.items() if "2018-08-13" <= day < "2018-08-20"])
    assert found.by_week[1].card_precision == {"id_number": {"5": pytest.approx(float(expected))}}


@pytest.mark.parametrize("label", [0, 1, UNKNOWN])
def test_labels_of_one_kind_or_none_leave_measures_empty(label: int) -> None:
    all_rows = replace(rows(50), label=np.full(50, label, dtype=np.int8))
    found = measure(all_rows, slice(None))
    assert (found.roc_auc, found.average_precision) == (None, None)
    assert found.frauds == (50 if label == 1 else 0)
    assert found.examples == (0 if label == UNKNOWN else 50)


def test_no_rows_at_all_are_measured_as_nothing() -> None:
    found = measure(rows(0), slice(None))
    assert (found.rows, found.examples, found.by_week, found.brier) == (0, 0, [], None)
    assert found.by_entity["id_number"].card_precision[0].mean is None


def test_the_metrics_are_json_and_back() -> None:
    found = measure(rows(), slice(None))
    written = msgspec.json.encode(found)
    assert msgspec.json.decode(written, type=Metrics) == found
    assert {"roc_auc", "average_precision", "recall_at_1pct", "recall_at_5pct", "brier", "by_week"} <= set(
        json.loads(written)
    )
