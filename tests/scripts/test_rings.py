"""`tidegate rings show`: what it reads is what was joined, and what it prints can be read. On a real Valkey."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from config.settings import Settings
from models.enrichment import Enrichment
from models.facts import ApplicationFacts
from models.pipeline import Models, decide
from models.policy.policy import load_policy_file
from models.rings.picture import PicturedShare
from scripts import rings as command
from scripts.embedded.ports import free_port
from streams.decision_records import to_remember
from streams.index.memory import MemoryIndex
from streams.index.protocol import LinkIndex
from streams.index.valkey import ValkeyIndex
from tests.builders import NOON_MS, application, moment

POLICY = load_policy_file()
SVG = "{http://www.w3.org/2000/svg}"


async def decided(index: LinkIndex, facts: ApplicationFacts) -> str | None:
    """Decide an application and keep the result. Returns the ring's id."""
    [seen] = await index.observe([facts])
    case = decide(
        facts,
        Enrichment(observation=seen),
        POLICY,
        Models.for_policy(POLICY),
        decided_at=moment(NOON_MS),
        latency_ms=1.0,
    )
    await index.remember([to_remember(case)])
    return case.decision.links.ring_id if case.decision.links is not None else None


async def a_ring(index: LinkIndex) -> str:
    """Three people with one card, two of them with one face."""
    ring_id = None
    for number in range(3):
        facts = application(
            f"A-{number}",
            id_number=f"id-{number}",
            bank_card="b",
            shared={"face_id": "f" if number else "other"},
            at_ms=NOON_MS + number,
        )
        ring_id = await decided(index, facts)
    assert ring_id is not None
    return ring_id


async def test_a_ring_is_read_with_its_members_newest_first_and_what_they_share() -> None:
    index = MemoryIndex()
    state, members, shares = await command.read_ring(index, await a_ring(index))
    assert (state.size, state.applicants) == (3, 3)
    assert [each.application_id for each in members] == ["A-2", "A-1", "A-0"]
    assert PicturedShare("bank_card", (0, 1, 2)) in shares
    assert PicturedShare("face_id", (0, 1)) in shares
    tree = ElementTree.fromstring(command.picture_of(state, members, shares))  # noqa: S314 - made here
    assert [title.text for title in tree.iter(f"{SVG}title")] == ["A-2", "A-1", "A-0"]


async def test_a_ring_that_there_is_not_is_told() -> None:
    with pytest.raises(command.UnknownRingError, match="There is no ring ring-nobody"):
        await command.read_ring(MemoryIndex(), "ring-nobody")


async def test_a_valkey_that_is_away_is_told(settings: Settings) -> None:
    away = settings.model_copy(update={"redis_url": type(settings.redis_url)(f"redis://127.0.0.1:{free_port()}/0")})
    with pytest.raises(command.RingsUnavailableError, match="Valkey does not answer"):
        await command._read(away, "ring-a", False)


async def test_the_command_shows_figures_and_members_and_writes_the_picture(settings: Settings, tmp_path: Path) -> None:
    index = ValkeyIndex.from_settings(settings)
    ring_id = await a_ring(index)
    await index.close()
    file = tmp_path / "ring.svg"
    arguments = ["show", ring_id, "--picture", str(file)]
    environment = settings.environment(os.environ)
    result = await asyncio.to_thread(CliRunner().invoke, command.rings, arguments, env=environment)
    assert result.exit_code == 0, result.output
    for text in (ring_id, "3, 3 of them in its newest 24 hours", "1 bank card", "A-0", "A-2"):
        assert text in result.output
    assert file.read_text().startswith("<svg")
