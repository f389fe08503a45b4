"""What is seeded is what a worker would have left."""

from datetime import UTC, datetime

import pytest
from msgspec import json
from pydantic import SecretStr

from config.settings import Settings
from models.decision import Decision
from models.enrichment import Enrichment
from models.pipeline import Models, decide, decision_id
from models.policy.policy import load_policy_file
from scripts.bench.population import multiple, simulated_facts
from scripts.bench.seeding import Seed, seed_multiple, sow
from streams.codec import encode
from streams.index.memory import MemoryIndex
from streams.index.protocol import decode_stored
from streams.index.valkey import ValkeyIndex


@pytest.fixture
async def seeds(settings: Settings) -> list[Seed]:
    """Thirty decided applications."""
    policy, index, seeds = load_policy_file(None), MemoryIndex(), []
    models = Models.for_policy(policy)
    for facts in simulated_facts(30, settings, lambda _: None):
        (observation,) = await index.observe([facts])
        enrichment = Enrichment(observation=observation)
        case = decide(facts, enrichment, policy, models, decided_at=datetime.now(UTC), latency_ms=1.0)
        alert_ids = [alert.alert_id for alert in case.alerts]
        verdict, decision = case.decision.decision, encode(case.decision)
        seeds.append(Seed(facts=facts, verdict=verdict, decision=decision, alert_ids=alert_ids))
    return seeds


def test_a_multiple_has_a_decision_with_its_own_ids(seeds: list[Seed]) -> None:
    other = seed_multiple(seeds[0], 7)
    decision = json.decode(other.decision, type=Decision)
    assert decision.event_id == other.facts.event_id != seeds[0].facts.event_id
    assert decision.application_id == other.facts.application_id
    assert decision.decision_id == decision_id(other.facts.event_id)
    assert seed_multiple(seeds[0], 0) == seeds[0]


async def test_a_seeded_application_is_known_with_its_decision(settings: Settings, seeds: list[Seed]) -> None:
    here = settings.model_copy(update={"index_deadline_ms": 10_000})
    done: list[int] = []
    await sow(here, seeds, 3, done.append)
    index = ValkeyIndex.from_settings(here)
    for number in range(3):
        facts = multiple(seeds[-1].facts, number)
        (seen,) = await index.observe([facts])
        assert seen.duplicate
        assert seen.earlier is not None
        stored = json.decode(decode_stored(seen.earlier).decision, type=Decision)
        assert (stored.application_id, stored.decision) == (facts.application_id, seeds[-1].verdict)
    await index.close()


async def test_an_index_that_cannot_be_reached_ends_the_seeding(
    settings: Settings, seeds: list[Seed], unused_tcp_port: int
) -> None:
    nowhere = settings.model_copy(update={"redis_url": SecretStr(f"redis://127.0.0.1:{unused_tcp_port}/0")})
    with pytest.raises(Exception, match="seeding ended after 0 of 30"):
        await sow(nowhere, seeds, 1, lambda _: None)
