"""A worker's models follow what is announced, and what must not serve never does. On a real Kafka and a real store."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec import json

from config.settings import Settings
from models.features.registry import FEATURE_NAMES
from models.learning.snapshot_classes import SNAPSHOT_CLASSES
from models.published import ModelVersionRecord
from models.rings.suspicion import PRIOR_WEIGHTS, SuspicionWeights
from models.scoring.scorer import Score
from streams.app import build_dependencies
from streams.dependencies import Dependencies
from streams.kafka import read_to_end
from streams.model_versions import SCORECARD, Announcement, announce
from streams.publisher import Outgoing
from streams.serving import ModelFollower, load_scorer, served_content
from streams.snapshots import ModelStore, SnapshotHeader, SnapshotRefusedError, path_of
from streams.topics import create_or_check
from tests.builders_models import Linear

AT = datetime(2026, 11, 24, tzinfo=UTC)
WITHIN_S = 60.0


class Raises(Linear):
    def score(self, *_: Any) -> Score:
        raise KeyError("a feature")


class NotANumber(Linear):
    def score(self, *arguments: Any) -> Score:
        score = super().score(*arguments)
        return Score(fraud_score=score.fraud_score, log_odds=float("nan"), base_log_odds=0.0, contributions=[])


class DoesNotAddUp(Linear):
    def score(self, *arguments: Any) -> Score:
        score = super().score(*arguments)
        return Score(
            fraud_score=score.fraud_score, log_odds=score.log_odds, base_log_odds=self.base + 2e-6, contributions=[]
        )


class Place:
    """A store, a topic and the worker's part under test."""

    def __init__(self, settings: Settings, deps: Dependencies) -> None:
        self.settings = settings
        self.deps = deps
        self.store = ModelStore.from_settings(settings)
        self._sequence = 0

    def save(self, scorer: Any) -> str:
        self._sequence += 1
        header = SnapshotHeader(name="linear", kind="linear", sequence=self._sequence, created_at=AT)
        return self.store.save(header, scorer)

    def path(self, version: str) -> Path:
        return Path(self.settings.model_url) / path_of(version)

    async def announce(self, champion: str, challenger: str | None = None) -> ModelVersionRecord:
        announcement = Announcement(
            champion=champion, challenger=challenger, change="promotion", reason="because", by="learner"
        )
        return await announce(announcement, self.settings, self.deps.publisher, AT)

    def follower(self, raises_alerts: bool = True) -> ModelFollower:
        return ModelFollower(self.deps, self.store, lambda: raises_alerts)

    @property
    def champion(self) -> str:
        return self.deps.serving.models.champion.version

    @property
    def challenger(self) -> str | None:
        challenger = self.deps.serving.models.challenger
        return challenger.version if challenger is not None else None

    def metric(self, name: str) -> float | None:
        return self.deps.metrics.registry.get_sample_value(name)

    async def alerts(self, count: int = 0) -> list[dict[str, Any]]:
        """All that were raised, once they are `count` or more."""
        deadline = time.monotonic() + WITHIN_S
        while True:
            async with contextlib.aclosing(read_to_end(self.settings, self.settings.topic("alerts"))) as records:
                raised = [json.decode(record.value) async for record in records]
            if len(raised) >= count:
                return raised
            assert time.monotonic() < deadline, f"{raised} after {WITHIN_S} s"


