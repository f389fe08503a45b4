"""Models in a running worker: promoted and rolled back by command, and what was tampered with is refused."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from config.settings import Settings
from models.features.categories import CATEGORY_NAMES
from models.features.registry import FEATURE_NAMES
from models.learning.catalogue import default_models
from models.learning.protocol import Example
from models.policy.policy import load_policy_file
from models.scoring.scorer import Scorer
from streams.kafka import running
from streams.model_versions import Announcement, announce
from streams.publisher import Publisher
from streams.snapshots import ModelStore, SnapshotHeader, path_of
from tests.integration.harness import PATIENCE_S, Client, MakeApplication, StartWorker, WorkerProcess

AT = datetime(2026, 11, 24, tzinfo=UTC)
EXAMPLES = 1_500


@cache
def learned(name: str) -> Scorer:
    """One of the default models after it has learned that large amounts are fraud."""
    chance, model = random.Random(5), default_models(seed=5)[name]
    for number in range(EXAMPLES):
        fraud = chance.random() < 0.1
        features: dict[str, float | None] = dict.fromkeys(FEATURE_NAMES)
        features |= {"amount_cny": chance.gauss(9_000 if fraud else 3_000, 900), "term_months": chance.choice([6, 12])}
        model.learn(
            Example(
                example_id=f"A-{number}:l", application_id=f"A-{number}", event_id=f"e-{number}", occurred_at=AT,
                known_at=AT, fraud=fraud, features=features, categories=dict.fromkeys(CATEGORY_NAMES, "one"),
                anomaly=chance.random(),
            )
        )  # fmt: skip
    return model.scorer()


def save(settings: Settings, name: str, sequence: int) -> str:
    header = SnapshotHeader(name=name, kind=name, sequence=sequence, created_at=AT, examples=EXAMPLES)
    return ModelStore.from_settings(settings).save(header, learned(name))


def tidegate(settings: Settings, *words: str) -> str:
    """Run a command as an operator does; its output."""
    done = subprocess.run(
        [sys.executable, "-c", "from scripts.cli import main; main()", *words],
        env=settings.environment(os.environ), capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


async def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, f"not within {PATIENCE_S} s"
        await asyncio.sleep(0.1)


def serves(worker: WorkerProcess, version: str) -> Callable[[], bool]:
    return lambda: f'"model":"{version}"' in worker.get("/readyz")[1]


class Decides:
    """Applies again and again, and gives each decision."""

    def __init__(self, client: Client, make_application: MakeApplication) -> None:
        self._client = client
        self._make = make_application
        self._number = 0

    async def __call__(self) -> dict[str, Any]:
        self._number += 1
        await self._client.apply(self._make(self._number, amount_cny=9_000.0))
        return (await self._client.wait_for("decisions", self._number))[-1]


async def test_models_are_promoted_and_rolled_back_by_command_while_a_worker_runs(
    start_worker: StartWorker, client: Client, make_application: MakeApplication, topics: Settings
) -> None:
    scorecard = load_policy_file().scorecard.version
    worker, decides = start_worker(), Decides(client, make_application)
    assert (await decides())["model"] == {"name": "fraud", "version": scorecard}

    logistic, blend = save(topics, "logistic", 1), save(topics, "blend", 1)
    assert logistic in tidegate(topics, "models", "list")
    tidegate(topics, "models", "promote", logistic, "--reason", "It has learned.")
    await until(serves(worker, logistic))
    decision = await decides()
    assert decision["model"] == {"name": "fraud", "version": logistic}
    assert "amount_cny" in {each["name"] for each in decision["top_features"]}

    tidegate(topics, "models", "promote", blend, "--reason", "It has learned more.")
    await until(serves(worker, blend))
    assert (await decides())["model"]["version"] == blend

    tidegate(topics, "models", "rollback")
    await until(serves(worker, logistic))
    assert (await decides())["model"]["version"] == logistic
    promoted = [alert for alert in client.seen["alerts"] if alert["kind"] == "MODEL_PROMOTED"]
    assert [alert["subject"]["id"] for alert in promoted] == [logistic, blend, logistic]

    worker.stop()
    start_worker()
    again = await decides()
    assert again["model"]["version"] == logistic, "a worker that starts has its model before its first decision"


async def test_a_tampered_model_is_refused_with_an_alert_and_the_old_one_goes_on(
    start_worker: StartWorker, client: Client, make_application: MakeApplication, topics: Settings
) -> None:
    worker, decides = start_worker(), Decides(client, make_application)
    good, bad = save(topics, "logistic", 1), save(topics, "logistic", 2)
    tidegate(topics, "models", "promote", bad, "--reason", "First this one,")
    await until(serves(worker, bad))
    tidegate(topics, "models", "promote", good, "--reason", "then that one.")
    await until(serves(worker, good))

    file = Path(topics.model_url) / path_of(bad)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.unlink()
    file.write_bytes(content)
    await announce_without_looking(topics, bad)
    alert = await client.wait_for_alert("DATA_ANOMALY")
    assert (alert["severity"], alert["subject"]["id"]) == ("critical", bad)
    assert "signature" in alert["evidence"]["why"]
    assert (await decides())["model"]["version"] == good
    assert "tidegate_models_refused_total 1.0" in worker.get("/metrics")[1]
    assert worker.get("/readyz")[0] == 200


async def announce_without_looking(settings: Settings, version: str) -> None:
    """As somebody does who has write access to Kafka; the command would refuse."""
    publisher = Publisher(settings)
    async with running(publisher, settings):
        announcement = Announcement(champion=version, change="command", reason="", by="somebody")
        await announce(announcement, settings, publisher, datetime.now(UTC))
