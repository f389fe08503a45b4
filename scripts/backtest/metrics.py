"""What the scores of a backtest were worth: `metrics.json`. Pure functions over arrays; days and weeks are of UTC."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from msgspec.structs import asdict
from numpy.typing import NDArray

from models.learning.quality import Flags, Floats, Quality, quality
from scripts.backtest.run import UNKNOWN, Rows

DAY_MS = 86_400_000
CARDS = (10, 100)
"""How many entities a day somebody could look at."""

Integers = NDArray[np.int64]
Cards = tuple[Integers, Integers, Flags, Floats]
"""Day, entity, whether it had a fraud that day, and its highest score: by day and entity, in this order."""


class CardPrecision(Struct, frozen=True, kw_only=True):
    """Of the `k` entities a day that score highest and were not detected on a day before, the share with a fraud that
    day.

    Card precision as in the Fraud Detection Handbook (Y. Le Borgne, W. Siblini, B. Lebichot, G. Bontempi, 2022), for
    any identifier: an entity's score of a day is its highest. The divisor is `k` also on a day with fewer entities.
    """

    k: int
    mean: float | None
    """Over the days; None without any."""
    by_day: dict[str, float]


class EntityMetrics(Struct, frozen=True, kw_only=True):
    """Scores by one kind of identifier."""

    entities: int
    """In the scored rows."""
    card_precision: list[CardPrecision]
    known_rows: int
    """Labelled rows of a day at whose beginning a fraud of their entity was known: nothing new is found there."""
    without_known: Quality
    """Of the rows without those, as the Handbook has it."""
    card_precision_without_known: list[CardPrecision]


class WeekMetrics(Quality, frozen=True, kw_only=True):
    """The rows of one week."""

    week: str
    """Its Monday."""
    card_precision: dict[str, dict[str, float]]
    """Entity -> k -> mean over the week's days."""


class Metrics(Quality, frozen=True, kw_only=True):
    """All of `metrics.json`. `examples` are the scored rows with a label."""

    rows: int
    """Scored, labelled or not."""
    by_entity: dict[str, EntityMetrics]
    by_week: list[WeekMetrics]


def measure(rows: Rows, scored: slice, *, cards: Sequence[int] = CARDS, known_since_ms: int | None = None) -> Metrics:
    """Measure the scored rows that have a label.

    `rows` are all of the history, since frauds before the scored ones may have been known; `known_since_ms` leaves out
    those that occurred before.
    """
    labelled = np.flatnonzero(rows.label[scored] != UNKNOWN) + scored.indices(len(rows.label))[0]
    fraud, score = rows.label[labelled] == 1, rows.fraud_score[labelled]
    day = rows.occurred_ms[labelled] // DAY_MS
    by_entity = {
        kind: _entity_metrics(rows, entity, labelled, cards, known_since_ms) for kind, entity in rows.entities.items()
    }
    return Metrics(
        **asdict(quality(fraud, score)),
        rows=len(rows.label[scored]),
        by_entity=by_entity,
        by_week=_by_week(day, fraud, score, by_entity),
    )


def card_precision(day: Integers, entity: Integers, fraud: Flags, score: Floats, k: int) -> CardPrecision:
    """Card precision at `k`. `day` counts from 1970-01-01; an entity below 0 is missing and counts for none; of equal
    scores the entity with the smaller number comes first."""
    return _at(_by_day_and_entity(day, entity, fraud, score), k)


def _by_day_and_entity(day: Integers, entity: Integers, fraud: Flags, score: Floats) -> Cards:
    there = entity >= 0
    day, entity, fraud, score = day[there], entity[there], fraud[there], score[there]
    if not len(day):
        return day, entity, fraud, score
    key = (day - day.min()) * (int(entity.max()) + 1) + entity
    order = np.argsort(key, kind="stable")
    firsts = np.append(0, np.flatnonzero(np.diff(key[order])) + 1)
    return (
        day[order[firsts]],
        entity[order[firsts]],
        np.logical_or.reduceat(fraud[order], firsts),
        np.maximum.reduceat(score[order], firsts),
    )


def _at(cards: Cards, k: int) -> CardPrecision:
    day, entity, had_fraud, score = cards
    if not len(day):
        return CardPrecision(k=k, mean=None, by_day={})
    detected = np.zeros(int(entity.max()) + 1, dtype=bool)
    by_day: dict[str, float] = {}
    for places in np.split(np.arange(len(day)), np.flatnonzero(np.diff(day)) + 1):
        undetected = places[~detected[entity[places]]]
        top = undetected[np.argsort(-score[undetected], kind="stable")[:k]]
        found = entity[top[had_fraud[top]]]
        detected[found] = True
        by_day[_date(day[places[0]])] = len(found) / k
    return CardPrecision(k=k, mean=float(np.mean(list(by_day.values()))), by_day=by_day)


def known_at_day_start(
    occurred_ms: Integers, known_ms: Integers, entity: Integers, fraud: Flags, since_ms: int | None = None
) -> Flags:
    """Which rows are of an entity of which a fraud was known when the row's day began. Frauds that occurred before
    `since_ms` are not taken into account, nor is an entity below 0."""
    if not len(entity):
        return np.zeros(0, dtype=bool)
    counts = fraud & (entity >= 0)
    if since_ms is not None:
        counts &= occurred_ms >= since_ms
    first_known = np.full(max(0, int(entity.max())) + 1, np.iinfo(np.int64).max)
    np.minimum.at(first_known, entity[counts], known_ms[counts])
    return (entity >= 0) & (first_known[np.maximum(entity, 0)] < occurred_ms // DAY_MS * DAY_MS)


def _entity_metrics(
    rows: Rows, entity: Integers, labelled: NDArray[np.intp], cards: Sequence[int], known_since_ms: int | None
) -> EntityMetrics:
    known = known_at_day_start(rows.occurred_ms, rows.known_ms, entity, rows.label == 1, known_since_ms)[labelled]

    def at_cards(places: NDArray[np.intp]) -> list[CardPrecision]:
        columns = rows.occurred_ms[places] // DAY_MS, entity[places], rows.label[places] == 1, rows.fraud_score[places]
        daily = _by_day_and_entity(*columns)
        return [_at(daily, k) for k in cards]

    new = labelled[~known]
    seen = np.unique(entity[labelled])
    return EntityMetrics(
        entities=int((seen >= 0).sum()),
        card_precision=at_cards(labelled),
        known_rows=int(known.sum()),
        without_known=quality(rows.label[new] == 1, rows.fraud_score[new]),
        card_precision_without_known=at_cards(new),
    )


def _by_week(day: Integers, fraud: Flags, score: Floats, by_entity: dict[str, EntityMetrics]) -> list[WeekMetrics]:
    monday = monday_of(day)
    weeks = []
    for first in np.unique(monday):
        there = monday == first
        days = {_date(first + later) for later in range(7)}
        weeks.append(
            WeekMetrics(
                **asdict(quality(fraud[there], score[there])),
                week=_date(first),
                card_precision={
                    kind: {
                        str(at.k): float(np.mean([at.by_day[each] for each in sorted(days & at.by_day.keys())]))
                        for at in entity.card_precision
                        if days & at.by_day.keys()
                    }
                    for kind, entity in by_entity.items()
                },
            )
        )
    return weeks


def monday_of(day: Integers) -> Integers:
    """The Monday of each day's week; days count from 1970-01-01, which was a Thursday."""
    return day - (day + 3) % 7


def _date(day: np.int64) -> str:
    return str(np.datetime64(int(day), "D"))
