import pickle
from random import Random

import pytest

from models.enrichment import DecisionFlag, LabelFlag, Observation
from streams.index import graph
from streams.index.memory import MemoryIndex
from streams.index.protocol import LabelFlagChange, PastDecision, ResultToRemember, StoredResult
from tests.builders import CELL, DAY_MS, HOUR_MS, NOON_MS, application, device_event

DECISIONS: tuple[DecisionFlag, ...] = ("approve", "reject")
LABELS: tuple[LabelFlag, ...] = ("fraud", "honest")


async def live(index: MemoryIndex, first_day: int, last_day: int) -> int:
    """A few days in the life of a lender. Returns the bytes that the index weighs afterwards."""
    for day in range(first_day, last_day):
        at_ms = NOON_MS + day * DAY_MS
        name = f"{day:04}"
        await index.observe_devices([device_event(f"de-{name}", device_id=name, at_ms=at_ms, gps_cell=CELL)])
        await index.observe([application(f"A-{name}", at_ms=at_ms, device_id=name, gps_cell=CELL, merchant_id="m")])
        await index.set_labels([LabelFlagChange(application_id=f"L-{name}", flag="fraud", occurred_ms=at_ms)])
        await index.remember(
            [
                ResultToRemember(
                    event_id=f"e-A-{name}",
                    application_id=f"A-{name}",
                    occurred_ms=at_ms,
                    decision_flag="review",
                    result=StoredResult(b"{}", [b"{}"], None),
                    alert_ids=[f"alert-{name}"],
                )
            ]
        )
    return len(pickle.dumps(index))


async def test_it_weighs_what_90_days_weigh() -> None:
    index = MemoryIndex()
    quarter = await live(index, 0, 91)
    assert await live(index, 91, 1_000) < 1.05 * quarter


async def test_an_application_is_kept_for_90_days() -> None:
    index = MemoryIndex()
    await live(index, 0, 1)
    await index.observe([application("A-edge", at_ms=NOON_MS + 90 * DAY_MS - 1)])
    (repeated,) = await index.observe([application("A-0000", at_ms=NOON_MS, device_id="0000", gps_cell=CELL)])
    assert repeated.duplicate
    await index.observe([application("A-over", at_ms=NOON_MS + 90 * DAY_MS)])
    (forgotten,) = await index.observe([application("A-0000", at_ms=NOON_MS, device_id="0000", gps_cell=CELL)])
    assert not forgotten.duplicate


async def a_year_of_two_people() -> list[Observation]:
    """What is seen of two people with some forty applications each in 90 days, at three shops."""
    chance, index, at_ms = Random(0), MemoryIndex(), NOON_MS
    seen: list[Observation] = []
    for i in range(400):
        at_ms += chance.choice([HOUR_MS, DAY_MS // 2, DAY_MS, 2 * DAY_MS])
        facts = application(f"A-{i}", at_ms=at_ms, id_number=chance.choice("pq"), merchant_id=f"m{chance.randrange(3)}")
        seen += await index.observe([facts])
        decided = PastDecision(
            event_id=facts.event_id,
            application_id=f"A-{i}",
            occurred_ms=at_ms,
            decision_flag=chance.choice(DECISIONS),
        )
        await index.set_decisions([decided])
        label = LabelFlagChange(application_id=f"A-{max(0, i - 7)}", flag=chance.choice(LABELS), occurred_ms=at_ms)
        await index.set_labels([label])
    return seen


async def test_what_expires_leaves_the_columns_right(monkeypatch: pytest.MonkeyPatch) -> None:
    by_columns = await a_year_of_two_people()
    monkeypatch.setattr(graph, "FEW", 1_000)
    assert await a_year_of_two_people() == by_columns
    assert max(len(each.neighbours) for each in by_columns) < 64
