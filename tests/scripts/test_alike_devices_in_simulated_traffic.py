"""A farm that resets its device ids is seen by what stays, and people with the same popular phone are left alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from models.decision import Decision
from models.enrichment import Enrichment
from models.identifiers import Tokeniser
from models.pipeline import Models, decide
from models.policy.policy import load_policy_file
from models.tokenise import tokenise_application, tokenise_device_event
from scripts.simulator.attempts import Attempt, application_of, device_events_of
from scripts.simulator.devices import ordinary_handset
from scripts.simulator.draw import Draw, Story
from scripts.simulator.fraud import resetting_farm
from scripts.simulator.honest import dormitory, office
from scripts.simulator.timeline import DAY_S, Window
from scripts.simulator.world import the_world
from streams.index.memory import MemoryIndex

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SEEDS = range(6)
CODE = "DEVICES_ALIKE"


async def decided(tell: Callable[[Draw, int], Story], size: int, seed: int, one_model_each: int = 0) -> list[Decision]:
    """What is decided of a story's applications, in order of time; where it says so, every so-many-th person has the
    same phone."""
    draw = Draw(str(seed), "alike", 1, Window(NOW.timestamp() - 7 * DAY_S, NOW.timestamp()), the_world())
    attempts: list[Attempt] = sorted(tell(draw, size).attempts, key=lambda attempt: attempt.at)
    popular = ordinary_handset(draw.rng)
    policy, index, tokeniser = load_policy_file(), MemoryIndex(), Tokeniser(b"a key of the tests, 16+")
    models = Models.for_policy(policy)
    found = []
    for number, attempt in enumerate(attempts):
        if one_model_each and number % one_model_each == 0 and attempt.handset is not None:
            attempt.handset = replace(attempt.handset, os=popular.os, model=popular.model)
        application = application_of(attempt, draw.rng, draw.new_id)
        events = device_events_of(attempt, application.application_id, draw.rng, draw.new_id)
        await index.observe_devices([tokenise_device_event(event, tokeniser) for event in events])
        facts = tokenise_application(application, tokeniser, ZoneInfo("Asia/Shanghai"))
        [observation] = await index.observe([facts])
        enrichment = Enrichment(observation=observation)
        found.append(decide(facts, enrichment, policy, models, decided_at=NOW, latency_ms=0.0).decision)
    return found


def alike(decision: Decision) -> bool:
    return any(reason.code == CODE for reason in decision.reasons)


async def test_most_of_a_farm_that_resets_its_ids_is_looked_at_from_the_fifth_on() -> None:
    late = [each for seed in SEEDS for each in (await decided(resetting_farm.story, 14, seed))[4:]]
    assert sum(map(alike, late)) >= 0.6 * len(late)  # a fifth tell no place
    assert sum(each.decision != "approve" for each in late) >= 0.7 * len(late)


@pytest.mark.parametrize("seed", SEEDS)
async def test_people_with_one_popular_phone_in_one_dormitory_are_not_linked_by_it(seed: int) -> None:
    found = await decided(dormitory, 40, seed, one_model_each=4)
    assert not any(reason.effect == "review" for each in found for reason in each.reasons if reason.code == CODE)
    with_other_phones = await decided(dormitory, 40, seed)
    rings = [each.links.ring_size for each in found if each.links is not None]
    assert rings == [each.links.ring_size for each in with_other_phones if each.links is not None]


@pytest.mark.parametrize("seed", SEEDS)
async def test_colleagues_with_the_companys_phone_are_no_ring(seed: int) -> None:
    found = await decided(office, 20, seed, one_model_each=1)
    assert any(map(alike, found))
    assert not any(reason.effect == "review" for each in found for reason in each.reasons if reason.code == CODE)
    own_phones = await decided(office, 20, seed)
    assert [each.links.ring_size for each in found if each.links] == [
        each.links.ring_size for each in own_phones if each.links
    ]
