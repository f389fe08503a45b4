"""Living rings through real workers: members decided at once, workers that start anew, a merge through one person, and
an index that is built again."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from config.settings import Settings
from models.rings.state import RingState
from scripts.embedded import EmbeddedValkey
from streams.index.valkey import ValkeyIndex
from tests.integration.harness import Client, MakeApplication, StartWorker

FACE, CARD = "f-shared", "6222020200000099999"


def person(make: MakeApplication, number: int, minutes_ago: int, face: str | None, card: str | None) -> dict[str, Any]:
    """Somebody with nothing in common with anybody but a face or a card."""
    return make(
        number,
        occurred_at=(datetime.now(UTC) - timedelta(minutes=minutes_ago)).isoformat(),
        applicant__id_number=f"11010119900307{number:03d}X",
        applicant__phone=f"1380000{number:04d}",
        applicant__email=None,
        applicant__address=None,
        applicant__employer=None,
        applicant__contacts=None,
        applicant__bank_card=card or f"62220202000000{number:05d}",
        liveness__face_id=face or f"f-{number}",
        device=None,
    )


async def states(settings: Settings, ids: list[str]) -> list[RingState | None]:
    """The rings that the index knows by these ids."""
    index = ValkeyIndex.from_settings(settings)
    found = [await index.ring(ring_id, int(time.time() * 1000)) for ring_id in ids]
    await index.close()
    return found


async def test_two_rings_become_one_across_workers_restarts_and_a_rebuild(
    start_worker: StartWorker, client: Client, make_application: MakeApplication, topics: Settings, tmp_path: Path
) -> None:
    patient = topics.model_copy(update={"index_deadline_ms": 5_000})
    workers = [start_worker(settings=patient, wait=False) for _ in range(2)]
    for worker in workers:
        worker.wait_until_ready()
    by_face = [person(make_application, number, 20, FACE, None) for number in range(6)]
    by_card = [person(make_application, number, 10, None, CARD) for number in range(10, 16)]
    await asyncio.gather(*map(client.apply, [*by_face, *by_card]))
    decided = await client.wait_for("decisions", 12)
    ids = sorted({each["links"]["ring_id"] for each in decided} - {None})
    apart = await states(patient, ids)
    assert sorted({(each.size, tuple(each.shared)) for each in apart if each}) == [
        (6, ("bank_card",)),
        (6, ("face_id",)),
    ]

    for worker in workers:
        worker.stop()
    start_worker(settings=patient)
    await client.apply(person(make_application, 30, 0, FACE, CARD))
    last = (await client.wait_for("decisions", 13))[-1]
    oldest = min((each for each in apart if each), key=lambda each: each.founded_ms)
    assert (last["links"]["ring_id"], last["links"]["ring_size"]) == (oldest.ring_id, 13)
    merged = await states(patient, ids)
    (one,) = {repr(each): each for each in merged}.values()
    assert one is not None
    assert (one.ring_id, one.size, one.applicants) == (oldest.ring_id, 13, 13)
    assert one.shared == {"bank_card": 1, "face_id": 1}
    assert {*one.merged, one.ring_id} == set(ids)

    with EmbeddedValkey(tmp_path / "valkey") as server:
        rebuilt = patient.model_copy(update={"redis_url": SecretStr(server.url)})
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", "from scripts.cli import main; main()", "rebuild",
            env=rebuilt.environment(os.environ), stdout=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        assert await process.wait() == 0
        assert [_but_for_time(each) for each in await states(rebuilt, ids)] == [_but_for_time(each) for each in merged]


def _but_for_time(state: RingState | None) -> dict[str, Any]:
    """The state without what depends on when it is asked for."""
    assert state is not None
    return {name: getattr(state, name) for name in state.__struct_fields__ if not name.startswith("size_")}
