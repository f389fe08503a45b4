"""The default policy on simulated traffic that it was not tuned on: it finds the rings and spares honest people."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from models.enrichment import Enrichment
from models.events import Application, BlacklistEntry, DeviceEvent
from models.identifiers import Tokeniser
from models.pipeline import Models, decide
from models.policy.policy import load_policy_file
from models.tokenise import tokenise_application, tokenise_device_event, tokenise_list_entry
from scripts.demonstration.detection import because_of_links
from scripts.simulator.records import GroundTruth
from scripts.simulator.stream import SimulationConfig, simulated_stream
from streams.index.memory import MemoryIndex
from streams.index.protocol import ResultToRemember, StoredResult

END = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
LOOKED_AT_AFTER = 2
"""The first two of a ring may pass: nothing tells them apart yet."""

Decided = list[tuple[GroundTruth, bool, bool]]
"""Each application's truth, whether it went to review or was rejected, and whether because of links alone."""


async def decided(span: timedelta, seed: int) -> Decided:
    """Everything the simulator publishes, taken in and decided one after the other, without any labels."""
    policy, index, tokeniser = load_policy_file(), MemoryIndex(), Tokeniser(b"a key of the tests, 16+")
    models = Models.for_policy(policy)
    found: Decided = []
    for record in simulated_stream(SimulationConfig(start=END - span, end=END, applications=2_000, seed=seed)):
        match record.value:
            case Application() as application:
                facts = tokenise_application(application, tokeniser, SHANGHAI)
                [observation] = await index.observe([facts])
                case = decide(
                    facts, Enrichment(observation=observation), policy, models, decided_at=END, latency_ms=0.0
                )
                models.learn(case.features)
                await index.remember(
                    [
                        ResultToRemember(
                            event_id=facts.event_id,
                            application_id=facts.application_id,
                            occurred_ms=facts.occurred_ms,
                            decision_flag=case.decision.decision,
                            result=StoredResult(b"", [], None),
                            alert_ids=[],
                            ring=case.audit.ring,
                        )
                    ]
                )
                assert record.truth is not None
                held_back = case.decision.decision != "approve"
                found.append((record.truth, held_back, because_of_links(case.decision)))
            case DeviceEvent() as event:
                await index.observe_devices([tokenise_device_event(event, tokeniser)])
            case BlacklistEntry() as entry:
                await index.put_list_entries([tokenise_list_entry(entry, tokeniser)])
    return found


def shares(found: Decided) -> dict[str, float]:
    """Share of applications held back: fraud in all, honest in all, and by honest typology."""
    groups: dict[str, list[bool]] = defaultdict(list)
    for truth, held_back, linked in found:
        if not truth.fraud:
            groups["honest because of links"].append(linked)
            groups["honest"].append(held_back)
            groups[truth.typology].append(held_back)
        elif (truth.position or 0) > LOOKED_AT_AFTER:
            groups["fraud"].append(held_back)
    return {name: sum(flags) / len(flags) for name, flags in groups.items()}


@pytest.mark.parametrize("span", [timedelta(days=1), timedelta(seconds=40)], ids=["a day", "as fast as the clock"])
async def test_rings_are_found_and_honest_people_spared(span: timedelta) -> None:
    found = shares(await decided(span, seed=101))
    assert found["fraud"] >= 0.9, found
    assert found["honest"] <= 0.02, found
    assert found["honest because of links"] <= 0.01, found
    assert found["kiosk"] <= 0.03, found
    assert found["dormitory"] <= 0.03, found
