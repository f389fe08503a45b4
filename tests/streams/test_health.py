"""Progress of partitions: what counts as stuck; and where the endpoints are."""

from __future__ import annotations

from pathlib import Path

import aiohttp
from pydantic import SecretStr

from config.settings import Settings
from scripts.embedded.ports import free_port
from streams.app import build_app, build_dependencies
from streams.health import PORTS_TRIED, STUCK_AFTER_S, HealthServer, Progress

PARTITION = ("applications", 3)


def progress_at(*samples: tuple[float, int, int]) -> Progress:
    """Samples of (time, committed, end)."""
    progress = Progress()
    for now, committed, end in samples:
        progress.update({PARTITION: (committed, end)}, now)
    return progress


def test_a_partition_with_records_waiting_and_no_commit_is_stuck_after_30_seconds() -> None:
    progress = progress_at((0, 10, 20), (10, 10, 25), (20, 10, 30))
    assert progress.stuck(STUCK_AFTER_S - 0.001) == []
    assert progress.stuck(STUCK_AFTER_S) == ["applications-3"]


def test_a_partition_that_commits_is_not_stuck_however_far_behind() -> None:
    progress = progress_at((0, 10, 5_000), (STUCK_AFTER_S, 11, 6_000))
    assert progress.stuck(STUCK_AFTER_S) == []
    assert progress.lag() == {"applications": 5_989}


def test_a_record_that_comes_after_a_long_silence_has_its_own_30_seconds() -> None:
    progress = progress_at((0, 10, 10), (1_000, 10, 11))
    assert progress.stuck(1_000) == []
    assert progress.stuck(1_000 + STUCK_AFTER_S) == ["applications-3"]


def test_a_partition_that_went_to_another_worker_is_forgotten() -> None:
    progress = progress_at((0, 10, 20))
    progress.update({}, STUCK_AFTER_S * 2)
    assert progress.stuck(STUCK_AFTER_S * 3) == []
    assert progress.lag() == {}


async def test_what_is_told_of_partitions_goes_with_them(tmp_path: Path) -> None:
    key = SecretStr("a-key-for-tests-of-32-bytes-0000")
    app = build_app(Settings(_env_file=None, pii_key=key, data_dir=tmp_path))
    metrics = app.dependencies.metrics
    metrics.lag_records.labels("labels").set(7)
    metrics.partitions.labels("labels").set(2)
    app.health.observe()  # nothing is assigned
    for name in ("tidegate_lag_records", "tidegate_partitions"):
        assert metrics.registry.get_sample_value(name, {"topic": "labels"}) is None


async def test_two_workers_with_the_same_settings_find_a_port_each(tmp_path: Path) -> None:
    port = free_port()
    key = SecretStr("a-key-for-tests-of-32-bytes-0000")
    deps = build_dependencies(Settings(_env_file=None, pii_key=key, data_dir=tmp_path, web_port=port))
    first, second = HealthServer(None, deps), HealthServer(None, deps)
    await first.start()
    await second.start()
    try:
        assert first.port == port
        assert second.port in range(port + 1, port + PORTS_TRIED)
        async with aiohttp.ClientSession() as client:
            for server in (first, second):
                async with client.get(f"http://127.0.0.1:{server.port}/healthz") as answer:
                    assert answer.status == 200
    finally:
        await first.stop()
        await second.stop()
        await deps.index.close()
