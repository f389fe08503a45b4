"""Both link indexes give the same answers of people and merchants with many applications, of which the index in memory
keeps columns."""

import random
from itertools import product
from typing import get_args

from models.enrichment import DecisionFlag
from models.events import Channel
from scripts.embedded import EmbeddedValkey
from streams.index.memory import MemoryIndex
from streams.index.protocol import LabelFlagChange, LinkIndex, ResultToRemember, StoredResult
from tests.builders import CELL, DAY_MS, HOUR_MS, NOON_MS, application, list_entry
from tests.streams.index.test_link_indexes_agree import EVER_MS, Step, fresh, take

FLAGS: tuple[DecisionFlag, ...] = ("approve", "approve", "review", "reject")


def decision(application_id: str, event_id: str, flag: DecisionFlag, at_ms: int) -> ResultToRemember:
    return ResultToRemember(
        event_id=event_id,
        application_id=application_id,
        occurred_ms=at_ms,
        decision_flag=flag,
        result=StoredResult(b"", [], None),
        alert_ids=[],
    )


async def test_both_indexes_answer_alike_of_people_with_a_long_history(valkey: EmbeddedValkey) -> None:
    chance = random.Random(0)
    memory, served = MemoryIndex(late_ms=EVER_MS), fresh(valkey)
    indexes: tuple[LinkIndex, ...] = memory, served
    at_ms = NOON_MS
    for i in range(260):
        at_ms += 40 * DAY_MS if i == 230 else chance.choice([0, 1, 500, HOUR_MS, 5 * HOUR_MS])
        again, late = chance.random() < 0.05, chance.random() < 0.05  # sometimes both
        name, person = f"A-{chance.randrange(i + 1) if again else i}", chance.choice(["p", "p", "q", None])
        facts = application(
            name,
            event_id=f"e-{i}",
            at_ms=at_ms - DAY_MS * (late or (again and i % 2)),
            channel=chance.choice(get_args(Channel)),
            id_number=person,
            phone=f"p {chance.randrange(3)}" if i % 9 == 0 else None,
            bank_card=chance.choice([None, None, None, "p"]),
            merchant_id="shop" if i % 3 else f"m{chance.randrange(300)}",
            gps_cell=CELL if i % 50 == 0 else None,
        )
        assert [*await served.observe([facts])] == [*await memory.observe([facts])]
        flag, other = chance.choice(FLAGS), f"A-{chance.randrange(i + 1)}"
        steps: list[Step] = [
            LabelFlagChange(application_id=other, flag=chance.choice(["fraud", "honest"]), occurred_ms=NOON_MS + i),
            list_entry("phone", "p 1", at_ms=NOON_MS + i, action=chance.choice(["add", "remove"])),
            decision(name, f"e-{i}", flag, facts.occurred_ms),
            decision(other, f"again {i}", flag, at_ms),
        ]
        for index, step in product(indexes, steps[: 2 + chance.randrange(3)]):
            await take(index, step)
    await served.close()
