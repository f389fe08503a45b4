"""Rings of the simulator through the whole core: two that merge through one person are one, with both histories."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from models.alerts import Alert
from models.decision import Decision
from models.enrichment import Enrichment
from models.identifiers import Tokeniser
from models.pipeline import Models, decide
from models.policy.policy import load_policy_file
from models.tokenise import tokenise_application
from scripts.simulator.attempts import application_of
from scripts.simulator.draw import Draw
from scripts.simulator.fraud import merging_rings
from scripts.simulator.timeline import HOUR_S, Window
from scripts.simulator.world import the_world
from streams.decision_records import to_remember
from streams.index.memory import MemoryIndex

END = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")


async def decided(index: MemoryIndex, seed: int, size: int) -> tuple[list[Decision], list[Alert]]:
    """Every application of two crews whom one person joins late, in the order of time."""
    policy, tokeniser = load_policy_file(), Tokeniser(b"a key of the tests, 16+")
    models = Models.for_policy(policy)
    window = Window(END.timestamp() - 100 * HOUR_S, END.timestamp())
    draw = Draw(str(seed), "run", 1, window, the_world())
    decisions, alerts = [], []
    for attempt in merging_rings.story(draw, size).attempts:
        facts = tokenise_application(application_of(attempt, draw.rng, draw.new_id), tokeniser, SHANGHAI)
        [observation] = await index.observe([facts])
        case = decide(facts, Enrichment(observation=observation), policy, models, decided_at=END, latency_ms=0.0)
        [kept] = await index.remember([to_remember(case)])
        decisions.append(case.decision)
        alerts += [alert for alert, new in zip(case.alerts, kept.new_alerts, strict=True) if new]
    return decisions, alerts


@pytest.mark.parametrize("seed", range(6))
async def test_two_rings_that_merge_through_one_person_are_one_with_both_histories(seed: int) -> None:
    index = MemoryIndex()
    decisions, alerts = await decided(index, seed, 12)
    sizes = [each.links.ring_size for each in decisions if each.links is not None]
    names = {each.links.ring_id for each in decisions[4:] if each.links is not None} - {None}
    last = decisions[-1].links
    assert last is not None
    assert max(sizes[:7]) <= 4  # before the one in both, each crew is on its own
    assert last.ring_size == 12
    assert len(names) >= 2
    [merged] = [alert for alert in alerts if str(alert.evidence.get("change")).startswith("merged")]
    assert merged.subject.id == last.ring_id
    assert isinstance(merged.evidence["merged"], list)
    for name in (*names, *merged.evidence["merged"]):
        state = await index.ring(str(name), int(END.timestamp() * 1000))
        assert state is not None
        assert (state.ring_id, state.size) == (last.ring_id, 12)
    assert len(await index.ring_members(str(last.ring_id))) == 12