@pytest.fixture
async def place(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    ours = {(each.__module__, each.__name__) for each in (Linear, Raises, NotANumber, DoesNotAddUp)}
    monkeypatch.setattr("streams.snapshots.SNAPSHOT_CLASSES", SNAPSHOT_CLASSES | ours)
    assert await create_or_check(settings, create=True) == []
    deps = build_dependencies(settings)
    await deps.publisher.start()
    yield Place(settings, deps)
    await deps.stop()


@contextlib.asynccontextmanager
async def following(follower: ModelFollower) -> AsyncIterator[None]:
    task = asyncio.create_task(follower.follow())
    try:
        await follower.caught_up(WITHIN_S)
        yield
        assert not task.done()
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not holds():
        assert time.monotonic() < deadline, f"not within {WITHIN_S} s"
        await asyncio.sleep(0.02)


async def test_until_something_is_announced_the_scorecard_serves(place: Place) -> None:
    async with following(place.follower()):
        assert place.champion == place.deps.policy.scorecard.version
        assert place.challenger is None
        assert place.metric("tidegate_model_announcement") == 0


async def test_what_was_announced_last_serves_from_the_start(place: Place) -> None:
    first, second, beside = (place.save(Linear(base, {})) for base in (-3.0, -4.0, -5.0))
    await place.announce(first)
    place.path(first).unlink()  # only the last announcement counts
    await place.announce(second, beside)
    async with following(place.follower()):
        assert (place.champion, place.challenger) == (second, beside)
        assert place.metric("tidegate_model_announcement") == 2
        assert place.metric("tidegate_model_swaps_total") == 1


async def test_a_new_announcement_is_served_within_seconds_and_the_anomaly_model_stays(place: Place) -> None:
    anomaly = place.deps.serving.models.anomaly
    async with following(place.follower()):
        version = place.save(Linear(-3.0, {}))
        await place.announce(version)
        await until(lambda: place.champion == version)
        score, _ = place.deps.serving.models.ask(dict.fromkeys(FEATURE_NAMES), {})
        assert score.log_odds == -3.0
        assert place.deps.serving.models.anomaly is anomaly
        scorer = place.deps.serving.models.champion
        await place.announce(version, place.save(Linear(-4.0, {})))
        await until(lambda: place.challenger is not None)
        assert place.deps.serving.models.champion is scorer  # not loaded again


async def test_the_scorecard_may_be_announced_and_a_tombstone_brings_it_back(place: Place) -> None:
    scorecard = place.deps.policy.scorecard.version
    version = place.save(Linear(-3.0, {}))
    await place.announce(version)
    async with following(place.follower()):
        await place.announce(SCORECARD, version)
        await until(lambda: place.champion == scorecard)
        assert place.challenger == version
        await place.announce(version)
        await until(lambda: place.champion == version)
        await place.deps.publisher.publish([Outgoing(place.settings.topic("model-versions"), b"fraud", b"")])
        await until(lambda: place.champion == scorecard)
        assert place.challenger is None


async def test_a_tampered_champion_is_refused_with_one_alert_and_the_old_one_stays(place: Place) -> None:
    good, bad, beside = (place.save(Linear(base, {})) for base in (-3.0, -4.0, -5.0))
    await place.announce(good)
    content = bytearray(place.path(bad).read_bytes())
    content[-3] ^= 1
    place.path(bad).write_bytes(content)
    async with following(place.follower()):
        await place.announce(bad, beside)
        await until(lambda: place.metric("tidegate_models_refused_total") == 1)
        assert (place.champion, place.challenger) == (good, None)
        await place.announce(bad)
        await until(lambda: place.metric("tidegate_models_refused_total") == 2)
        alerts = await place.alerts(2)
    assert {alert["alert_id"] for alert in alerts} == {alerts[0]["alert_id"]}
    assert (alerts[0]["kind"], alerts[0]["severity"]) == ("DATA_ANOMALY", "critical")
    assert alerts[0]["subject"] == {"type": "model", "id": bad}
    assert alerts[0]["evidence"]["serving"] == good


async def test_a_refused_challenger_does_not_keep_the_champion_out(place: Place) -> None:
    champion, challenger = place.save(Linear(-3.0, {})), place.save(Raises(-3.0, {}))
    await place.announce(champion, challenger)
    async with following(place.follower()):
        assert (place.champion, place.challenger) == (champion, None)
        assert place.metric("tidegate_models_refused_total") == 1


async def test_only_the_worker_with_the_first_partition_raises_the_alert(place: Place) -> None:
    await place.announce(place.save(Raises(-3.0, {})))
    async with following(place.follower(raises_alerts=False)):
        await asyncio.sleep(0.6)
        assert place.metric("tidegate_models_refused_total") == 1
        assert await place.alerts() == []


@pytest.mark.parametrize("before_the_worker", [True, False])
async def test_what_cannot_be_read_is_no_announcement_and_an_alert_says_so(
    place: Place, before_the_worker: bool
) -> None:
    version = place.save(Linear(-3.0, {}))
    await place.announce(version)
    junk = [Outgoing(place.settings.topic("model-versions"), b"fraud", value) for value in (b"junk", b"{}")]
    if before_the_worker:
        await place.deps.publisher.publish(junk)
    async with following(place.follower()):
        assert place.champion == version
        if not before_the_worker:
            await place.deps.publisher.publish(junk)
        await until(lambda: (place.metric("tidegate_models_refused_total") or 0) >= 1)
        await asyncio.sleep(0.6)
        assert place.champion == version
        alert = (await place.alerts())[-1]
        assert (alert["kind"], alert["severity"]) == ("DATA_ANOMALY", "critical")
        assert alert["subject"] == {"type": "topic", "id": "model-versions"}
        assert f"cannot be read; {version} goes on deciding" in alert["summary"]


async def test_what_could_not_be_read_is_forgotten_once_something_newer_can_be(place: Place) -> None:
    await place.deps.publisher.publish([Outgoing(place.settings.topic("model-versions"), b"fraud", b"junk")])
    version = place.save(Linear(-3.0, {}))
    await place.announce(version)
    async with following(place.follower()):
        assert place.champion == version
        assert place.metric("tidegate_models_refused_total") == 0


async def test_records_of_other_models_are_none_of_ours(place: Place) -> None:
    version = place.save(Linear(-3.0, {}))
    async with following(place.follower()):
        await place.deps.publisher.publish([Outgoing(place.settings.topic("model-versions"), b"other", b"{}")])
        await place.announce(version)
        await until(lambda: place.champion == version)
        assert place.metric("tidegate_models_refused_total") == 0


async def test_a_store_that_is_away_is_asked_again_and_the_old_model_stays_meanwhile(place: Place) -> None:
    old, new = place.save(Linear(-3.0, {})), place.save(Linear(-4.0, {}))
    await place.announce(old)
    root = Path(place.settings.model_url)
    async with following(place.follower()):
        shutil.move(root, root.with_name("away"))
        await place.announce(new)
        await until(lambda: place.metric("tidegate_model_store_up") == 0)
        assert place.champion == old
        shutil.move(root.with_name("away"), root)
        await until(lambda: place.champion == new and place.metric("tidegate_model_store_up") == 1)
        assert place.metric("tidegate_models_refused_total") == 0


async def test_a_worker_waits_for_its_models_only_so_long(place: Place) -> None:
    follower = place.follower()
    began = time.monotonic()
    await follower.caught_up(0.1)
    assert time.monotonic() - began < WITHIN_S
    assert place.champion == place.deps.policy.scorecard.version


@pytest.mark.parametrize("kind", [Raises, NotANumber, DoesNotAddUp])
async def test_a_model_that_does_not_score_as_a_model_should_is_refused(place: Place, kind: type[Linear]) -> None:
    version = place.save(kind(-3.0, {}))
    with pytest.raises(SnapshotRefusedError, match="it cannot score"):
        load_scorer(place.store, version)


async def test_what_is_no_model_at_all_is_refused(place: Place) -> None:
    with pytest.raises(SnapshotRefusedError, match="it cannot score"):
        load_scorer(place.store, place.save([1.0]))
    for content in ({"weights": [1.0]}, {"scorer": Linear(-3.0, {}), "ring_suspicion": ((1.0,), 0, 0)}):
        with pytest.raises(SnapshotRefusedError, match="no snapshot for workers"):
            load_scorer(place.store, place.save(content))


async def test_what_was_learned_about_rings_comes_with_the_model(place: Place) -> None:
    weights = SuspicionWeights(tuple(2 * each for each in PRIOR_WEIGHTS.values), examples=9, frauds=4)
    version = place.save(served_content(Linear(-3.0, {}), weights))
    assert load_scorer(place.store, version).suspicion == weights
    assert load_scorer(place.store, place.save(Linear(-3.0, {}))).suspicion is None
    await place.announce(version)
    async with following(place.follower()):
        assert place.deps.serving.models.suspicion == weights
